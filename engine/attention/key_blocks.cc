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

Result<void> KeyBlocks::update(int layer, KvCache& kv, std::span<const float> k_bias, const RopeTable& table,
                               int tokens) {
  const auto dim = static_cast<size_t>(head_dim_), width = static_cast<size_t>(kv.layout().width);
  int& known = blocks_[static_cast<size_t>(layer)];
  std::vector<float> mean(dim);
  std::vector<f16> keys(kBlockTokens * width);
  for (; (known + 1) * kBlockTokens <= tokens; ++known) {
    if (auto read = kv.read_keys(layer, known * kBlockTokens, kBlockTokens, keys.data()); !read) return read;
    const size_t tile = static_cast<size_t>(known) / kTileBlocks, lane = static_cast<size_t>(known) % kTileBlocks;
    for (int kv_head = 0; kv_head < kv_heads_; ++kv_head) {
      Head& to = head(layer, kv_head);
      const float* bias = k_bias.empty() ? nullptr : k_bias.data() + kv_head * dim;
      block_mean(keys.data() + kv_head * dim, width, bias, table, dim, mean.data());
      to.fine.resize((tile + 1) * tile_elements());
      f16* fine = to.fine.data() + tile * tile_elements();
      for (size_t i = 0; i < dim; ++i) fine[i * kTileBlocks + lane] = to_f16(mean[i]);
      if (lane + 1 < kTileBlocks) continue;
      to.coarse.resize((tile / kTileBlocks + 1) * tile_elements());
      f16* coarse = to.coarse.data() + tile / kTileBlocks * tile_elements();
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

const f16* KeyBlocks::tile(int layer, int kv_head, int tile) const {
  return head(layer, kv_head).fine.data() + static_cast<size_t>(tile) * tile_elements();
}

const f16* KeyBlocks::coarse_tile(int layer, int kv_head, int tile) const {
  return head(layer, kv_head).coarse.data() + static_cast<size_t>(tile) * tile_elements();
}

}  // namespace strata
