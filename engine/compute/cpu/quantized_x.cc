// SPDX-License-Identifier: Apache-2.0
// A tenth of the time of prefill, were it not for vectors: every activation that enters a product passes here.
#include "engine/compute/cpu/quantized_x.h"

#include <algorithm>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/compute/cpu/quantized_x.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void quantize_row_here(const float* x, int64_t r, QuantizedX& to) {
  const hn::CappedTag<float, 16> d;
  const hn::Rebind<int32_t, decltype(d)> di;
  const hn::Rebind<int8_t, decltype(d)> d8;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int8_t* out = to.values.data() + r * to.columns;
  int16_t* sums = to.sums.data() + r * (to.columns / 16);
  for (int64_t g = 0; g < to.groups; ++g) {
    const int64_t first = g * to.group, last = std::min(to.columns, first + to.group);
    auto largest = hn::Zero(d);
    for (int64_t i = first; i < last; i += lanes) largest = hn::Max(largest, hn::Abs(hn::LoadU(d, x + i)));
    const float most = hn::ReduceMax(d, largest);
    const auto inverse = hn::Set(d, most > 0 ? 127.0f / most : 0.0f);
    int32_t total = 0;
    for (int64_t i = first; i < last; i += 16) {
      auto sum = hn::Zero(di);
      for (int64_t k = i; k < i + 16; k += lanes) {
        const auto value = hn::NearestInt(hn::Mul(hn::LoadU(d, x + k), inverse));
        hn::StoreU(hn::DemoteTo(d8, value), d8, out + k);
        sum = hn::Add(sum, value);
      }
      const int32_t of_16 = hn::ReduceSum(di, sum);
      sums[i / 16] = static_cast<int16_t>(of_16);
      total += of_16;
    }
    to.scales[r * to.groups + g] = most / 127.0f;
    to.totals[r * to.groups + g] = total;
  }
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace strata::cpu {
HWY_EXPORT(quantize_row_here);
void QuantizedX::quantize_row(const float* x, int64_t r) { HWY_DYNAMIC_DISPATCH(quantize_row_here)(x, r, *this); }
}  // namespace strata::cpu
#endif
