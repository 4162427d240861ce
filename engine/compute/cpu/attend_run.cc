// SPDX-License-Identifier: Apache-2.0
// Multiplying is the limit, then the softmax, then making the groups.
#include "engine/compute/cpu/attend_run.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/compute/cpu/attend_tile.h"

#define HWY_WANT_AVX3_DL 1  // multiplies and adds in one instruction
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/compute/cpu/attend_run.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

#include "engine/compute/cpu/kv_rows-inl.h"
#include "engine/compute/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {

using Ints = hn::CappedTag<int32_t, 16>;
using Floats = hn::Rebind<float, Ints>;
using Shorts = hn::Repartition<int16_t, Ints>;

constexpr size_t kGroupKeys = 16;
constexpr size_t kChunkGroups = 32;  // that are made at a time
constexpr size_t kBatchGroups = 16;  // that a head looks at at a time
constexpr size_t kBatchKeys = kBatchGroups * kGroupKeys;
constexpr size_t kLanes = HWY_MAX_LANES_D(Ints);
constexpr size_t kParts = kGroupKeys / kLanes;  // vectors of a group
constexpr size_t kRows =
    kLanes == 16 ? 8 : 4;  // at a time; with two vectors of columns as many sums as there is room for
constexpr size_t kPairs = kLanes == 16 ? 2 : 1;  // groups at a time
constexpr float kMostWeight = 4095, kMostValue = 2047;
static_assert(kMostWeight * kMostValue * kBatchKeys < 0x1p31);
constexpr size_t kAhead = 4;       // groups whose rows are fetched
constexpr float kUnseen = -1e30f;  // a logit

// Sixteen keys of one block in the order in which they are multiplied. What is missing of sixteen is zero.
struct Group {
  const KvBlock* block;
  size_t first_row, rows;
  std::vector<uint32_t> skip;  // of each run: KvBlock::skip
  std::vector<bool> read;      // by each run
  int16_t* keys = nullptr;     // [dim / 2, kGroupKeys, 2]
  int16_t* values = nullptr;   // [kGroupKeys / 2, padded_dim, 2]
  float key_scales[kGroupKeys] = {}, value_scales[kGroupKeys] = {};

  int position() const { return block->position + static_cast<int>(first_row); }
  // Where it lies, and where it stands.
  auto place() const {
    const void* base = block->k ? static_cast<const void*>(block->k) : block->rounded.k;
    return std::tuple(position(), base, first_row, rows);
  }
};

// Rounds x [dim] to 16 bits, the length of which is at most 46000, and returns the scale.
HWY_INLINE float shorten(const float* x, size_t dim, int16_t* to) {
  const hn::CappedTag<float, 8> d;
  const hn::Rebind<int16_t, decltype(d)> d16;
  auto most = hn::Zero(d), squares = hn::Zero(d);
  for (size_t i = 0; i < dim; i += hn::Lanes(d)) {
    const auto value = hn::LoadU(d, x + i);
    most = hn::Max(most, hn::Abs(value));
    squares = hn::MulAdd(value, value, squares);
  }
  const float scale = std::max(hn::ReduceMax(d, most) / 32767.0f, std::sqrt(hn::ReduceSum(d, squares)) / 46000.0f);
  const auto inverse = hn::Set(d, scale > 0 ? 1.0f / scale : 0.0f);
  for (size_t i = 0; i < dim; i += hn::Lanes(d))
    hn::StoreU(hn::DemoteTo(d16, hn::NearestInt(hn::Mul(hn::LoadU(d, x + i), inverse))), d16, to + i);
  return scale;
}

// to[unit, key] = rows[key, unit] for sixteen keys of `units` pairs.
HWY_INLINE void transpose_pairs(const int16_t* rows, size_t units, int16_t* to) {
  const hn::FixedTag<int32_t, 4> d;
  const hn::FixedTag<int64_t, 2> d64;
  const auto* from = reinterpret_cast<const int32_t*>(rows);
  auto* target = reinterpret_cast<int32_t*>(to);
  for (size_t key = 0; key < kGroupKeys; key += 4)
    for (size_t unit = 0; unit < units; unit += 4) {
      const int32_t* at = from + key * units + unit;
      const auto a = hn::LoadU(d, at), b = hn::LoadU(d, at + units);
      const auto c = hn::LoadU(d, at + 2 * units), e = hn::LoadU(d, at + 3 * units);
      const auto ab_low = hn::BitCast(d64, hn::InterleaveLower(d, a, b));
      const auto ab_high = hn::BitCast(d64, hn::InterleaveUpper(d, a, b));
      const auto ce_low = hn::BitCast(d64, hn::InterleaveLower(d, c, e));
      const auto ce_high = hn::BitCast(d64, hn::InterleaveUpper(d, c, e));
      int32_t* column = target + unit * kGroupKeys + key;
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, ab_low, ce_low)), d, column);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, ab_low, ce_low)), d, column + kGroupKeys);
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(d64, ab_high, ce_high)), d, column + 2 * kGroupKeys);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(d64, ab_high, ce_high)), d, column + 3 * kGroupKeys);
    }
}

// A row of values in units of 1 / kMostValue of its largest, and that unit. Bytes stay what they are, times 16.
HWY_INLINE float value_row(const KvBlock& block, size_t row, size_t at, size_t dim, int16_t* to) {
  const hn::CappedTag<float, 8> d;
  const hn::Rebind<int16_t, decltype(d)> d16;
  if (!block.v) {
    const hn::Rebind<int8_t, decltype(d)> d8;
    for (size_t i = 0; i < dim; i += hn::Lanes(d))
      hn::StoreU(hn::ShiftLeft<4>(hn::PromoteTo(d16, hn::LoadU(d8, block.rounded.v + at + i))), d16, to + i);
    return to_f32(block.rounded.v_scales[row]) / 16;
  }
  const hn::Rebind<hwy::float16_t, decltype(d)> half;
  const auto load = [&](size_t i) HWY_ATTR {
    return hn::PromoteTo(d, hn::LoadU(half, reinterpret_cast<const hwy::float16_t*>(block.v + at + i)));
  };
  auto most = hn::Zero(d);
  for (size_t i = 0; i < dim; i += hn::Lanes(d)) most = hn::Max(most, hn::Abs(load(i)));
  const float scale = hn::ReduceMax(d, most) / kMostValue;
  const auto inverse = hn::Set(d, scale > 0 ? 1.0f / scale : 0.0f);
  for (size_t i = 0; i < dim; i += hn::Lanes(d))
    hn::StoreU(hn::DemoteTo(d16, hn::NearestInt(hn::Mul(load(i), inverse))), d16, to + i);
  return scale;
}

// Work memory: `row` [dim], `work` [kGroupKeys, padded_dim].
HWY_INLINE void make_group(Group& group, int kv_head, const AttendShape& shape, const float* k_bias,
                           const RopeTable& table, float* row, int16_t* work) {
  const size_t dim = static_cast<size_t>(shape.head_dim), padded = padded_dim(shape.head_dim);
  const size_t width = static_cast<size_t>(shape.kv_heads) * dim;
  for (size_t key = 0; key < kGroupKeys; ++key) {
    int16_t* to = work + key * dim;
    group.key_scales[key] = 0;
    if (key < group.rows) {
      const size_t in_block = group.first_row + key;
      turned_key(*group.block, static_cast<int>(in_block), in_block * width + kv_head * dim, dim, kv_head, k_bias,
                 table, row);
      group.key_scales[key] = shorten(row, dim, to);
    } else {
      std::fill_n(to, dim, int16_t{0});
    }
  }
  transpose_pairs(work, dim / 2, group.keys);
  const hn::CappedTag<int16_t, 8> d16;
  int16_t* even = work;
  int16_t* odd = work + padded;
  std::fill_n(work, 2 * padded, int16_t{0});
  for (size_t key = 0; key < kGroupKeys; key += 2) {
    for (const size_t one : {key, key + 1}) {
      int16_t* to = one == key ? even : odd;
      group.value_scales[one] = 0;
      if (one < group.rows) {
        const size_t in_block = group.first_row + one;
        group.value_scales[one] = value_row(*group.block, in_block, in_block * width + kv_head * dim, dim, to);
      } else {
        std::fill_n(to, dim, int16_t{0});
      }
    }
    for (size_t i = 0; i < padded; i += hn::Lanes(d16))
      hn::StoreInterleaved2(hn::LoadU(d16, even + i), hn::LoadU(d16, odd + i), d16,
                            group.values + (key * padded + 2 * i));
  }
}

// sums[r, v] += the pair of numbers at a + r * kStride times vector v of `columns`.
template <size_t kStride, size_t kVectors>
HWY_INLINE void add_products(const int16_t* HWY_RESTRICT a, const hn::Vec<Shorts> (&columns)[kVectors],
                             hn::Vec<Ints> (&sums)[kRows][kVectors]) {
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#if HWY_TARGET <= HWY_AVX3_DL
    // The compiler copies every sum before and after it is added to (GCC 14), and does not broadcast in the
    // instruction.
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) {
      auto sum = sums[r][v].raw;
      asm("vpdpwssd %1%{1to16%}, %2, %0"
          : "+v"(sum)
          : "m"(*reinterpret_cast<const int16_t(*)[2]>(a + r * kStride)), "v"(columns[v].raw));
      sums[r][v].raw = sum;
    }
#else
    int32_t pair;
    std::memcpy(&pair, a + r * kStride, sizeof(pair));
    const auto x = hn::BitCast(Shorts(), hn::Set(Ints(), pair));
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) {
      auto unused = hn::Zero(Ints());
      sums[r][v] = hn::ReorderWidenMulAccumulate(Ints(), x, columns[v], sums[r][v], unused);
    }
#endif
  }
}

// scores[r, g, key] = q[r] . keys of group g, for kRows rows q [dim / 2, kRows, 2].
template <size_t kGroups>
HWY_INLINE void score_groups(const int16_t* q, const float* q_scales, size_t dim, const Group* const* groups,
                             float* scores) {
  const Ints d;
  const Floats df;
  const Shorts d16;
  constexpr size_t kVectors = kGroups * kParts;
  hn::Vec<Ints> sums[kRows][kVectors];
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  for (size_t i = 0; i < dim; i += 2) {
    hn::Vec<Shorts> columns[kVectors];
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v)
      columns[v] = hn::LoadU(d16, groups[v / kParts]->keys + i * kGroupKeys + v % kParts * 2 * kLanes);
    add_products<2, kVectors>(q + i * kRows, columns, sums);
  }
#pragma GCC unroll 4
  for (size_t v = 0; v < kVectors; ++v) {
    const auto scale = hn::LoadU(df, groups[v / kParts]->key_scales + v % kParts * kLanes);
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r)
      hn::StoreU(hn::Mul(hn::ConvertTo(df, sums[r][v]), hn::Mul(scale, hn::Set(df, q_scales[r]))), df,
                 scores + r * kBatchKeys + v * kLanes);
  }
}

// 2^x of x <= 0, relative error below 4e-6, which is enough for 12 bits; 2^-126 for what is less.
HWY_INLINE hn::Vec<Floats> weight_of(Floats d, hn::Vec<Floats> x) {
  x = hn::Max(x, hn::Set(d, -126.0f));
  const auto whole = hn::NearestInt(x);
  const auto f = hn::Sub(x, hn::ConvertTo(d, whole));
  auto p = hn::Set(d, 9.666368515e-3f);
  p = hn::MulAdd(p, f, hn::Set(d, 5.592197584e-2f));
  p = hn::MulAdd(p, f, hn::Set(d, 2.402234904e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 6.931210452e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.0f));
  return hn::BitCast(d, hn::Add(hn::BitCast(Ints(), p), hn::ShiftLeft<23>(whole)));
}

// The queries of one head on their way through the keys.
struct Head {
  std::vector<int16_t> q;                           // [rows / kRows, dim / 2, kRows, 2]
  std::vector<float> scales, highest, total, sums;  // sums [rows, padded_dim]
};

// sums[r] = sums[r] * before[r] + (weights[r] . values) * factor[r] of kVectors vectors from component `first` on.
template <size_t kVectors>
HWY_INLINE void add_values(const int16_t* weights, std::span<const Group* const> groups, size_t padded, size_t first,
                           const float* before, const float* factor, float* to) {
  const Ints d;
  const Floats df;
  const Shorts d16;
  hn::Vec<Ints> sums[kRows][kVectors];
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  for (size_t g = 0; g < groups.size(); ++g)
    for (size_t key = 0; key < kGroupKeys; key += 2) {
      hn::Vec<Shorts> columns[kVectors];
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v)
        columns[v] = hn::LoadU(d16, groups[g]->values + key * padded + 2 * (first + v * kLanes));
      add_products<kBatchKeys, kVectors>(weights + g * kGroupKeys + key, columns, sums);
    }
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v) {
      float* at = to + r * padded + first + v * kLanes;
      hn::StoreU(hn::MulAdd(hn::ConvertTo(df, sums[r][v]), hn::Set(df, factor[r]),
                            hn::Mul(hn::LoadU(df, at), hn::Set(df, before[r]))),
                 df, at);
    }
  }
}

// Takes in a batch of groups. `positions` of each row; scores and weights are work memory of [kRows, kBatchKeys].
HWY_INLINE void take_in(Head& head, std::span<const Group* const> groups, std::span<const int> positions, size_t dim,
                        float* scores, int16_t* weights) {
  const Floats df;
  const hn::Rebind<int16_t, Floats> half;
  const size_t padded = padded_dim(static_cast<int>(dim)), keys = groups.size() * kGroupKeys;
  const bool full = std::ranges::all_of(groups, [](const Group* group) { return group->rows == kGroupKeys; });
  const int last = groups.back()->position() + static_cast<int>(groups.back()->rows) - 1;  // they ascend
  // Scales of the values go into the weights.
  float factors[kBatchKeys], largest = 0;
  for (const Group* group : groups) largest = std::max(largest, *std::ranges::max_element(group->value_scales));
  for (size_t i = 0; i < keys; ++i)
    factors[i] = largest > 0 ? kMostWeight * groups[i / kGroupKeys]->value_scales[i % kGroupKeys] / largest : 0.0f;
  for (size_t first = 0; first < positions.size(); first += kRows) {
    size_t g = 0;
    for (; g + kPairs <= groups.size(); g += kPairs)
      score_groups<kPairs>(head.q.data() + first * dim, head.scales.data() + first, dim, groups.data() + g,
                           scores + g * kGroupKeys);
    for (; g < groups.size(); ++g)
      score_groups<1>(head.q.data() + first * dim, head.scales.data() + first, dim, groups.data() + g,
                      scores + g * kGroupKeys);
    float before[kRows], factor[kRows];
    for (size_t r = 0; r < kRows; ++r) {
      float* row = scores + r * kBatchKeys;
      for (size_t i = 0; i < groups.size() && !(full && positions[first + r] >= last); ++i) {
        const int seen =
            std::clamp(positions[first + r] - groups[i]->position() + 1, 0, static_cast<int>(groups[i]->rows));
        std::fill(row + i * kGroupKeys + seen, row + (i + 1) * kGroupKeys, kUnseen);
      }
      auto maxima = hn::LoadU(df, row);
      for (size_t i = kLanes; i < keys; i += kLanes) maxima = hn::Max(maxima, hn::LoadU(df, row + i));
      const float highest = hn::ReduceMax(df, maxima);
      int16_t* weight = weights + r * kBatchKeys;
      before[r] = 1;
      factor[r] = 0;
      if (highest == kUnseen) {
        std::fill_n(weight, keys, int16_t{0});
        continue;
      }
      auto totals = hn::Zero(df);
      for (size_t i = 0; i < keys; i += kLanes) {
        const auto share = weight_of(df, hn::Sub(hn::LoadU(df, row + i), hn::Set(df, highest)));
        totals = hn::Add(totals, share);
        const auto rounded = hn::NearestInt(hn::Mul(share, hn::LoadU(df, factors + i)));
        hn::StoreU(hn::DemoteTo(half, rounded), half, weight + i);
      }
      float& so_far = head.highest[first + r];
      const float reference = std::max(so_far, highest);
      before[r] = highest > so_far ? std::exp2(so_far - highest) : 1.0f;
      const float scale = so_far > highest ? std::exp2(highest - so_far) : 1.0f;
      head.total[first + r] = head.total[first + r] * before[r] + hn::ReduceSum(df, totals) * scale;
      factor[r] = scale * largest / kMostWeight;
      so_far = reference;
    }
    float* sums = head.sums.data() + first * padded;
    size_t column = 0;
    for (; column + 2 * kLanes <= padded; column += 2 * kLanes)
      add_values<2>(weights, groups, padded, column, before, factor, sums);
    for (; column < padded; column += kLanes) add_values<1>(weights, groups, padded, column, before, factor, sums);
  }
}

// One run on its way through the keys.
struct Queries {
  const AttendSequence* run;
  std::vector<int> positions;  // of the rows; those that fill the last kRows up see nothing
  std::vector<Head> heads;
};

Queries make_queries(Tensor q, const AttendSequence& run, const AttendShape& shape) {
  constexpr float kLog2E = 1.44269504f;
  const size_t dim = static_cast<size_t>(shape.head_dim), padded = padded_dim(shape.head_dim);
  const size_t group_size = static_cast<size_t>(shape.heads / shape.kv_heads), count = run.positions.size();
  const size_t rows = (count + kRows - 1) / kRows * kRows;
  Queries queries{&run, {run.positions.begin(), run.positions.end()}, {}};
  queries.positions.resize(rows, std::numeric_limits<int>::min() / 2);
  std::vector<float> scaled(dim);
  std::vector<int16_t> whole(dim);
  for (size_t h = 0; h < group_size; ++h) {
    Head& head = queries.heads.emplace_back(std::vector<int16_t>(rows * dim), std::vector<float>(rows),
                                            std::vector<float>(rows, -std::numeric_limits<float>::infinity()),
                                            std::vector<float>(rows), std::vector<float>(rows * padded));
    for (size_t i = 0; i < count; ++i) {
      const float* from = q.row(run.first_row + static_cast<int64_t>(i)) + (run.kv_head * group_size + h) * dim;
      for (size_t c = 0; c < dim; ++c) scaled[c] = from[c] * shape.scale * kLog2E;
      head.scales[i] = shorten(scaled.data(), dim, whole.data());
      int16_t* to = head.q.data() + i / kRows * kRows * dim + i % kRows * 2;
      for (size_t c = 0; c < dim; ++c) to[c / 2 * 2 * kRows + c % 2] = whole[c];
    }
  }
  return queries;
}

// What any of the runs reads, each group once, ascending.
std::vector<Group> groups_of(std::span<const AttendSequence* const> runs) {
  std::vector<std::pair<Group, size_t>> all;
  for (size_t run = 0; run < runs.size(); ++run)
    for (const KvBlock& block : runs[run]->blocks)
      for (size_t first = 0; first < static_cast<size_t>(block.rows); first += kGroupKeys)
        all.push_back({{&block, first, std::min(kGroupKeys, static_cast<size_t>(block.rows) - first), {}, {}}, run});
  std::ranges::sort(all, {}, [](const auto& one) { return std::tuple(one.first.place(), one.second); });
  std::vector<Group> groups;
  for (auto& [group, run] : all) {
    if (groups.empty() || groups.back().place() != group.place()) {
      groups.push_back(std::move(group));
      groups.back().skip.resize(runs.size());
      groups.back().read.resize(runs.size());
    }
    groups.back().skip[run] = group.block->skip;
    groups.back().read[run] = true;
  }
  return groups;
}

void attend_runs_here(Tensor q, std::span<const AttendSequence* const> runs, const AttendShape& shape,
                      const float* k_bias, const RopeTable& table, Tensor out) {
  const size_t dim = static_cast<size_t>(shape.head_dim), padded = padded_dim(shape.head_dim);
  const size_t group_size = static_cast<size_t>(shape.heads / shape.kv_heads);
  const int kv_head = runs.front()->kv_head;
  std::vector<Queries> all;
  for (const AttendSequence* run : runs) all.push_back(make_queries(q, *run, shape));
  std::vector<Group> groups = groups_of(runs);
  const size_t key_size = dim * kGroupKeys, value_size = padded * kGroupKeys;
  std::vector<int16_t> made(kChunkGroups * (key_size + value_size)), work(value_size);
  std::vector<float> row(dim), scores(kRows * kBatchKeys);
  std::vector<int16_t> weights(kRows * kBatchKeys);
  std::vector<const Group*> batch;
  for (size_t first = 0; first < groups.size(); first += kChunkGroups) {
    const std::span chunk = std::span(groups).subspan(first, std::min(kChunkGroups, groups.size() - first));
    for (size_t g = 0; g < chunk.size(); ++g) {
      if (first + g + kAhead < groups.size()) {
        const Group& ahead = groups[first + g + kAhead];
        for (size_t next = ahead.first_row; next < ahead.first_row + ahead.rows; ++next)
          prefetch_row(*ahead.block, next, kv_head, dim, shape.kv_heads * dim);
      }
      chunk[g].keys = made.data() + g * (key_size + value_size);
      chunk[g].values = chunk[g].keys + key_size;
      make_group(chunk[g], kv_head, shape, k_bias, table, row.data(), work.data());
    }
    for (size_t run = 0; run < all.size(); ++run)
      for (size_t h = 0; h < group_size; ++h) {
        const auto flush = [&] {
          if (!batch.empty()) take_in(all[run].heads[h], batch, all[run].positions, dim, scores.data(), weights.data());
          batch.clear();
        };
        for (const Group& group : chunk) {
          if (!group.read[run] || (h < 32 && (group.skip[run] >> h & 1))) continue;
          batch.push_back(&group);
          if (batch.size() == kBatchGroups) flush();
        }
        flush();
      }
  }

  for (const Queries& queries : all)
    for (size_t h = 0; h < group_size; ++h)
      for (size_t i = 0; i < queries.run->positions.size(); ++i) {
        const Head& head = queries.heads[h];
        const float factor = head.total[i] > 0 ? 1.0f / head.total[i] : 0.0f;
        float* to = out.row(queries.run->first_row + static_cast<int64_t>(i)) + (kv_head * group_size + h) * dim;
        for (size_t c = 0; c < dim; ++c) to[c] = head.sums[i * padded + c] * factor;
      }
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace strata::cpu {
HWY_EXPORT(attend_runs_here);

void attend_runs(Tensor q, std::span<const AttendSequence* const> runs, const AttendShape& shape, const float* k_bias,
                 const RopeTable& table, Tensor out) {
  HWY_DYNAMIC_DISPATCH(attend_runs_here)(q, runs, shape, k_bias, table, out);
}
}  // namespace strata::cpu
#endif
