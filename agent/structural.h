// SPDX-License-Identifier: Apache-2.0
// Answers that the symbol index knows: where X is defined, who calls or uses it, what it calls and how it comes to,
// what derives from it, which tests run into it, its value. No model is involved, so they are complete and exact.
#pragma once

#include <optional>

#include "agent/ask.h"
#include "agent/question.h"

namespace strata::agent {

// Nothing if the question needs more than the index: it is told in words, or its subject is no symbol but does occur.
Result<std::optional<Answer>> structural_answer(const repo::Index& index, const Question& question,
                                                const Cancel* cancel);

// Lines [first, last] of a text, with their ends.
std::string lines_of(const std::string& text, int first, int last);

}  // namespace strata::agent
