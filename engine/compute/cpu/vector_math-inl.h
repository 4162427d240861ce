// SPDX-License-Identifier: Apache-2.0
// Vector functions that several kernels share. Included once per instruction set, hence no ordinary include guard.
#if defined(STRATA_CPU_VECTOR_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_CPU_VECTOR_MATH_INL_H
#undef STRATA_CPU_VECTOR_MATH_INL_H
#else
#define STRATA_CPU_VECTOR_MATH_INL_H
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 2^x, relative error below 2^-22; 0 below the smallest normal number, and x above 127 counts as 127.
// 2^x = 2^n 2^f with n the nearest integer: n goes into the exponent, |f| <= 1/2 into the Taylor series of exp(f ln 2),
// whose first omitted term is (ln 2 / 2)^8 / 8! = 5e-9.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp2(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto vanishes = hn::Lt(x, hn::Set(d, -126.0f));
  x = hn::Min(hn::Max(x, hn::Set(d, -126.0f)), hn::Set(d, 127.0f));
  const V n = hn::Round(x);
  const V f = hn::Sub(x, n);
  V p = hn::Set(d, 1.5252733804e-5f);
  p = hn::MulAdd(p, f, hn::Set(d, 1.5403530393e-4f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.3333558147e-3f));
  p = hn::MulAdd(p, f, hn::Set(d, 9.6181291076e-3f));
  p = hn::MulAdd(p, f, hn::Set(d, 5.5504108665e-2f));
  p = hn::MulAdd(p, f, hn::Set(d, 2.4022650696e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 6.9314718056e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.0f));
  const auto scaled = hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(hn::ConvertTo(di, n)));
  return hn::IfThenZeroElse(vanishes, hn::BitCast(d, scaled));
}

// Rotates the first 2 * half components of one head by the angles of a position. The tail of a vector is done alone.
HWY_INLINE void rotate_head(float* head, const float* cosine, const float* sine, size_t half, bool interleaved) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= half; i += lanes) {
    const auto c = hn::LoadU(d, cosine + i), s = hn::LoadU(d, sine + i);
    hn::Vec<decltype(d)> a, b;
    if (interleaved) {
      hn::LoadInterleaved2(d, head + 2 * i, a, b);
    } else {
      a = hn::LoadU(d, head + i);
      b = hn::LoadU(d, head + half + i);
    }
    const auto first = hn::NegMulAdd(b, s, hn::Mul(a, c));
    const auto second = hn::MulAdd(a, s, hn::Mul(b, c));
    if (interleaved) {
      hn::StoreInterleaved2(first, second, d, head + 2 * i);
    } else {
      hn::StoreU(first, d, head + i);
      hn::StoreU(second, d, head + half + i);
    }
  }
  for (; i < half; ++i) {
    float& a = head[interleaved ? 2 * i : i];
    float& b = head[interleaved ? 2 * i + 1 : half + i];
    const float first = a * cosine[i] - b * sine[i];
    b = a * sine[i] + b * cosine[i];
    a = first;
  }
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // once per instruction set
