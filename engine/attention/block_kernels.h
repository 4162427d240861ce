// SPDX-License-Identifier: Apache-2.0
// The inner loops of choosing what to read: means of blocks of keys, what queries think of them, and their softmax.
#pragma once

#include <cstddef>
#include <span>

#include "engine/attention/key_blocks.h"

namespace strata {

// mean[i] of rotate(keys[row] + bias, row) over the rows of one block; keys [kBlockTokens] rows `stride` apart. `bias`
// may be null. mean [dim].
void block_mean(const f16* keys, size_t stride, const float* bias, const RopeTable& table, size_t dim, float* mean);

// Angles of the sixteen blocks of a tile: cosine, sine [half, kTileBlocks].
struct TileAngles {
  const float* cosine;
  const float* sine;
};

// scores[q, lane] = queries[q] . rotate(tile[lane], angles[lane]), rows of `scores` `stride` apart. `work` has
// dim * kTileBlocks floats. queries [count, dim].
void score_tile(const f16* tile, const TileAngles& angles, const RopeTable& table, size_t dim, const float* queries,
                size_t count, float* scores, size_t stride, float* work);

// logits[q, row] = queries[q] . rotate(keys[row] + bias, position + row) for up to kExactQueries queries, which stand
// in the columns of `queries` [dim, kExactQueries]; rows of `keys` and `logits` are `stride` and `logits_stride` apart.
inline constexpr size_t kExactQueries = 8;
void exact_logits(const f16* keys, size_t stride, size_t rows, const float* bias, const RopeTable& table,
                  size_t position, size_t dim, const float* queries, size_t count, float* logits, size_t logits_stride);

// Rows of whole tiles. row = 2^(row - largest) / sum, in place; sum += row.
void softmax2(std::span<float> row);
void add_to(std::span<float> sum, std::span<const float> row);

}  // namespace strata
