// SPDX-License-Identifier: Apache-2.0
// What the answers of structural.cc and call_questions.cc are made of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/ask.h"

namespace strata::agent {

inline constexpr size_t kPlaces = 10;  // listed; the rest is counted

// `path:line` or `path:first-last`, in backticks.
std::string place(std::string_view file, int first, int last);
// The lines of a definition; a long one is cited by its name's line.
Citation citation_of(const repo::Symbol& symbol);
// Of names that stand nowhere.
std::string not_contained(const std::vector<std::string>& names);
// "- and 3 more" if so many do not fit.
std::string rest_of(size_t count);

}  // namespace strata::agent
