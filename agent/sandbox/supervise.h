// SPDX-License-Identifier: Apache-2.0
// Starts a program and watches it: collects its output, ends it at a limit, and returns when it and everything it left
// behind are gone.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "agent/sandbox/sandbox.h"

namespace strata::agent {

struct Program {
  std::vector<std::string> arguments;  // the first is the path of the program
  std::vector<std::string> environment;
  std::filesystem::path folder;                  // where it starts
  std::vector<std::pair<int, int>> descriptors;  // ours, and what it is there
  // With bubblewrap: the descriptor there on which it tells about its child (--json-status-fd) and the one on which it
  // waits before the command starts (--block-fd), so that limits hold from the first instruction on.
  bool bubblewrap = false;
};
inline constexpr int kStatusDescriptor = 3, kBlockDescriptor = 4, kFirstFreeDescriptor = 5;

struct Watched {
  CommandResult result;
  bool started = true;  // false: bubblewrap itself failed; its words are result.output
};

Result<Watched> supervise(const Program& program, const CommandLimits& limits, const std::filesystem::path& disk,
                          const Cancel* cancel);

}  // namespace strata::agent
