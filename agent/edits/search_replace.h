// SPDX-License-Identifier: Apache-2.0
// Finds the one place that a model means by quoting it. Exactly first; then line by line with white space ignored,
// because that is what models get wrong. Never guesses: what stands in several places, or in none, is refused with the
// places (or the nearest one), so that the next attempt can be right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/edits/splice.h"

namespace strata::agent {

struct Replacement {
  std::vector<Splice> splices;
  bool tolerant = false;  // white space differed
};

// `line`: where it is expected, to choose between several places; 0: nowhere. `all`: every exact place is meant.
// Errors: kNotFound with the nearest place, kInvalid with the candidates.
Result<Replacement> find_and_replace(std::string_view text, std::string_view old_text, std::string_view new_text,
                                     int line = 0, bool all = false);

// Text whose every line begins as read shows it ("  12| code") without these numbers.
std::string without_line_numbers(std::string_view text);

}  // namespace strata::agent
