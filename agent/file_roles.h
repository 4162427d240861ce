// SPDX-License-Identifier: Apache-2.0
// What a file is to the program, by its path.
#pragma once

#include <string_view>

#include "agent/question.h"

namespace strata::agent {

// Tests, examples and the like: they talk about everything, and are seldom where something is.
bool is_test_path(std::string_view path);
// Documents, and what builds the program: it has the same words as the program, and none of the answers.
bool is_documentation_path(std::string_view path);
// One of them, while the question is not about them.
bool beside_the_program(std::string_view path, const Question& question);

}  // namespace strata::agent
