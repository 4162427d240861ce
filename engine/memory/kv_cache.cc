// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/kv_cache.h"

#include <algorithm>
#include <cstring>

#include "engine/memory/kv_page.h"

namespace strata {

KvCache::KvCache(const KvLayout& layout, const TierOptions& tier) : layout_(layout), tier_options_(tier) {}

size_t KvCache::bytes() const {
  return (pages_.size() - rounded_) * page_elements() * sizeof(f16) + (tier_ ? tier_->ram_bytes() : 0);
}

void KvCache::resize(int tokens) {
  const size_t pages = static_cast<size_t>((tokens + kPageTokens - 1) / kPageTokens);
  while (pages_.size() < pages) pages_.push_back(std::make_unique<f16[]>(page_elements()));
  tokens_ = std::max(tokens_, tokens);
}

void KvCache::truncate(int tokens) {
  tokens_ = std::min(tokens_, tokens);
  for (const auto left = static_cast<size_t>((tokens_ + kPageTokens - 1) / kPageTokens); pages_.size() > left;) {
    if (!pages_.back()) {
      tier_->drop(static_cast<int>(pages_.size()) - 1);
      --rounded_;
    }
    pages_.pop_back();
  }
}

void KvCache::round(int first, int end) {
  std::vector<std::byte> bytes;
  for (int page = (first + kPageTokens - 1) / kPageTokens; page < end / kPageTokens; ++page) {
    if (rounded(page)) continue;
    if (!tier_) tier_ = std::make_unique<PageTier>(layout_.layers, slice_bytes(layout_), tier_options_);
    encode_page(*this, page * kPageTokens, kPageTokens, bytes);
    tier_->put(page, bytes);
    pages_[static_cast<size_t>(page)].reset();
    ++rounded_;
  }
}

Result<void> KvCache::unround(int first, int end) {
  for (int page = first / kPageTokens; page * kPageTokens < end; ++page) {
    if (!rounded(page)) continue;
    std::vector<std::byte> bytes(page_bytes(layout_, kPageTokens));
    for (int layer = 0; layer < layout_.layers; ++layer) {
      if (auto done = tier_->fetch(layer, {&page, 1}); !done) return done;
      const size_t size = slice_bytes(layout_);
      std::memcpy(bytes.data() + static_cast<size_t>(layer) * size, tier_->slice(layer, page), size);
    }
    pages_[static_cast<size_t>(page)] = std::make_unique_for_overwrite<f16[]>(page_elements());
    decode_page(bytes, kPageTokens, 0, kPageTokens, *this, page * kPageTokens);
    tier_->drop(page);
    --rounded_;
  }
  return {};
}

f16* KvCache::k_row(int layer, int token) {
  const size_t layer_at = static_cast<size_t>(layer) * 2 * kPageTokens * layout_.width;
  return pages_[token / kPageTokens].get() + layer_at + static_cast<size_t>(token % kPageTokens) * layout_.width;
}

f16* KvCache::v_row(int layer, int token) {
  return k_row(layer, token) + static_cast<size_t>(kPageTokens) * layout_.width;
}

Result<void> KvCache::fetch(int layer, std::span<const int> pages) {
  if (!tier_) return {};
  std::vector<int> wanted;
  std::ranges::copy_if(pages, std::back_inserter(wanted), [&](int page) { return rounded(page); });
  return tier_->fetch(layer, wanted);
}

KvBlock KvCache::block(int layer, int first, int rows, int position) const {
  const int page = first / kPageTokens;
  if (!rounded(page)) return {k_row(layer, first), v_row(layer, first), rows, position};
  return {nullptr, nullptr, rows, position, rounded_rows(tier_->slice(layer, page), layout_, first % kPageTokens)};
}

Result<void> KvCache::blocks(int layer, int tokens, std::vector<KvBlock>& out) {
  std::vector<int> pages;
  for (int page = 0; page * kPageTokens < tokens; ++page) pages.push_back(page);
  if (auto done = fetch(layer, pages); !done) return done;
  for (int first = 0; first < tokens; first += kPageTokens)
    out.push_back(block(layer, first, std::min(kPageTokens, tokens - first), first));
  return {};
}

Result<void> KvCache::read_keys(int layer, int first, int rows, f16* to) {
  const int page = first / kPageTokens;
  const auto width = static_cast<size_t>(layout_.width);
  if (!rounded(page)) {
    std::memcpy(to, k_row(layer, first), static_cast<size_t>(rows) * width * sizeof(f16));
    return {};
  }
  if (auto done = tier_->fetch(layer, {&page, 1}); !done) return done;
  decode_keys(rounded_rows(tier_->slice(layer, page), layout_, first % kPageTokens), rows, width, to);
  return {};
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
