// SPDX-License-Identifier: Apache-2.0
// Notices that a run goes in circles. No state of its own: it looks at the calls that were made.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "agent/chat/chat_model.h"

namespace strata::agent {

struct MadeCall {
  std::string call;      // normalised_call()
  bool changed = false;  // the tree, by this call
};

inline constexpr int kSameCall = 3;      // times, without a change of the tree between them
inline constexpr int kAlternations = 3;  // of two calls: A B A B A B
inline constexpr int kStepsWithoutChange = 25;

// Name and arguments in one spelling: keys in order, blanks and "./" that mean nothing gone.
std::string normalised_call(const ToolCall& call);

// Why the run should stop, as a sentence; nothing if all is well. The last call is the newest.
std::optional<std::string> goes_in_circles(std::span<const MadeCall> calls);

}  // namespace strata::agent
