// SPDX-License-Identifier: Apache-2.0
// Keys in blocks of 16 tokens, each as its mean: what a query needs to tell where to look. A key is turned by its place
// within its block before it is added, so that a mean is as good as a key at the block's beginning.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/compute/ops.h"
#include "engine/memory/kv_cache.h"

namespace strata {

inline constexpr int kBlockTokens = 16;
// Sixteen blocks lie side by side in a tile, as many as a vector has lanes: [head_dim, kTileBlocks].
inline constexpr int kTileBlocks = 16;
inline constexpr int kTileTokens = kBlockTokens * kTileBlocks;

class KeyBlocks {
 public:
  KeyBlocks(int layers, int kv_heads, int head_dim);

  // Takes in what is new of a layer: every whole block before row `tokens`.
  Result<void> update(int layer, KvCache& kv, std::span<const float> k_bias, const RopeTable& table, int tokens);
  // Forgets every block that has a row at or behind `tokens`.
  void truncate(int tokens);

  int blocks(int layer) const { return blocks_[static_cast<size_t>(layer)]; }
  // Tiles with a block, the last one filled up with zeros. `tile` [head_dim, kTileBlocks].
  const f16* tile(int layer, int kv_head, int tile) const;
  // The mean of each whole tile, sixteen tiles side by side: a page of 256 tokens as one key. Means within a tile
  // differ by where they stand; they are added as they are, for what is too far away to tell.
  const f16* coarse_tile(int layer, int kv_head, int tile) const;

 private:
  // Tiles in chunks that never move: a long context has hundreds of megabytes of them.
  struct Tiles {
    std::vector<std::unique_ptr<f16[]>> chunks;  // [kTileBlocks, head_dim, kTileBlocks] each
  };
  struct Head {
    Tiles fine, coarse;
  };
  f16* at(Tiles& tiles, int tile);  // makes room for it
  const f16* at(const Tiles& tiles, int tile) const;
  Head& head(int layer, int kv_head) { return heads_[static_cast<size_t>(layer * kv_heads_ + kv_head)]; }
  const Head& head(int layer, int kv_head) const { return heads_[static_cast<size_t>(layer * kv_heads_ + kv_head)]; }
  size_t tile_elements() const { return static_cast<size_t>(head_dim_) * kTileBlocks; }

  int kv_heads_, head_dim_;
  std::vector<int> blocks_;  // by layer
  std::vector<Head> heads_;  // [layers, kv_heads]
};

}  // namespace strata
