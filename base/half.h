// SPDX-License-Identifier: Apache-2.0
// IEEE half precision and bfloat16 as storage types. Conversions round to nearest even.
#pragma once

#include <bit>
#include <cstdint>

namespace strata {

using f16 = _Float16;

struct bf16 {
  uint16_t bits = 0;
};

inline float to_f32(f16 value) { return static_cast<float>(value); }
inline float to_f32(bf16 value) { return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16); }
inline f16 to_f16(float value) { return static_cast<f16>(value); }
inline bf16 to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<uint16_t>((bits >> 16) | 0x40u)};  // NaN stays NaN
  return {static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
}

}  // namespace strata
