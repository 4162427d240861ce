// SPDX-License-Identifier: Apache-2.0
// Keys and values of one running context, in pages of 64 tokens for every layer. Keys are stored before rotation and
// without bias (see ops.h), so a row can be copied to any position: that is how contexts are assembled from stored
// segments. Pages are allocated as the context grows and never move.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/half.h"
#include "engine/compute/ops.h"

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
  explicit KvCache(const KvLayout& layout) : layout_(layout) {}

  const KvLayout& layout() const { return layout_; }
  int tokens() const { return tokens_; }
  size_t bytes() const { return pages_.size() * page_elements() * sizeof(f16); }

  // Makes room for rows up to `tokens` (positions 0 .. tokens-1); new rows are uninitialised.
  void resize(int tokens);
  // Forgets every row from `tokens` on.
  void truncate(int tokens);

  f16* k_row(int layer, int token);
  f16* v_row(int layer, int token);
  const f16* k_row(int layer, int token) const { return const_cast<KvCache*>(this)->k_row(layer, token); }
  const f16* v_row(int layer, int token) const { return const_cast<KvCache*>(this)->v_row(layer, token); }

  // The blocks of `layer` with the rows [0, tokens), ascending, for Ops::attend. Appends to `out`.
  void blocks(int layer, int tokens, std::vector<KvBlock>& out) const;

  // Copies `count` rows of every layer: rows [from_token, ...) of `from` become rows [to_token, ...) here. The layouts
  // are the same and both ranges exist.
  void copy_rows(const KvCache& from, int from_token, int to_token, int count);

 private:
  // A page holds, for every layer, 64 key rows and then 64 value rows.
  size_t page_elements() const { return static_cast<size_t>(layout_.layers) * 2 * kPageTokens * layout_.width; }
  KvLayout layout_;
  int tokens_ = 0;
  std::vector<std::unique_ptr<f16[]>> pages_;
};

}  // namespace strata
