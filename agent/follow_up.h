// SPDX-License-Identifier: Apache-2.0
// Questions that lean on the one before: "Who calls it?" behind "Where is parse_header defined?".
#pragma once

#include <string>
#include <string_view>

#include "agent/ask.h"

namespace strata::agent {

// The question with what it refers to by "it", "they" or "this function" in place of that; unchanged where it stands by
// itself or nothing was named before. `earlier`: the answer to the question before.
std::string complete_question(const repo::Index& index, std::string_view question, const Answer& earlier);

}  // namespace strata::agent
