// SPDX-License-Identifier: Apache-2.0
#include "engine/compute/cpu/attend_tile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/compute/cpu/attend_tile.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

#include "engine/compute/cpu/key_columns-inl.h"
#include "engine/compute/cpu/kv_rows-inl.h"
#include "engine/compute/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {

// c[r, j] (+)= sum_i a[r, i] b[i, j] for kRows rows and kVectors vectors of columns. 6 x 4 accumulators fill the 32
// registers of AVX-512, 6 x 2 the 16 of AVX2.
template <int kRows, int kVectors, bool kAccumulate>
HWY_INLINE void multiply_block(const float* HWY_RESTRICT a, size_t a_stride, const float* HWY_RESTRICT b,
                               size_t b_stride, size_t inner, float* HWY_RESTRICT c, size_t c_stride) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kRows][kVectors];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v)
      sums[r][v] = kAccumulate ? hn::LoadU(d, c + r * c_stride + v * lanes) : hn::Zero(d);
  }
  for (size_t i = 0; i < inner; ++i) {
    hn::Vec<decltype(d)> columns[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, b + i * b_stride + v * lanes);
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const auto x = hn::Set(d, a[r * a_stride + i]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(x, columns[v], sums[r][v]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, c + r * c_stride + v * lanes);
  }
}

template <int kRows, bool kAccumulate>
void multiply_rows(const float* a, size_t a_stride, const float* b, size_t b_stride, size_t inner, float* c,
                   size_t c_stride, size_t columns) {
  const size_t lanes = hn::Lanes(hn::ScalableTag<float>());
  constexpr int kVectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;
  size_t j = 0;
  for (; j + kVectors * lanes <= columns; j += kVectors * lanes)
    multiply_block<kRows, kVectors, kAccumulate>(a, a_stride, b + j, b_stride, inner, c + j, c_stride);
  for (; j < columns; j += lanes)
    multiply_block<kRows, 1, kAccumulate>(a, a_stride, b + j, b_stride, inner, c + j, c_stride);
}

// c [rows, columns] (+)= a [rows, inner] b [inner, columns]; columns are whole vectors.
template <bool kAccumulate>
void multiply(int rows, const float* a, size_t a_stride, const float* b, size_t b_stride, size_t inner, float* c,
              size_t c_stride, size_t columns) {
  int r = 0;
  for (; r + 6 <= rows; r += 6)
    multiply_rows<6, kAccumulate>(a + r * a_stride, a_stride, b, b_stride, inner, c + r * c_stride, c_stride, columns);
  a += r * a_stride;
  c += r * c_stride;
  switch (rows - r) {
    case 5: return multiply_rows<5, kAccumulate>(a, a_stride, b, b_stride, inner, c, c_stride, columns);
    case 4: return multiply_rows<4, kAccumulate>(a, a_stride, b, b_stride, inner, c, c_stride, columns);
    case 3: return multiply_rows<3, kAccumulate>(a, a_stride, b, b_stride, inner, c, c_stride, columns);
    case 2: return multiply_rows<2, kAccumulate>(a, a_stride, b, b_stride, inner, c, c_stride, columns);
    case 1: return multiply_rows<1, kAccumulate>(a, a_stride, b, b_stride, inner, c, c_stride, columns);
    default: return;
  }
}

void make_panel_here(const KeySource& source, int first, float* panel) {
  const size_t dim = source.head_dim, padded = padded_dim(source.head_dim);
  const size_t width = static_cast<size_t>(source.kv_heads) * dim, kv_head = static_cast<size_t>(source.kv_head);
  const size_t count = static_cast<size_t>(std::min(kPanelKeys, source.keys - first));
  float* values = panel + kPanelKeys * dim;
  float* work = values + kPanelKeys * padded;
  // The last block that starts at or before `first`; empty blocks before it start there as well.
  size_t b =
      std::upper_bound(source.first_keys.begin(), source.first_keys.end(), first) - source.first_keys.begin() - 1;
  // Beside each key, one of the next panel is fetched: sixteen at a time would wait for each other.
  size_t ahead = b;
  int next = first + kPanelKeys;
  const auto fetch_next = [&]() HWY_ATTR {
    if (next >= source.keys) return;
    while (next >= source.first_keys[ahead] + source.blocks[ahead].rows) ++ahead;
    const auto row = static_cast<size_t>(next++ - source.first_keys[ahead]);
    prefetch_row(source.blocks[ahead], row, kv_head, dim, width);
    if (row % kSteps == 0) prefetch_scales(source.blocks[ahead], row, kv_head, dim, *source.table);
  };
  for (size_t key = 0, together; key < count; key += together) {
    while (first + static_cast<int>(key) >= source.first_keys[b] + source.blocks[b].rows) ++b;
    const KvBlock& block = source.blocks[b];
    const size_t row = static_cast<size_t>(first) + key - static_cast<size_t>(source.first_keys[b]);
    together = std::min({kSteps, count - key, static_cast<size_t>(block.rows) - row});
    const auto columns = [&](const auto* keys) HWY_ATTR {
      key_columns(block, keys, row, together, kv_head, width, dim, source.k_bias, *source.table, *source.steps, work,
                  kPanelKeys, panel + key);
    };
    if (block.k)
      columns(block.k);
    else
      columns(block.rounded.k);
    for (size_t i = row; i < row + together; ++i) {
      fetch_next();
      const size_t at = i * width + kv_head * dim;
      float* value = values + (key + i - row) * padded;
      if (block.k)
        expand(block.v + at, nullptr, dim, value);
      else
        expand<true>(block.rounded.v + at, block.rounded.v_scales + i, nullptr, dim, value);
      std::fill(value + dim, value + padded, 0.0f);
    }
  }
  if (count == kPanelKeys) return;
  for (size_t i = 0; i < dim; ++i) std::fill(panel + i * kPanelKeys + count, panel + (i + 1) * kPanelKeys, 0.0f);
  std::fill(values + count * padded, values + kPanelKeys * padded, 0.0f);
}

void attend_panel_here(const float* panel, int first, QueryTile& tile) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const size_t dim = tile.head_dim, padded = padded_dim(tile.head_dim);
  const float* values = panel + kPanelKeys * dim;
  float* scores = tile.scores.data();
  multiply<false>(tile.rows, tile.q.data(), dim, panel, kPanelKeys, dim, scores, kPanelKeys, kPanelKeys);

  constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
  int most = 0;  // keys of this panel that some row sees
  for (int r = 0; r < tile.rows; ++r) {
    float* row = scores + r * kPanelKeys;
    const int seen = std::clamp(tile.visible[r] - first, 0, kPanelKeys);
    most = std::max(most, seen);
    std::fill(row + seen, row + kPanelKeys, kMinusInfinity);
    auto maxima = hn::LoadU(d, row);
    for (size_t i = lanes; i < kPanelKeys; i += lanes) maxima = hn::Max(maxima, hn::LoadU(d, row + i));
    const float highest = std::max(tile.highest[r], hn::ReduceMax(d, maxima));
    if (highest == kMinusInfinity) {
      std::fill_n(row, kPanelKeys, 0.0f);
      continue;
    }
    const auto reference = hn::Set(d, highest);
    if (highest > tile.highest[r]) {
      const auto factor = exp2(d, hn::Sub(hn::Set(d, tile.highest[r]), reference));
      tile.total[r] *= hn::GetLane(factor);
      float* sums = tile.sums.data() + r * padded;
      for (size_t i = 0; i < padded; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, sums + i), factor), d, sums + i);
      tile.highest[r] = highest;
    }
    auto total = hn::Zero(d);
    for (size_t i = 0; i < kPanelKeys; i += lanes) {
      const auto weight = exp2(d, hn::Sub(hn::LoadU(d, row + i), reference));
      total = hn::Add(total, weight);
      hn::StoreU(weight, d, row + i);
    }
    tile.total[r] += hn::ReduceSum(d, total);
  }
  multiply<true>(tile.rows, scores, kPanelKeys, values, padded, most, tile.sums.data(), padded, padded);
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace strata::cpu {
HWY_EXPORT(make_panel_here);
HWY_EXPORT(attend_panel_here);

void make_panel(const KeySource& source, int first, float* panel) {
  HWY_DYNAMIC_DISPATCH(make_panel_here)(source, first, panel);
}
void attend_panel(const float* panel, int first, QueryTile& tile) {
  HWY_DYNAMIC_DISPATCH(attend_panel_here)(panel, first, tile);
}

QueryTile::QueryTile(int row_count, int dim)
    : rows(row_count),
      head_dim(dim),
      q(static_cast<size_t>(rows) * dim),
      visible(rows),
      highest(rows),
      total(rows),
      sums(rows * padded_dim(dim)),
      scores(static_cast<size_t>(rows) * kPanelKeys) {
  restart();
}

void QueryTile::restart() {
  std::ranges::fill(highest, -std::numeric_limits<float>::infinity());
  std::ranges::fill(total, 0.0f);
  std::ranges::fill(sums, 0.0f);
}
}  // namespace strata::cpu
#endif
