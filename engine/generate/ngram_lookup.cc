// SPDX-License-Identifier: Apache-2.0
#include "engine/generate/ngram_lookup.h"

#include <algorithm>
#include <bit>

namespace strata {

NgramLookup::NgramLookup(std::span<const TokenId> text) : tokens_(text.begin(), text.end()) { grow(); }

void NgramLookup::push(TokenId token) {
  // What ends here gets something that follows only now, so the end of the text never finds itself.
  remember(tokens_.size());
  tokens_.push_back(token);
  if (2 * tokens_.size() > ends_[0].size()) grow();
}

std::vector<TokenId> NgramLookup::propose(size_t most) const {
  std::vector<TokenId> proposal;
  const size_t size = tokens_.size();
  for (size_t i = 0; i < kLengths.size() && proposal.empty(); ++i) {
    const size_t length = kLengths[i];
    if (size < length) continue;
    const size_t end = ends_[i][slot(size, length)];
    if (end == 0 || !std::equal(tokens_.end() - static_cast<std::ptrdiff_t>(length), tokens_.end(),
                                tokens_.begin() + static_cast<std::ptrdiff_t>(end - length)))
      continue;
    // Behind the end of the text its period goes on: what was proposed itself.
    for (size_t at = end; proposal.size() < most; ++at)
      proposal.push_back(at < size ? tokens_[at] : proposal[at - size]);
  }
  return proposal;
}

size_t NgramLookup::slot(size_t end, size_t length) const {
  uint64_t hash = 0;
  for (size_t i = end - length; i < end; ++i)
    hash = (hash ^ static_cast<uint32_t>(tokens_[i])) * 0x9e3779b97f4a7c15;  // 2^64 / the golden ratio
  return (hash >> 32) & (ends_[0].size() - 1);
}

void NgramLookup::remember(size_t end) {
  for (size_t i = 0; i < kLengths.size(); ++i)
    if (end >= kLengths[i]) ends_[i][slot(end, kLengths[i])] = static_cast<uint32_t>(end);
}

void NgramLookup::grow() {
  for (auto& ends : ends_) ends.assign(std::bit_ceil(std::max<size_t>(1024, 4 * tokens_.size())), 0);
  for (size_t end = 1; end < tokens_.size(); ++end) remember(end);
}

}  // namespace strata
