// SPDX-License-Identifier: Apache-2.0
// Decode reads every weight once per token: memory bandwidth is the limit, so blocks become bytes in registers, are
// multiplied with the activations' bytes and never written back. `strata bench -p 0` shows the rate.
//   w = s q + m, so y = sum_g a_g (s_g sum(q x) + m_g sum(x)): the second part needs no weights.
// K formats (most of a model) keep scales as small integers, so a block of 256 is summed up in integers and becomes a
// float once: half the instructions of a conversion for every 32 weights, without which one core cannot keep up with
// its memory. A few rows of x share the unpacking.
#include "engine/compute/cpu/row_dot.h"

#include <array>

#define HWY_WANT_AVX3_DL 1  // the first instruction set with VNNI
#define HWY_DISABLED_TARGETS (HWY_AVX3 | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/compute/cpu/row_dot.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

#include "engine/compute/cpu/blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {

constexpr size_t kPrefetchDistance = 4096;  // bytes; 2048 is as good, 1024 a sixth slower

// Asks for bytes well before they are read: the processor's own prefetching stops at the end of every page and keeps
// too little in flight to hide the memory's latency (measured: 10.6 against 7 GB/s a core). Rows lie behind each other,
// so what follows a row is the next one's; behind the last row, asking does no harm.
template <size_t kBytes>
HWY_INLINE void prefetch_ahead(const void* block) {
  const auto* ahead = static_cast<const char*>(block) + kPrefetchDistance;
#pragma GCC unroll 4
  for (size_t i = 0; i < kBytes; i += 64) __builtin_prefetch(ahead + i);
}

// Dot products of a row of K blocks with rows t, t + 1, ... of x.
template <typename Format, int kTokens>
HWY_INLINE void k_row_dots(const std::byte* row, int64_t columns, const QuantizedX& x, int64_t t, float* out) {
  const hn::Repartition<int16_t, Wide> dw;
  const hn::Repartition<int32_t, Wide> di;
  const hn::Repartition<int8_t, Wide> d8;
  const hn::Rebind<float, decltype(di)> df;
  const hn::Repartition<int32_t, Words> dmi;
  const hn::Rebind<float, decltype(dmi)> dmf;
  // Byte pairs that pick the scales of kWideGroups groups out of those of four, two for each group.
  alignas(64) static constexpr auto kPick = [] {
    std::array<std::array<uint8_t, 64>, 4> pick{};
    for (size_t part = 0; part < 4 / kWideGroups; ++part)
      for (size_t i = 0; i < 64; ++i)
        pick[part][i] = static_cast<uint8_t>(2 * (2 * kWideGroups * part + i / 16 % (2 * kWideGroups)) + i % 2);
    return pick;
  }();
  const auto* block = reinterpret_cast<const typename Format::Block*>(row);
  const int8_t* values[kTokens];
  const float* x_scale[kTokens];
  const int16_t* x_sum[kTokens];
  hn::Vec<decltype(df)> totals[kTokens];
  hn::Vec<decltype(dmf)> minima[kTokens];
  for (int i = 0; i < kTokens; ++i) {
    values[i] = x.row(t + i);
    x_scale[i] = x.scales.data() + (t + i) * x.groups;
    x_sum[i] = x.sums.data() + (t + i) * (columns / 16);
    totals[i] = hn::Zero(df);
    minima[i] = hn::Zero(dmf);
  }
  for (int64_t b = 0; b < columns / Format::kElements; ++b, ++block) {
    prefetch_ahead<sizeof *block>(block);
    const IntegerScales scales = Format::integer_scales(*block);
    const auto words = hn::ResizeBitCast(dw, scales.scales);
    hn::Vec<decltype(di)> sums[kTokens];
    for (int i = 0; i < kTokens; ++i) sums[i] = hn::Zero(di);
    const auto four_groups = [&](int first, auto half) {
#pragma GCC unroll 4
      for (int g = 0; g < 4; g += kWideGroups) {
        const auto pick =
            hn::Load(hn::Repartition<uint8_t, Wide>(), kPick[static_cast<size_t>(g / kWideGroups)].data());
        const auto scale = hn::BitCast(dw, hn::TableLookupBytes(hn::BitCast(Wide(), half), pick));
        const auto quants = Format::wide_quants(*block, first + g);
#pragma GCC unroll 8
        for (int i = 0; i < kTokens; ++i) {
          const auto pairs = hn::SatWidenMulPairwiseAdd(dw, quants, hn::LoadU(d8, values[i] + 32 * (first + g)));
          add_word_products(di, pairs, scale, sums[i]);
        }
      }
    };
    four_groups(0, hn::BroadcastBlock<0>(words));
    four_groups(4, hn::BroadcastBlock<1>(words));
#pragma GCC unroll 8
    for (int i = 0; i < kTokens; ++i) {
      totals[i] = hn::MulAdd(hn::ConvertTo(df, sums[i]), hn::Set(df, scales.scale * x_scale[i][b]), totals[i]);
      const auto minimum = hn::WidenMulPairwiseAdd(dmi, scales.minima, hn::LoadU(Words(), x_sum[i] + 16 * b));
      minima[i] = hn::MulAdd(hn::ConvertTo(dmf, minimum), hn::Set(dmf, scales.minimum * x_scale[i][b]), minima[i]);
      values[i] += Format::kElements;
    }
  }
  for (int i = 0; i < kTokens; ++i) out[i] = hn::ReduceSum(df, totals[i]) + hn::ReduceSum(dmf, minima[i]);
}

// The same for a row of blocks of 32 weights.
template <typename Format, int kTokens>
HWY_INLINE void row_dots_of_32(const std::byte* row, int64_t columns, const QuantizedX& x, int64_t t, float* out) {
  const hn::FixedTag<float, 8> df;
  const hn::Rebind<int32_t, decltype(df)> di;
  const hn::Repartition<int8_t, decltype(di)> d8;
  const auto* block = reinterpret_cast<const typename Format::Block*>(row);
  hn::Vec<decltype(df)> totals[kTokens];
  float minima[kTokens] = {};
  for (int i = 0; i < kTokens; ++i) totals[i] = hn::Zero(df);
  for (int64_t b = 0; b < columns / 32; ++b, ++block) {
    if (b % 4 == 0) prefetch_ahead<4 * sizeof *block>(block);
    float scale, minimum;
    Format::scales(*block, &scale, &minimum);
    const auto quants = Format::quants(*block, 0);
#pragma GCC unroll 8
    for (int i = 0; i < kTokens; ++i) {
      const float x_scale = x.scales[(t + i) * x.groups + b];
      const int16_t* x_sum = x.sums.data() + (t + i) * (columns / 16) + 2 * b;
      auto dot = hn::Zero(di);
      add_products(di, quants, hn::LoadU(d8, x.row(t + i) + 32 * b), dot);
      totals[i] = hn::MulAdd(hn::ConvertTo(df, dot), hn::Set(df, scale * x_scale), totals[i]);
      minima[i] += minimum * x_scale * static_cast<float>(x_sum[0] + x_sum[1]);
    }
  }
  for (int i = 0; i < kTokens; ++i) out[i] = hn::ReduceSum(df, totals[i]) + minima[i];
}

template <int kTokens, typename Format>
HWY_INLINE void dots_of(Format, const CpuWeight& weight, int64_t r, const QuantizedX& x, int64_t t, Tensor y) {
  float out[kTokens];
  if constexpr (Format::kElements == 256)
    k_row_dots<Format, kTokens>(weight.row(r).data(), weight.columns, x, t, out);
  else
    row_dots_of_32<Format, kTokens>(weight.row(r).data(), weight.columns, x, t, out);
  for (int i = 0; i < kTokens; ++i) y.row(t + i)[r] = out[i];
}

bool row_dots_of(const CpuWeight& weight, int64_t first, int64_t last, const QuantizedX& x, Tensor y) {
  return with_format(weight.type, [&](auto format) {
    for (int64_t r = first; r < last; ++r) {
      int64_t t = 0;
      // As many rows of x as registers hold sums of, then what is left in few steps: each unpacks the weights again.
      if constexpr (HWY_TARGET <= HWY_AVX3)
        for (; t + 8 <= x.rows; t += 8) dots_of<8>(format, weight, r, x, t, y);
      for (; t + 4 <= x.rows; t += 4) dots_of<4>(format, weight, r, x, t, y);
      for (; t + 2 <= x.rows; t += 2) dots_of<2>(format, weight, r, x, t, y);
      for (; t < x.rows; ++t) dots_of<1>(format, weight, r, x, t, y);
    }
  });
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace strata::cpu {
HWY_EXPORT(row_dots_of);
bool row_dots(const CpuWeight& weight, int64_t first, int64_t last, const QuantizedX& x, Tensor y) {
  return HWY_DYNAMIC_DISPATCH(row_dots_of)(weight, first, last, x, y);
}
}  // namespace strata::cpu
#endif
