// SPDX-License-Identifier: Apache-2.0
// Texts as lines with their line ends, so that joining them gives the same bytes again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata::agent {

std::vector<std::string_view> lines_of(std::string_view text);  // views into `text`; the last may have no line end

// Puts `text` in the place of `lines` lines from `first` (1-based) on.
struct LineSplice {
  int first = 1, lines = 0;
  std::string text;
};
// `edits`: ascending, disjoint, inside the text.
std::string apply_edits(std::string_view text, const std::vector<LineSplice>& edits);

// Lines [first, first + count) of `lines`, joined; what is outside is left out.
std::string join(const std::vector<std::string_view>& lines, int first, int count);

// As git sees it: a zero byte near the beginning.
bool is_binary(std::string_view bytes);

// Do two pieces of code differ only in what a formatter changes? Spaces, and where `language` lets line breaks be
// moved, line breaks; never inside quotes or comments to the end of a line.
bool differ_in_layout_only(std::string_view before, std::string_view after, std::string_view language);

}  // namespace strata::agent
