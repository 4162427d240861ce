// SPDX-License-Identifier: Apache-2.0
// Sixteen neighbouring keys as columns, so that a vector holds one component of many keys. Stored rows are transposed
// as they are, in bytes or halves, and become floats behind that; all keys of a component are then rotated at once, by
// angles that are the first key's plus 0 .. 15 positions. So of the table of angles, which is larger than the keys,
// only one row in sixteen is read. Included once per instruction set, hence no ordinary include guard.
#if defined(STRATA_CPU_KEY_COLUMNS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_CPU_KEY_COLUMNS_INL_H
#undef STRATA_CPU_KEY_COLUMNS_INL_H
#else
#define STRATA_CPU_KEY_COLUMNS_INL_H
#endif

#include <cstdint>
#include <type_traits>

#include "engine/compute/cpu/kv_rows-inl.h"
#include "engine/compute/cpu/rope_steps.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {

// to[i * 16 + key] = rows[key * stride + i] for the components [0, dim) of `count` <= 16 keys; what is missing of them
// is undefined. `to` has room for whole vectors of components. A round of interleaving the rows of one half with those
// of the other moves the highest bit of a row's number behind those of the component's; four rounds move all of it.
template <typename T>
HWY_INLINE void transpose_sixteen(const T* rows, size_t stride, size_t count, size_t dim, T* to) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  constexpr size_t kBlock = 16 / sizeof(T);  // components in 128 bits, within which lanes are interleaved
  using V = hn::Vec<decltype(d)>;
  for (size_t first = 0; first < dim; first += hn::Lanes(d)) {
    const size_t rest = dim - first;
    V even[16], odd[16];
#pragma GCC unroll 16
    for (size_t key = 0; key < 16; ++key) {
      const T* from = rows + (key < count ? key : 0) * stride + first;
      even[key] = rest >= hn::Lanes(d) ? hn::LoadU(d, from) : hn::LoadN(d, from, rest);
    }
    const auto round = [&](const V* HWY_RESTRICT from, V* HWY_RESTRICT into) HWY_ATTR {
#pragma GCC unroll 8
      for (size_t i = 0; i < 8; ++i) {
        into[2 * i] = hn::InterleaveLower(d, from[i], from[i + 8]);
        into[2 * i + 1] = hn::InterleaveUpper(d, from[i], from[i + 8]);
      }
    };
    round(even, odd);
    round(odd, even);
    round(even, odd);
    round(odd, even);
    const hn::FixedTag<T, kBlock> d_block;
    T* const at = to + first * 16;
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; ++i) {
      T* const part = at + i * kBlock;
      if constexpr (HWY_MAX_LANES_D(decltype(d)) == kBlock) {
        hn::StoreU(even[i], d, part);
      } else {
        hn::StoreU(hn::ExtractBlock<0>(even[i]), d_block, part);
        hn::StoreU(hn::ExtractBlock<1>(even[i]), d_block, part + 16 * kBlock);
        if constexpr (HWY_MAX_LANES_D(decltype(d)) == 4 * kBlock) {
          hn::StoreU(hn::ExtractBlock<2>(even[i]), d_block, part + 32 * kBlock);
          hn::StoreU(hn::ExtractBlock<3>(even[i]), d_block, part + 48 * kBlock);
        }
      }
    }
  }
}

// to[i * stride + key] = component i of rotate(keys[first_row + key] + bias) for `count` <= 16 keys of one head.
template <typename T>
HWY_INLINE void key_columns(const KvBlock& block, const T* keys, size_t first_row, size_t count, size_t kv_head,
                            size_t width, size_t dim, const float* bias, const RopeTable& table, const RopeSteps& steps,
                            float* work, size_t stride, float* to) {
  constexpr bool kRounded = std::is_same_v<T, int8_t>;
  using Bits = std::conditional_t<kRounded, uint8_t, uint16_t>;
  const hn::CappedTag<float, 16> d;
  const hn::RebindToSigned<decltype(d)> d32;
  const hn::Rebind<int8_t, decltype(d)> d8;
  const hn::Rebind<hwy::float16_t, decltype(d)> d16;
  float* scales = work;
  float* biases = scales + dim;
  auto* columns = reinterpret_cast<Bits*>(biases + dim);
  if (kRounded) expand(block.rounded.k_scales + kv_head * dim, nullptr, dim, scales);
  if (bias)
    std::copy_n(bias, dim, biases);
  else
    std::fill_n(biases, dim, 0.0f);
  transpose_sixteen(reinterpret_cast<const Bits*>(keys + first_row * width + kv_head * dim), width, count, dim,
                    columns);

  const size_t half = static_cast<size_t>(table.dim) / 2;
  const float* cosine = table.cosine.data() + (static_cast<size_t>(block.position) + first_row) * half;
  const float* sine = table.sine.data() + (static_cast<size_t>(block.position) + first_row) * half;
  for (size_t lane = 0; lane < count; lane += hn::Lanes(d)) {
    const auto component = [&](size_t i) HWY_ATTR {
      const Bits* from = columns + i * 16 + lane;
      const auto offset = hn::Set(d, biases[i]);
      if constexpr (kRounded)
        return hn::MulAdd(hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, reinterpret_cast<const int8_t*>(from)))),
                          hn::Set(d, scales[i]), offset);
      else
        return hn::Add(hn::PromoteTo(d, hn::LoadU(d16, reinterpret_cast<const hwy::float16_t*>(from))), offset);
    };
    const auto store = [&](hn::Vec<decltype(d)> value, size_t i) HWY_ATTR {
      float* at = to + i * stride + lane;
      if (count == 16)
        hn::StoreU(value, d, at);
      else
        hn::StoreN(value, d, at, count - lane);
    };
    for (size_t i = 0; i < half; ++i) {
      const size_t one = table.interleaved ? 2 * i : i, other = table.interleaved ? 2 * i + 1 : half + i;
      const auto c_first = hn::Set(d, cosine[i]), s_first = hn::Set(d, sine[i]);
      const auto c_step = hn::LoadU(d, steps.cosine.data() + i * kSteps + lane);
      const auto s_step = hn::LoadU(d, steps.sine.data() + i * kSteps + lane);
      const auto c = hn::NegMulAdd(s_first, s_step, hn::Mul(c_first, c_step));
      const auto s = hn::MulAdd(s_first, c_step, hn::Mul(c_first, s_step));
      const auto a = component(one), b = component(other);
      store(hn::NegMulAdd(b, s, hn::Mul(a, c)), one);
      store(hn::MulAdd(a, s, hn::Mul(b, c)), other);
    }
    for (size_t i = 2 * half; i < dim; ++i) store(component(i), i);
  }
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // once per instruction set
