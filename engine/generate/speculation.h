// SPDX-License-Identifier: Apache-2.0
// How many guessed tokens a pass carries along. A row more in a pass costs a part of a pass (memory is the limit of
// decode, not arithmetic), and saves a whole one if its token comes. Both are measured while it goes, in passes: where
// guessing loses, it stops before it has cost a hundredth and a half of the time.
#pragma once

#include <vector>

#include "engine/generate/ngram_lookup.h"

namespace strata {

class Speculation {
 public:
  explicit Speculation(std::span<const TokenId> text) : lookup_(text) {}

  // Up to 7, as passes of up to eight rows compute each row as a pass of one does, bit by bit: the same text comes out.
  static constexpr size_t kMostDrafted = 7;

  void push(TokenId token) { lookup_.push(token), ++generated_; }
  // What to compute along with the next pass.
  std::vector<TokenId> draft(size_t most) const;
  // A pass of 1 + drafted rows took this long, and this many of the drafted tokens came.
  void passed(size_t drafted, size_t accepted, double seconds);

 private:
  NgramLookup lookup_;
  size_t length_ = 2;      // of the next draft
  double pass_s_ = 0;      // a pass of one row
  double row_cost_ = 0.2;  // a further row, in passes
  double gained_ = 0;      // passes saved, less what drafting cost
  int generated_ = 0;
};

}  // namespace strata
