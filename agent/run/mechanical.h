// SPDX-License-Identifier: Apache-2.0
// Instructions that say plainly what is to be done, read without a model: "rename A to B", "move F to FILE", "delete
// F", "add parameter P to F and pass it on to G", and several of these with "and", "then" or full stops between them.
// The names must mean something in the repository; everything else is left to a model.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/chat/chat_model.h"
#include "repo-indexer/index.h"

namespace strata::agent {

struct Mechanical {
  std::vector<ToolCall> calls;     // of rename, move, delete, add_parameter; without ids
  std::vector<std::string> steps;  // the same for people
  std::string rest;                // what is left of the instruction for a model; empty: nothing
};

// Nothing if the instruction does not begin with such a step.
std::optional<Mechanical> mechanical_steps(const repo::Index& index, std::string_view instruction);

// Does it ask for failing tests, or a failing build, to be mended?
bool asks_for_repair(std::string_view instruction);

}  // namespace strata::agent
