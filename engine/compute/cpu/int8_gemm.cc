// SPDX-License-Identifier: Apache-2.0
// Integer throughput (VNNI) is the limit. 64 rows of the weight are requantised, 256 columns at a time, to bytes with
// one scale for each row (16 kB: the first-level cache holds them) and multiplied with every token before the next 256
// columns are looked at. Requantising adds about a hundredth of the error that the block format itself made, as the
// scale is per 256 columns; one scale per row or token would lose the outliers that activations have. Weights are
// unsigned (q + 128) so that the signed activations can be the broadcast operand; the 128 is taken off by starting each
// sum at -128 * (sum of the activations).
#include "engine/compute/cpu/int8_gemm.h"

#define HWY_WANT_AVX3_DL 1  // the first instruction set with VNNI
#define HWY_DISABLED_TARGETS (HWY_AVX3 | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/compute/cpu/int8_gemm.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

#include "engine/compute/cpu/blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {

constexpr int64_t kRows = kPanelRows;

struct Panel {
  // [columns / 4][rows][4]: four columns of each row side by side, as VNNI adds them up.
  HWY_ALIGN uint8_t quants[kPanelColumns / 4][kRows][4];
  HWY_ALIGN float scale[kRows];
};

// 16 weights from their quants: the nearest bytes to q * scale + minimum + 128.
HWY_INLINE hn::Vec<HalfBytes> requantise(hn::Vec<HalfBytes> q, float scale, float minimum) {
  const hn::CappedTag<float, 16> df;
  const hn::Rebind<int32_t, decltype(df)> di;
  const hn::Rebind<uint8_t, decltype(df)> d8;
  constexpr size_t kLanes = HWY_MAX_LANES_D(decltype(df));
  alignas(16) uint8_t bytes[16];
  hn::Store(q, HalfBytes(), bytes);
  for (size_t i = 0; i < 16; i += kLanes) {
    const auto w = hn::ConvertTo(df, hn::PromoteTo(di, hn::LoadU(d8, bytes + i)));
    const auto scaled = hn::MulAdd(w, hn::Set(df, scale), hn::Set(df, minimum + 128.0f));
    hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(scaled)), d8, bytes + i);
  }
  return hn::Load(HalfBytes(), bytes);
}

// A group of 32 weights as bytes. Quants of 4 and 5 bits have so few values that those are requantised and looked up.
template <typename Format>
HWY_INLINE Quants requantised_group(const typename Format::Block& block, int group, const float* scale,
                                    const float* minimum) {
  const Quants q = Format::quants(block, group);
  const auto iota = hn::Iota(HalfBytes(), 0);
  if constexpr (Format::kMost <= 15) {
    const auto table = requantise(iota, scale[0], minimum[0]);
    return hn::TableLookupBytes(hn::Combine(Bytes(), table, table), q);
  } else if constexpr (Format::kMost <= 31) {
    const auto low = requantise(iota, scale[0], minimum[0]);
    const auto high = requantise(hn::Add(iota, hn::Set(HalfBytes(), 16)), scale[0], minimum[0]);
    return hn::TableLookupLanes(hn::Combine(Bytes(), high, low), hn::IndicesFromVec(Bytes(), q));
  } else {
    constexpr int kSecond = Format::kSplit ? 1 : 0;
    const auto low = requantise(hn::LowerHalf(HalfBytes(), q), scale[0], minimum[0]);
    const auto high = requantise(hn::UpperHalf(HalfBytes(), q), scale[kSecond], minimum[kSecond]);
    return hn::Combine(Bytes(), high, low);
  }
}

// The scales and minima of a row's groups in steps of its byte scale, which is returned.
template <typename Format>
HWY_INLINE float byte_scales(const typename Format::Block* blocks, int groups, float* scale, float* minimum) {
  constexpr int kGroups = Format::kElements / 32, kPerGroup = Format::kSplit ? 2 : 1;
  const hn::FixedTag<float, 8> df;
  const int count = groups * kPerGroup, padded = (count + 7) / 8 * 8;
  for (int g = 0; g < groups; g += kGroups)
    Format::scales(blocks[g / kGroups], scale + g * kPerGroup, minimum + g * kPerGroup);
  for (int i = count; i < padded; ++i) scale[i] = minimum[i] = 0;
  auto largest = hn::Zero(df);  // a bound of |w| from the scales alone
  for (int i = 0; i < padded; i += 8) {
    const auto m = hn::Load(df, minimum + i);
    const auto end = hn::MulAdd(hn::Load(df, scale + i), hn::Set(df, Format::kMost), m);
    largest = hn::Max(largest, hn::Max(hn::Abs(m), hn::Abs(end)));
  }
  const float most = hn::ReduceMax(df, largest);
  const auto inverse = hn::Set(df, most > 0 ? 127.0f / most : 0.0f);
  for (int i = 0; i < padded; i += 8) {
    hn::Store(hn::Mul(hn::Load(df, scale + i), inverse), df, scale + i);
    hn::Store(hn::Mul(hn::Load(df, minimum + i), inverse), df, minimum + i);
  }
  return most / 127.0f;
}

// Columns [first, first + count) of rows [row, row + 4) of the weight, requantised as rows r, r + 1, ... of the panel.
template <typename Format>
HWY_INLINE void expand_rows(const CpuWeight& weight, int64_t row, int64_t first, int64_t count, int r, Panel& panel) {
  constexpr int kGroups = Format::kElements / 32, kPerGroup = Format::kSplit ? 2 : 1, kScales = 2 * kPanelColumns / 32;
  const hn::Repartition<uint32_t, Bytes> d32;
  const hn::Repartition<uint64_t, Bytes> d64;
  const hn::Half<decltype(d32)> half;
  const int groups = static_cast<int>(count / 32);
  HWY_ALIGN float scale[4][kScales], minimum[4][kScales];
  const typename Format::Block* blocks[4];
  for (int i = 0; i < 4; ++i) {
    blocks[i] = reinterpret_cast<const typename Format::Block*>(weight.row(row + i).data()) + first / Format::kElements;
    // What this row holds for the next panel, by then in the cache: rows lie too far apart for the processor to guess.
    for (size_t byte = 0; byte < groups * sizeof(typename Format::Block) / kGroups; byte += 64)
      __builtin_prefetch(reinterpret_cast<const char*>(blocks[i] + groups / kGroups) + byte, 0, 2);
    panel.scale[r + i] = byte_scales<Format>(blocks[i], groups, scale[i], minimum[i]);
  }
  for (int g = 0; g < groups; ++g) {
    hn::Vec<decltype(d32)> w[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
      w[i] = hn::BitCast(d32, requantised_group<Format>(blocks[i][g / kGroups], g % kGroups, scale[i] + g * kPerGroup,
                                                        minimum[i] + g * kPerGroup));
    // Four columns of four rows are a 4 x 4 matrix of words in each half of the vectors: transposed, a store each.
    const auto low01 = hn::BitCast(d64, hn::InterleaveLower(d32, w[0], w[1]));
    const auto low23 = hn::BitCast(d64, hn::InterleaveLower(d32, w[2], w[3]));
    const auto high01 = hn::BitCast(d64, hn::InterleaveUpper(d32, w[0], w[1]));
    const auto high23 = hn::BitCast(d64, hn::InterleaveUpper(d32, w[2], w[3]));
    const auto store = [&](int column, auto words) {
      const auto four = hn::BitCast(d32, words);
      hn::StoreU(hn::LowerHalf(half, four), half, reinterpret_cast<uint32_t*>(panel.quants[g * 8 + column][r]));
      hn::StoreU(hn::UpperHalf(half, four), half, reinterpret_cast<uint32_t*>(panel.quants[g * 8 + column + 4][r]));
    };
    store(0, hn::InterleaveLower(d64, low01, low23));
    store(1, hn::InterleaveUpper(d64, low01, low23));
    store(2, hn::InterleaveLower(d64, high01, high23));
    store(3, hn::InterleaveUpper(d64, high01, high23));
  }
}

// kTokens rows of activations times the panel, added to y (or stored there, for the first columns).
template <int kTokens>
HWY_INLINE void multiply(const Panel& panel, int64_t count, const QuantizedX& x, int64_t group, int64_t t,
                         int64_t y_first, bool add, Tensor y) {
  const hn::CappedTag<int32_t, 16> di;
  const hn::Rebind<float, decltype(di)> df;
  const hn::Repartition<uint8_t, decltype(di)> d8;
  const hn::Repartition<int8_t, decltype(di)> ds8;
  constexpr int kLanes = HWY_MAX_LANES_D(decltype(di)), kVectors = static_cast<int>(kRows) / kLanes;
  // As many vectors of rows at once as registers hold beside kTokens accumulators each.
  constexpr int kBlock = HWY_TARGET <= HWY_AVX3 ? 4 : 1;
  const int8_t* rows[kTokens];
  float x_scale[kTokens];
  int32_t start[kTokens];
  for (int i = 0; i < kTokens; ++i) {
    rows[i] = x.row(t + i) + group * kPanelColumns;
    x_scale[i] = x.scales[(t + i) * x.groups + group];
    start[i] = -128 * x.totals[(t + i) * x.groups + group];
  }
  for (int v = 0; v < kVectors; v += kBlock) {
    hn::Vec<decltype(di)> sums[kTokens][kBlock];
#pragma GCC unroll 6
    for (int i = 0; i < kTokens; ++i) {
#pragma GCC unroll 4
      for (int k = 0; k < kBlock; ++k) sums[i][k] = hn::Set(di, start[i]);
    }
    for (int64_t c = 0; c < count / 4; ++c) {
      hn::Vec<decltype(d8)> w[kBlock];
#pragma GCC unroll 4
      for (int k = 0; k < kBlock; ++k) w[k] = hn::LoadU(d8, panel.quants[c][(v + k) * kLanes]);
#pragma GCC unroll 6
      for (int i = 0; i < kTokens; ++i) {
        int32_t four;
        std::memcpy(&four, rows[i] + 4 * c, 4);
        const auto a = hn::BitCast(ds8, hn::Set(di, four));
#pragma GCC unroll 4
        for (int k = 0; k < kBlock; ++k) add_products(di, w[k], a, sums[i][k]);
      }
    }
#pragma GCC unroll 6
    for (int i = 0; i < kTokens; ++i) {
#pragma GCC unroll 4
      for (int k = 0; k < kBlock; ++k) {
        float* out = y.row(t + i) + y_first + (v + k) * kLanes;
        const auto scale = hn::Mul(hn::LoadU(df, panel.scale + (v + k) * kLanes), hn::Set(df, x_scale[i]));
        const auto before = add ? hn::LoadU(df, out) : hn::Zero(df);
        hn::StoreU(hn::MulAdd(hn::ConvertTo(df, sums[i][k]), scale, before), df, out);
      }
    }
  }
}

bool int8_panel_of(const CpuWeight& weight, int64_t first, const QuantizedX& x, Tensor y) {
  return with_format(weight.type, [&](auto format) {
    Panel panel;
    for (int64_t group = 0; group < x.groups; ++group) {
      const int64_t column = group * kPanelColumns, count = std::min(kPanelColumns, weight.columns - column);
      for (int r = 0; r < kRows; r += 4) expand_rows<decltype(format)>(weight, first + r, column, count, r, panel);
      int64_t t = 0;
      for (; t + 6 <= x.rows; t += 6) multiply<6>(panel, count, x, group, t, first, group > 0, y);
      for (; t < x.rows; ++t) multiply<1>(panel, count, x, group, t, first, group > 0, y);
    }
  });
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace strata::cpu {
HWY_EXPORT(int8_panel_of);
bool int8_panel(const CpuWeight& weight, int64_t first, const QuantizedX& x, Tensor y) {
  return HWY_DYNAMIC_DISPATCH(int8_panel_of)(weight, first, x, y);
}
}  // namespace strata::cpu
#endif
