// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/kv_cache.h"

#include <algorithm>
#include <cstring>

namespace strata {

void KvCache::resize(int tokens) {
  const size_t pages = static_cast<size_t>((tokens + kPageTokens - 1) / kPageTokens);
  while (pages_.size() < pages) pages_.push_back(std::make_unique_for_overwrite<f16[]>(page_elements()));
  tokens_ = std::max(tokens_, tokens);
}

void KvCache::truncate(int tokens) {
  tokens_ = std::min(tokens_, tokens);
  pages_.resize(static_cast<size_t>((tokens_ + kPageTokens - 1) / kPageTokens));
}

f16* KvCache::k_row(int layer, int token) {
  const size_t layer_at = static_cast<size_t>(layer) * 2 * kPageTokens * layout_.width;
  return pages_[token / kPageTokens].get() + layer_at + static_cast<size_t>(token % kPageTokens) * layout_.width;
}

f16* KvCache::v_row(int layer, int token) {
  return k_row(layer, token) + static_cast<size_t>(kPageTokens) * layout_.width;
}

void KvCache::blocks(int layer, int tokens, std::vector<KvBlock>& out) const {
  for (int first = 0; first < tokens; first += kPageTokens)
    out.push_back({k_row(layer, first), v_row(layer, first), std::min(kPageTokens, tokens - first), first});
}

void KvCache::copy_rows(const KvCache& from, int from_token, int to_token, int count) {
  for (int done = 0; done < count;) {
    const int source = from_token + done, target = to_token + done;
    const int rows = std::min({count - done, kPageTokens - source % kPageTokens, kPageTokens - target % kPageTokens});
    const size_t bytes = static_cast<size_t>(rows) * layout_.width * sizeof(f16);
    for (int layer = 0; layer < layout_.layers; ++layer) {
      std::memcpy(k_row(layer, target), from.k_row(layer, source), bytes);
      std::memcpy(v_row(layer, target), from.v_row(layer, source), bytes);
    }
    done += rows;
  }
}

}  // namespace strata
