// SPDX-License-Identifier: Apache-2.0
// Cuts a file into passages: without gaps, at line starts, and along its symbols.
//   A function is one passage, with its comment and decorators; longer than 150 lines, it is cut into parts of at most
//   100. What is left of a class (its head, its fields) belongs to the class, the rest to nobody; both are cut, at
//   blank lines where possible, to at most 60 lines. Functions of one or two lines stay in the stretch around them, and
//   so do lines without a word (closing braces).
#pragma once

#include <string_view>
#include <vector>

#include "repo-indexer/parse.h"

namespace strata::repo {

struct PassageRange {
  int first_line = 0, last_line = 0;       // 1-based, inclusive
  uint32_t first_byte = 0, last_byte = 0;  // [first, last)
  int symbol = -1;                         // index among the symbols
};

std::vector<PassageRange> cut_passages(std::string_view text, const std::vector<ParsedSymbol>& symbols);

int count_lines(std::string_view text);  // a last line without its newline counts

}  // namespace strata::repo
