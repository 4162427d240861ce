// SPDX-License-Identifier: Apache-2.0
// Decode reads every weight once per token: memory bandwidth is the limit, so blocks become bytes in registers, are
// multiplied with the activations' bytes (VNNI) and never written back. w = s q + m, so y = sum_g s_g a_g sum(q a) +
// sum_g m_g a_g sum(a): the second part needs no weights. `strata bench -p 0` shows the rate.
#include "engine/compute/cpu/row_dot.h"

#define HWY_WANT_AVX3_DL 1  // the first instruction set with VNNI
#define HWY_DISABLED_TARGETS (HWY_AVX3 | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/compute/cpu/row_dot.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

#include "engine/compute/cpu/blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {

template <typename Format>
float row_dot(const std::byte* row, int64_t columns, const QuantizedX& x, int64_t t) {
  constexpr int kGroups = Format::kElements / 32, kScales = Format::kSplit ? 2 * kGroups : kGroups;
  const hn::FixedTag<float, 8> df;
  const hn::FixedTag<float, 4> dh;
  const hn::Rebind<int32_t, decltype(df)> di;
  const hn::Repartition<int8_t, decltype(di)> d8;
  const auto* block = reinterpret_cast<const typename Format::Block*>(row);
  const int8_t* values = x.row(t);
  const float* x_scale = x.scales.data() + t * x.groups;
  const float* x_sum = x.sums.data() + t * (columns / 16);
  auto even = hn::Zero(df), odd = hn::Zero(df), minima = hn::Zero(df);
  float minimum_sum = 0;
  for (int64_t b = 0; b < columns / Format::kElements; ++b, ++block) {
    HWY_ALIGN float scale[kScales], minimum[kScales];
    Format::scales(*block, scale, minimum);
#pragma GCC unroll 8
    for (int g = 0; g < kGroups; ++g, values += 32) {
      auto dot = hn::Zero(di);
      add_products(di, Format::quants(*block, g), hn::LoadU(d8, values), dot);
      auto& sum = g % 2 ? odd : even;
      if constexpr (Format::kSplit) {
        const auto both =
            hn::Combine(df, hn::Set(dh, scale[2 * g + 1] * x_scale[g]), hn::Set(dh, scale[2 * g] * x_scale[g]));
        sum = hn::MulAdd(hn::ConvertTo(df, dot), both, sum);
      } else {
        sum = hn::MulAdd(hn::ConvertTo(df, dot), hn::Set(df, scale[g] * x_scale[g]), sum);
      }
    }
    if constexpr (Format::kSplit) {
      for (int i = 0; i < kScales; i += 8)
        minima = hn::MulAdd(hn::LoadU(df, minimum + i), hn::LoadU(df, x_sum + i), minima);
    } else if constexpr (kGroups == 8) {
      // Sums are of 16 columns: add neighbours to have those of 32.
      const auto a = hn::LoadU(df, x_sum), c = hn::LoadU(df, x_sum + 8);
      minima = hn::MulAdd(hn::LoadU(df, minimum), hn::Add(hn::ConcatEven(df, c, a), hn::ConcatOdd(df, c, a)), minima);
    } else {
      minimum_sum += minimum[0] * (x_sum[0] + x_sum[1]);
    }
    x_scale += kGroups;
    x_sum += 2 * kGroups;
  }
  return hn::ReduceSum(df, hn::Add(hn::Add(even, odd), minima)) + minimum_sum;
}

bool row_dots_of(const CpuWeight& weight, int64_t first, int64_t last, const QuantizedX& x, Tensor y) {
  return with_format(weight.type, [&](auto format) {
    for (int64_t r = first; r < last; ++r)
      for (int64_t t = 0; t < x.rows; ++t)
        y.row(t)[r] = row_dot<decltype(format)>(weight.row(r).data(), weight.columns, x, t);
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
