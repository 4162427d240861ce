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

// Tests, examples and the like: they talk about everything, and are seldom where something is.
bool is_test_path(std::string_view path);
// Documents, and what builds the program: it has the same words as the program, and none of the answers.
bool is_documentation_path(std::string_view path);
// One of them, while the question is not about them.
bool beside_the_program(std::string_view path, const Question& question);

// Lines [first, last] of a text, with their ends.
std::string lines_of(const std::string& text, int first, int last);

}  // namespace strata::agent
