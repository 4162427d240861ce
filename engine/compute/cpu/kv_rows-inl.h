// SPDX-License-Identifier: Apache-2.0
// Stored rows of keys and values as floats. Included once per instruction set, hence no ordinary include guard.
#if defined(STRATA_CPU_KV_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_CPU_KV_ROWS_INL_H
#undef STRATA_CPU_KV_ROWS_INL_H
#else
#define STRATA_CPU_KV_ROWS_INL_H
#endif

#include "engine/compute/cpu/vector_math-inl.h"
#include "engine/compute/ops.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {

// to = f32(from) + bias; `bias` may be null.
HWY_INLINE void expand(const f16* from, const float* bias, size_t n, float* to) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> d16;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto value = hn::PromoteTo(d, hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(from + i)));
    hn::StoreU(bias ? hn::Add(value, hn::LoadU(d, bias + i)) : value, d, to + i);
  }
  for (; i < n; ++i) to[i] = to_f32(from[i]) + (bias ? bias[i] : 0.0f);
}

// to = from * scale + bias, with a scale of each column, or the one there is; `bias` may be null.
template <bool kOneScale>
HWY_INLINE void expand(const int8_t* from, const f16* scales, const float* bias, size_t n, float* to) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> d16;
  const hn::Rebind<int8_t, decltype(d)> d8;
  const hn::RebindToSigned<decltype(d)> d32;
  const auto one = hn::Set(d, to_f32(*scales));
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto scale =
        kOneScale ? one : hn::PromoteTo(d, hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(scales + i)));
    const auto value = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, from + i)));
    hn::StoreU(hn::MulAdd(value, scale, bias ? hn::LoadU(d, bias + i) : hn::Zero(d)), d, to + i);
  }
  for (; i < n; ++i) to[i] = to_f32(scales[kOneScale ? 0 : i]) * from[i] + (bias ? bias[i] : 0.0f);
}

// Rows of one head lie far apart in memory, where the processor does not guess the next one. `width` of all heads.
HWY_INLINE void prefetch_row(const KvBlock& block, size_t row, size_t kv_head, size_t dim, size_t width) {
  const size_t size = block.k ? sizeof(f16) : 1, first = (row * width + kv_head * dim) * size;
  const auto* keys = block.k ? reinterpret_cast<const char*>(block.k) : reinterpret_cast<const char*>(block.rounded.k);
  const auto* values =
      block.v ? reinterpret_cast<const char*>(block.v) : reinterpret_cast<const char*>(block.rounded.v);
  for (size_t at = first; at < first + dim * size; at += 64) {
    __builtin_prefetch(keys + at);
    __builtin_prefetch(values + at);
  }
}

// What row `row` and those behind it need beside what is stored of them.
HWY_INLINE void prefetch_scales(const KvBlock& block, size_t row, size_t kv_head, size_t dim, const RopeTable& table) {
  const size_t half = static_cast<size_t>(table.dim) / 2, angles = (static_cast<size_t>(block.position) + row) * half;
  for (size_t i = 0; i < half; i += 64 / sizeof(float)) {
    __builtin_prefetch(table.cosine.data() + angles + i);
    __builtin_prefetch(table.sine.data() + angles + i);
  }
  if (block.k) return;
  for (size_t i = 0; i < dim; i += 64 / sizeof(f16)) __builtin_prefetch(block.rounded.k_scales + kv_head * dim + i);
  __builtin_prefetch(block.rounded.v_scales + row);
}

// to [dim] = rotate(key + bias), the key of row `row` of a block, whose first component of this head is number `at`.
HWY_INLINE void turned_key(const KvBlock& block, int row, size_t at, size_t dim, int kv_head, const float* bias,
                           const RopeTable& table, float* to) {
  if (block.k)
    expand(block.k + at, bias, dim, to);
  else
    expand<false>(block.rounded.k + at, block.rounded.k_scales + kv_head * dim, bias, dim, to);
  const size_t half = static_cast<size_t>(table.dim) / 2, angles = static_cast<size_t>(block.position + row) * half;
  rotate_head(to, table.cosine.data() + angles, table.sine.data() + angles, half, table.interleaved);
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // once per instruction set
