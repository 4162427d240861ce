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
  HWY_ALIGN uint8_t quants[kPrefillGroup / 4][kRows][4];
  HWY_ALIGN float scale[kRows];
};

// Columns [first, first + count) of one row, requantised into the panel.
template <typename Format>
HWY_INLINE void expand_row(const std::byte* row, int64_t first, int64_t count, int r, Panel& panel) {
  constexpr int kGroups = Format::kElements / 32, kPerGroup = Format::kSplit ? 2 : 1;
  const hn::FixedTag<float, 8> df;
  const hn::Rebind<int32_t, decltype(df)> di;
  const hn::Rebind<uint8_t, decltype(df)> d8;
  const auto* blocks = reinterpret_cast<const typename Format::Block*>(row);
  const int groups = static_cast<int>(count / 32);
  HWY_ALIGN float scale[2 * kPrefillGroup / 32], minimum[2 * kPrefillGroup / 32];
  const int64_t first_block = first / Format::kElements;
  for (int g = 0; g < groups; g += kGroups)
    Format::scales(blocks[first_block + g / kGroups], scale + g * kPerGroup, minimum + g * kPerGroup);
  float most = 0;  // a bound of |w| from the scales alone
  for (int i = 0; i < groups * kPerGroup; ++i)
    most = std::max({most, std::fabs(minimum[i]), std::fabs(scale[i] * Format::kMost + minimum[i])});
  const float inverse = most > 0 ? 127.0f / most : 0.0f;
  panel.scale[r] = most / 127.0f;
  for (int g = 0; g < groups; ++g) {
    HWY_ALIGN uint8_t q[32];
    hn::StoreU(Format::quants(blocks[first_block + g / kGroups], g % kGroups), Bytes(), q);
    HWY_ALIGN uint8_t out[32];
    for (int i = 0; i < 32; i += 8) {
      const int at = g * kPerGroup + (Format::kSplit ? i / 16 : 0);
      const auto w = hn::ConvertTo(df, hn::PromoteTo(di, hn::LoadU(d8, q + i)));
      const auto scaled = hn::MulAdd(w, hn::Set(df, scale[at] * inverse), hn::Set(df, minimum[at] * inverse + 128.0f));
      hn::StoreU(hn::DemoteTo(d8, hn::NearestInt(scaled)), d8, out + i);
    }
    for (int i = 0; i < 8; ++i) std::memcpy(panel.quants[g * 8 + i][r], out + 4 * i, 4);
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
    rows[i] = x.row(t + i) + group * kPrefillGroup;
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
      const int64_t column = group * kPrefillGroup, count = std::min(kPrefillGroup, weight.columns - column);
      for (int r = 0; r < kRows; ++r)
        expand_row<decltype(format)>(weight.row(first + r).data(), column, count, r, panel);
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
