// SPDX-License-Identifier: Apache-2.0
#include "engine/compute/cpu/rows.h"

#include <cmath>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/compute/cpu/rows.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

#include "engine/compute/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {

void rms_norm_row(const float* x, const float* weight, float epsilon, size_t n, float* y) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d), sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + lanes);
    sum0 = hn::MulAdd(a, a, sum0);
    sum1 = hn::MulAdd(b, b, sum1);
  }
  for (; i < n; i += lanes) {
    const auto a = hn::LoadN(d, x + i, n - i);
    sum0 = hn::MulAdd(a, a, sum0);
  }
  const float mean = hn::ReduceSum(d, hn::Add(sum0, sum1)) / static_cast<float>(n);
  const auto factor = hn::Set(d, 1.0f / std::sqrt(mean + epsilon));
  for (i = 0; i < n; i += lanes) {
    const auto value = hn::Mul(hn::Mul(hn::LoadN(d, x + i, n - i), factor), hn::LoadN(d, weight + i, n - i));
    hn::StoreN(value, d, y + i, n - i);
  }
}

void add_row(float* x, const float* y, size_t n) {
  const hn::ScalableTag<float> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d))
    hn::StoreN(hn::Add(hn::LoadN(d, x + i, n - i), hn::LoadN(d, y + i, n - i)), d, x + i, n - i);
}

void silu_multiply_row(float* gate, const float* up, size_t n) {
  const hn::ScalableTag<float> d;
  const auto minus_log2_e = hn::Set(d, -1.44269504f), one = hn::Set(d, 1.0f);
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto g = hn::LoadN(d, gate + i, n - i);
    auto silu = hn::Div(g, hn::Add(one, exp2(d, hn::Mul(g, minus_log2_e))));
    silu = hn::IfThenZeroElse(hn::Lt(g, hn::Set(d, -87.0f)), silu);  // below 1e-36, where exp2 has reached its limit
    hn::StoreN(hn::Mul(silu, hn::LoadN(d, up + i, n - i)), d, gate + i, n - i);
  }
}

void to_f16_row(const float* x, size_t n, f16* y) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> d16;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
    hn::StoreU(hn::DemoteTo(d16, hn::LoadU(d, x + i)), d16, reinterpret_cast<hwy::float16_t*>(y + i));
  for (; i < n; ++i) y[i] = strata::to_f16(x[i]);
}

void rotate_heads_row(float* x, int heads, int head_dim, const float* cosine, const float* sine, int half,
                      bool interleaved) {
  for (int head = 0; head < heads; ++head) rotate_head(x + head * head_dim, cosine, sine, half, interleaved);
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace strata::cpu {
HWY_EXPORT(rms_norm_row);
HWY_EXPORT(add_row);
HWY_EXPORT(silu_multiply_row);
HWY_EXPORT(to_f16_row);
HWY_EXPORT(rotate_heads_row);

void rms_norm(const float* x, const float* weight, float epsilon, size_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(rms_norm_row)(x, weight, epsilon, n, y);
}
void add(float* x, const float* y, size_t n) { HWY_DYNAMIC_DISPATCH(add_row)(x, y, n); }
void silu_multiply(float* gate, const float* up, size_t n) { HWY_DYNAMIC_DISPATCH(silu_multiply_row)(gate, up, n); }
void to_f16(const float* x, size_t n, f16* y) { HWY_DYNAMIC_DISPATCH(to_f16_row)(x, n, y); }
void rotate_heads(float* x, int heads, int head_dim, const float* cosine, const float* sine, int half,
                  bool interleaved) {
  HWY_DYNAMIC_DISPATCH(rotate_heads_row)(x, heads, head_dim, cosine, sine, half, interleaved);
}
}  // namespace strata::cpu
#endif
