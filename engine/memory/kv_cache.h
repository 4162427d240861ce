// SPDX-License-Identifier: Apache-2.0
// Keys and values of one running context, in pages of 64 tokens for every layer. Keys are stored before rotation and
// without bias (see ops.h), so a row can be copied to any position: that is how contexts are assembled from stored
// segments. Pages are allocated as the context grows and never move. Old pages of a long context can be rounded to int8
// (kv_page.h); they take half the room, are no longer written to, and go to disk when there are too many of them
// (page_tier.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/half.h"
#include "engine/compute/ops.h"
#include "engine/memory/page_tier.h"

namespace strata {

inline constexpr int kPageTokens = 64;

// The shape of a model's key/value state. GQA: keys and values of `width` = kv_heads * head_dim components per layer.
struct KvLayout {
  int layers = 0;
  int width = 0;
  size_t bytes_per_token() const { return static_cast<size_t>(layers) * width * 2 * sizeof(f16); }
  bool operator==(const KvLayout&) const = default;
};

class KvCache {
 public:
  explicit KvCache(const KvLayout& layout, const TierOptions& tier = {});

  const KvLayout& layout() const { return layout_; }
  int tokens() const { return tokens_; }
  size_t bytes() const;  // in RAM

  // Makes room for rows up to `tokens` (positions 0 .. tokens-1); new rows are zero, or what
  // was there before truncate().
  void resize(int tokens);
  // Forgets every row from `tokens` on.
  void truncate(int tokens);

  // Rounds the whole pages within rows [first, end) that are not yet.
  void round(int first, int end);
  // Makes the pages of rows [first, end) f16 again, so that they can be written to.
  Result<void> unround(int first, int end);

  // A row of a page that is not rounded.
  f16* k_row(int layer, int token);
  f16* v_row(int layer, int token);
  const f16* k_row(int layer, int token) const { return const_cast<KvCache*>(this)->k_row(layer, token); }
  const f16* v_row(int layer, int token) const { return const_cast<KvCache*>(this)->v_row(layer, token); }

  // Of the pages with these rows, brings into RAM what is on disk of a layer. They stay there until the next call.
  // Pages ascend, each once.
  Result<void> fetch(int layer, std::span<const int> pages);
  // Rows [first, first + rows) of one page that was fetched, standing at `position`.
  KvBlock block(int layer, int first, int rows, int position) const;
  // The blocks of `layer` with the rows [0, tokens), ascending, for Ops::attend. Appends to `out`.
  Result<void> blocks(int layer, int tokens, std::vector<KvBlock>& out);
  // The keys of rows [first, first + rows) of one page, whatever it is. to [rows, width]
  Result<void> read_keys(int layer, int first, int rows, f16* to);

  // Copies `count` rows of every layer: rows [from_token, ...) of `from` become rows [to_token, ...) here. The layouts
  // are the same, both ranges exist, and none of their pages is rounded.
  void copy_rows(const KvCache& from, int from_token, int to_token, int count);

  PageTier::Counters tier_counters() const { return tier_ ? tier_->counters() : PageTier::Counters{}; }

 private:
  // A page holds, for every layer, 64 key rows and then 64 value rows.
  size_t page_elements() const { return static_cast<size_t>(layout_.layers) * 2 * kPageTokens * layout_.width; }
  bool rounded(int page) const { return !pages_[static_cast<size_t>(page)]; }
  KvLayout layout_;
  int tokens_ = 0;
  std::vector<std::unique_ptr<f16[]>> pages_;  // null: rounded, in the tier
  size_t rounded_ = 0;
  TierOptions tier_options_;
  std::unique_ptr<PageTier> tier_;  // once a page is rounded
};

}  // namespace strata
