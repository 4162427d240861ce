// SPDX-License-Identifier: Apache-2.0
// The inner loops of attention: a panel of keys and values, and a tile of query rows that looks at one panel after the
// other with an online softmax (FlashAttention, arXiv:2205.14135). All query heads of a KV head count as rows.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/compute/cpu/rope_steps.h"
#include "engine/compute/ops.h"

namespace strata::cpu {

constexpr int kPanelKeys = 64;
constexpr int kTileRows = 48;  // at most; scores of a tile, 48 x 64 floats, and its sums stay in the L1 and L2 caches

// Values are padded to whole vectors of any width.
inline size_t padded_dim(int head_dim) { return (static_cast<size_t>(head_dim) + 15) / 16 * 16; }

// The keys of one sequence as seen by one KV head. `first_keys[b]` is the number of keys before block b.
struct KeySource {
  std::span<const KvBlock> blocks;
  std::span<const int> first_keys;
  int keys = 0;
  int kv_heads = 0, kv_head = 0, head_dim = 0;
  const float* k_bias = nullptr;  // [head_dim] of this head, or null
  const RopeTable* table = nullptr;
  const RopeSteps* steps = nullptr;
};

// The floats of a panel: keys [head_dim, kPanelKeys], values [kPanelKeys, padded_dim], and the work memory of
// key_columns(): a scale and a bias of each component and sixteen keys in halves, in whole vectors.
inline size_t panel_size(int head_dim) {
  const size_t dim = static_cast<size_t>(head_dim), vectors = (dim + 63) / 64 * 64;
  return kPanelKeys * (dim + padded_dim(head_dim)) + 2 * dim + vectors * kSteps / 2;
}

// Fills `panel` with keys [first, first + kPanelKeys) of the source; zeros beyond its end.
void make_panel(const KeySource& source, int first, float* panel);

// Query rows on their way through the panels. Logits are in units of log2(e), so that the softmax is made of 2^x.
class QueryTile {
 public:
  QueryTile(int rows, int head_dim);

  int rows;
  int head_dim;
  std::vector<float> q;        // [rows, head_dim], times scale * log2(e)
  std::vector<int> visible;    // row r sees the keys [0, visible[r])
  std::vector<float> highest;  // the highest logit so far; -inf before the first
  std::vector<float> total;    // sum of 2^(logit - highest)
  std::vector<float> sums;     // [rows, padded_dim]: the values so weighted
  std::vector<float> scores;   // [rows, kPanelKeys], of the panel in work

  void restart();  // forgets all keys
};

// Takes in a panel whose first key is number `first`.
void attend_panel(const float* panel, int first, QueryTile& tile);

}  // namespace strata::cpu
