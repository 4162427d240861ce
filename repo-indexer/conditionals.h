// SPDX-License-Identifier: Apache-2.0
// C and C++ are parsed without a preprocessor, with all branches of a conditional one after the other. That is right as
// long as each branch holds whole statements; where a conditional splits one, the parser sees it twice:
//   #ifdef TRACE
//   int run(Job* job, Trace* trace)
//   #else
//   int run(Job* job)
//   #endif
//   {
#pragma once

#include <string>

namespace strata::repo {

// Leaves one branch of each conditional that splits a statement or a block: its other branches and its directives are
// replaced by spaces. What is left stays where it was. `text`: without_macros() of a file.
void join_split_statements(std::string& text);

}  // namespace strata::repo
