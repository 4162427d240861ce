// SPDX-License-Identifier: Apache-2.0
// Guesses the next tokens of a text from the text itself: where its last few tokens stood before, what followed then
// follows again. Answers about code quote code, so this is often right, and it costs a few hash look-ups (prompt lookup
// decoding; arXiv:2304.04487 calls it inference with reference).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/text/tokenizer.h"

namespace strata {

class NgramLookup {
 public:
  explicit NgramLookup(std::span<const TokenId> text);

  // O(1), amortised.
  void push(TokenId token);
  // At most `most` tokens that may follow; none if no n-gram at the end of the text was there before.
  std::vector<TokenId> propose(size_t most) const;

 private:
  // Longer ones first: they are right more often.
  static constexpr std::array<size_t, 3> kLengths{4, 3, 2};
  size_t slot(size_t end, size_t length) const;
  void remember(size_t end);
  void grow();

  std::vector<TokenId> tokens_;
  // By hash of an n-gram, where it stood last: the index behind it, 0 for none. A collision replaces the older one.
  std::array<std::vector<uint32_t>, kLengths.size()> ends_;
};

}  // namespace strata
