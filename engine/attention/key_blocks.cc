// SPDX-License-Identifier: Apache-2.0
#include "engine/attention/key_blocks.h"

#include <algorithm>

#include "engine/attention/block_kernels.h"

namespace strata {

KeyBlocks::KeyBlocks(int layers, int kv_heads, int head_dim)
    : kv_heads_(kv_heads),
      head_dim_(head_dim),
      blocks_(static_cast<size_t>(layers)),
      heads_(static_cast<size_t>(layers) * kv_heads) {}

f16* KeyBlocks::at(Tiles& tiles, int tile) {
  const size_t chunk = static_cast<size_t>(tile) / kTileBlocks;
  if (chunk == tiles.chunks.size()) tiles.chunks.push_back(std::make_unique<f16[]>(kTileBlocks * tile_elements()));
  return tiles.chunks[chunk].get() + static_cast<size_t>(tile) % kTileBlocks * tile_elements();
}

const f16* KeyBlocks::at(const Tiles& tiles, int tile) const {
  return tiles.chunks[static_cast<size_t>(tile) / kTileBlocks].get() +
         static_cast<size_t>(tile) % kTileBlocks * tile_elements();
}

Result<void> KeyBlocks::update(int layer, KvCache& kv, std::span<const float> k_bias, const RopeTable& table,
                               int tokens) {
  const auto dim = static_cast<size_t>(head_dim_), width = static_cast<size_t>(kv.layout().width);
  int& known = blocks_[static_cast<size_t>(layer)];
  std::vector<float> mean(dim);
  std::vector<f16> keys(kBlockTokens * width);
  for (; (known + 1) * kBlockTokens <= tokens; ++known) {
    if (auto read = kv.read_keys(layer, known * kBlockTokens, kBlockTokens, keys.data()); !read) return read;
    const int tile = known / kTileBlocks, lane = known % kTileBlocks;
    for (int kv_head = 0; kv_head < kv_heads_; ++kv_head) {
      Head& to = head(layer, kv_head);
      const float* bias = k_bias.empty() ? nullptr : k_bias.data() + kv_head * dim;
      block_mean(keys.data() + kv_head * dim, width, bias, table, dim, mean.data());
      f16* fine = at(to.fine, tile);
      for (size_t i = 0; i < dim; ++i) fine[i * kTileBlocks + lane] = to_f16(mean[i]);
      if (lane + 1 < kTileBlocks) continue;
      f16* coarse = at(to.coarse, tile / kTileBlocks);
      for (size_t i = 0; i < dim; ++i) {
        float sum = 0;
        for (int block = 0; block < kTileBlocks; ++block) sum += to_f32(fine[i * kTileBlocks + block]);
        coarse[i * kTileBlocks + tile % kTileBlocks] = to_f16(sum / kTileBlocks);
      }
    }
  }
  return {};
}

void KeyBlocks::truncate(int tokens) {
  for (int& known : blocks_) known = std::min(known, tokens / kBlockTokens);
}

const f16* KeyBlocks::tile(int layer, int kv_head, int tile) const { return at(head(layer, kv_head).fine, tile); }

const f16* KeyBlocks::coarse_tile(int layer, int kv_head, int tile) const {
  return at(head(layer, kv_head).coarse, tile);
}

}  // namespace strata
