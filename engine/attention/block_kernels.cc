// SPDX-License-Identifier: Apache-2.0
#include "engine/attention/block_kernels.h"

#include <algorithm>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/attention/block_kernels.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

#include "engine/compute/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Lanes are blocks, so there is nothing to add across them.
using Blocks = hn::CappedTag<float, kTileBlocks>;

HWY_INLINE hn::Vec<Blocks> load(const f16* from) {
  const hn::Rebind<hwy::float16_t, Blocks> d16;
  return hn::PromoteTo(Blocks(), hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(from)));
}

// row = rotate(key + bias, position)
HWY_INLINE void turned_key(const f16* key, const float* bias, const RopeTable& table, size_t position, size_t dim,
                           float* row) {
  const hn::CappedTag<float, 8> d;  // a head has a multiple of eight components
  const hn::Rebind<hwy::float16_t, decltype(d)> d16;
  const size_t half = static_cast<size_t>(table.dim) / 2;
  for (size_t i = 0; i < dim; i += hn::Lanes(d)) {
    const auto value = hn::PromoteTo(d, hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(key + i)));
    hn::StoreU(bias ? hn::Add(value, hn::LoadU(d, bias + i)) : value, d, row + i);
  }
  cpu::HWY_NAMESPACE::rotate_head(row, table.cosine.data() + position * half, table.sine.data() + position * half, half,
                                  table.interleaved);
}

constexpr size_t kWidestHead = 1024;  // models/decoder.cc

void block_mean_here(const f16* keys, size_t stride, const float* bias, const RopeTable& table, size_t dim,
                     float* mean) {
  const hn::CappedTag<float, 8> d;
  std::fill_n(mean, dim, 0.0f);
  float row[kWidestHead];
  for (size_t r = 0; r < kBlockTokens; ++r) {
    turned_key(keys + r * stride, bias, table, r, dim, row);
    for (size_t i = 0; i < dim; i += hn::Lanes(d))
      hn::StoreU(hn::MulAdd(hn::LoadU(d, row + i), hn::Set(d, 1.0f / kBlockTokens), hn::LoadU(d, mean + i)), d,
                 mean + i);
  }
}

// Lanes are queries.
void exact_logits_here(const f16* keys, size_t stride, size_t rows, const float* bias, const RopeTable& table,
                       size_t position, size_t dim, const float* queries, size_t count, float* logits,
                       size_t logits_stride) {
  const hn::CappedTag<float, kExactQueries> d;
  float row[kWidestHead], sums[kExactQueries];
  for (size_t r = 0; r < rows; ++r) {
    turned_key(keys + r * stride, bias, table, position + r, dim, row);
    for (size_t lane = 0; lane < kExactQueries; lane += hn::Lanes(d)) {
      auto even = hn::Zero(d), odd = hn::Zero(d);
      for (size_t i = 0; i < dim; i += 2) {
        even = hn::MulAdd(hn::Set(d, row[i]), hn::LoadU(d, queries + i * kExactQueries + lane), even);
        odd = hn::MulAdd(hn::Set(d, row[i + 1]), hn::LoadU(d, queries + (i + 1) * kExactQueries + lane), odd);
      }
      hn::StoreU(hn::Add(even, odd), d, sums + lane);
    }
    for (size_t q = 0; q < count; ++q) logits[q * logits_stride + r] = sums[q];
  }
}

template <size_t kQueries>
HWY_INLINE void dots(const float* tile, size_t dim, const float* queries, float* scores, size_t stride) {
  const Blocks d;
  for (size_t lane = 0; lane < kTileBlocks; lane += hn::Lanes(d)) {
    hn::Vec<Blocks> sums[kQueries];
    for (auto& sum : sums) sum = hn::Zero(d);
    for (size_t i = 0; i < dim; ++i) {
      const auto keys = hn::LoadU(d, tile + i * kTileBlocks + lane);
      for (size_t q = 0; q < kQueries; ++q) sums[q] = hn::MulAdd(hn::Set(d, queries[q * dim + i]), keys, sums[q]);
    }
    for (size_t q = 0; q < kQueries; ++q) hn::StoreU(sums[q], d, scores + q * stride + lane);
  }
}

void score_tile_here(const f16* tile, const TileAngles& angles, const RopeTable& table, size_t dim,
                     const float* queries, size_t count, float* scores, size_t stride, float* work) {
  const Blocks d;
  const size_t half = static_cast<size_t>(table.dim) / 2;
  for (size_t lane = 0; lane < kTileBlocks; lane += hn::Lanes(d)) {
    for (size_t i = 0; i < half; ++i) {
      const size_t one = (table.interleaved ? 2 * i : i) * kTileBlocks + lane;
      const size_t other = (table.interleaved ? 2 * i + 1 : half + i) * kTileBlocks + lane;
      const auto c = hn::LoadU(d, angles.cosine + i * kTileBlocks + lane);
      const auto s = hn::LoadU(d, angles.sine + i * kTileBlocks + lane);
      const auto a = load(tile + one), b = load(tile + other);
      hn::StoreU(hn::NegMulAdd(b, s, hn::Mul(a, c)), d, work + one);
      hn::StoreU(hn::MulAdd(a, s, hn::Mul(b, c)), d, work + other);
    }
    for (size_t i = 2 * half; i < dim; ++i)
      hn::StoreU(load(tile + i * kTileBlocks + lane), d, work + i * kTileBlocks + lane);
  }
  // What is left of eight goes together too: one query alone would wait for each of its additions.
  size_t q = 0;
  for (; q + 8 <= count; q += 8) dots<8>(work, dim, queries + q * dim, scores + q * stride, stride);
  queries += q * dim;
  scores += q * stride;
  switch (count - q) {
    case 7: return dots<7>(work, dim, queries, scores, stride);
    case 6: return dots<6>(work, dim, queries, scores, stride);
    case 5: return dots<5>(work, dim, queries, scores, stride);
    case 4: return dots<4>(work, dim, queries, scores, stride);
    case 3: return dots<3>(work, dim, queries, scores, stride);
    case 2: return dots<2>(work, dim, queries, scores, stride);
    case 1: return dots<1>(work, dim, queries, scores, stride);
    default: return;
  }
}

// Whole vectors: a row is of whole tiles.
void softmax2_here(float* row, size_t n) {
  const Blocks d;
  const size_t lanes = hn::Lanes(d);
  auto largest = hn::LoadU(d, row);
  for (size_t i = lanes; i < n; i += lanes) largest = hn::Max(largest, hn::LoadU(d, row + i));
  largest = hn::MaxOfLanes(d, largest);
  auto sums = hn::Zero(d);
  for (size_t i = 0; i < n; i += lanes) {
    const auto weight = cpu::HWY_NAMESPACE::exp2(d, hn::Sub(hn::LoadU(d, row + i), largest));
    sums = hn::Add(sums, weight);
    hn::StoreU(weight, d, row + i);
  }
  const auto share = hn::Div(hn::Set(d, 1.0f), hn::SumOfLanes(d, sums));
  for (size_t i = 0; i < n; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, row + i), share), d, row + i);
}

void add_to_here(float* sum, const float* row, size_t n) {
  const Blocks d;
  for (size_t i = 0; i < n; i += hn::Lanes(d))
    hn::StoreU(hn::Add(hn::LoadU(d, sum + i), hn::LoadU(d, row + i)), d, sum + i);
}

}  // namespace strata::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace strata {

HWY_EXPORT(block_mean_here);
HWY_EXPORT(exact_logits_here);
HWY_EXPORT(score_tile_here);
HWY_EXPORT(softmax2_here);
HWY_EXPORT(add_to_here);

void block_mean(const f16* keys, size_t stride, const float* bias, const RopeTable& table, size_t dim, float* mean) {
  HWY_DYNAMIC_DISPATCH(block_mean_here)(keys, stride, bias, table, dim, mean);
}
void exact_logits(const f16* keys, size_t stride, size_t rows, const float* bias, const RopeTable& table,
                  size_t position, size_t dim, const float* queries, size_t count, float* logits,
                  size_t logits_stride) {
  HWY_DYNAMIC_DISPATCH(exact_logits_here)
  (keys, stride, rows, bias, table, position, dim, queries, count, logits, logits_stride);
}
void score_tile(const f16* tile, const TileAngles& angles, const RopeTable& table, size_t dim, const float* queries,
                size_t count, float* scores, size_t stride, float* work) {
  HWY_DYNAMIC_DISPATCH(score_tile_here)(tile, angles, table, dim, queries, count, scores, stride, work);
}
void add_to(std::span<float> sum, std::span<const float> row) {
  HWY_DYNAMIC_DISPATCH(add_to_here)(sum.data(), row.data(), row.size());
}
void softmax2(std::span<float> row) { HWY_DYNAMIC_DISPATCH(softmax2_here)(row.data(), row.size()); }

}  // namespace strata
#endif
