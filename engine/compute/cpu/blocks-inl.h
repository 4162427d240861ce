// SPDX-License-Identifier: Apache-2.0
// Blocks of a weight as vectors: w = scale * q + minimum with unsigned 8-bit q, 32 weights at a time. Included once per
// instruction set by the kernels (Highway). A format says how many weights share a scale (32, or 16: kSplit), its
// largest q, and how to read both. 256-bit vectors: a group is one of them. The K formats' blocks of 256 weights have
// small integers for scales and minima, times one float each: decode reads them as such, and as many weights at once
// as a vector holds.
#if defined(STRATA_BLOCKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef STRATA_BLOCKS_INL_H
#undef STRATA_BLOCKS_INL_H
#else
#define STRATA_BLOCKS_INL_H
#endif

#include <cstring>

#include "base/half.h"
#include "engine/format/blocks.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace strata::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::FixedTag<uint8_t, 32>;
using HalfBytes = hn::FixedTag<uint8_t, 16>;
using Quants = hn::Vec<Bytes>;
using Words = hn::FixedTag<int16_t, 16>;

HWY_INLINE Quants nibbles(const uint8_t* packed) {  // 16 low nibbles, then 16 high ones
  const auto both = hn::LoadU(HalfBytes(), packed);
  return hn::Combine(Bytes(), hn::ShiftRight<4>(both), hn::And(both, hn::Set(HalfBytes(), 15)));
}

HWY_INLINE Quants bit_as_16(const uint8_t* bits) {  // 32 bits, each to 0 or 16
  return hn::IfThenElseZero(hn::LoadMaskBits(Bytes(), bits), hn::Set(Bytes(), 16));
}

// Formats of one scale for 32 weights: the minimum is stored, or what the quants are short of (kZero).
template <typename BlockType, int kLargest, int kZero>
struct OneScale {
  using Block = BlockType;
  static constexpr int kElements = 32, kMost = kLargest;
  static constexpr bool kSplit = false;
  static HWY_INLINE void scales(const Block& b, float* scale, float* minimum) {
    *scale = to_f32(b.d);
    if constexpr (requires { b.m; })
      *minimum = to_f32(b.m);
    else
      *minimum = -kZero * *scale;
  }
};

struct FormatQ4_0 : OneScale<BlockQ4_0, 15, 8> {
  static HWY_INLINE Quants quants(const Block& b, int) { return nibbles(b.qs); }
};

struct FormatQ4_1 : OneScale<BlockQ4_1, 15, 0> {
  static HWY_INLINE Quants quants(const Block& b, int) { return nibbles(b.qs); }
};

struct FormatQ5_0 : OneScale<BlockQ5_0, 31, 16> {
  static HWY_INLINE Quants quants(const Block& b, int) { return hn::Or(nibbles(b.qs), bit_as_16(b.qh)); }
};

struct FormatQ5_1 : OneScale<BlockQ5_1, 31, 0> {
  static HWY_INLINE Quants quants(const Block& b, int) { return hn::Or(nibbles(b.qs), bit_as_16(b.qh)); }
};

struct FormatQ8_0 : OneScale<BlockQ8_0, 255, 128> {
  static HWY_INLINE Quants quants(const Block& b, int) {  // signed to unsigned: + 128
    return hn::Xor(hn::LoadU(Bytes(), reinterpret_cast<const uint8_t*>(b.qs)), hn::Set(Bytes(), 0x80));
  }
};

// Of a K block: w = scale * scales[i / 16] * q + minimum * minima[i / 16].
struct IntegerScales {
  hn::Vec<Words> scales, minima;
  float scale, minimum;
};

#if HWY_TARGET <= HWY_AVX3
using Wide = hn::FixedTag<uint8_t, 64>;
#else
using Wide = Bytes;
#endif
using WideQuants = hn::Vec<Wide>;
using WideWords = hn::Repartition<uint16_t, Wide>;
constexpr int kWideGroups = static_cast<int>(HWY_MAX_LANES_D(Wide)) / 32;

// `first` for the lower 32 bytes, `second` for the upper ones; where a vector has 32 only, whichever `part` says.
template <typename T, size_t kBytes>
struct PerGroup {
  alignas(64) T values[kBytes / sizeof(T)];
  constexpr PerGroup(T first, T second) {
    for (size_t i = 0; i < kBytes / sizeof(T); ++i) values[i] = i < kBytes / sizeof(T) / 2 ? first : second;
  }
};

// 32 bytes, in each half of the vector.
HWY_INLINE WideQuants load_wide(const uint8_t* from) {
  const auto bytes = hn::LoadU(Bytes(), from);
#if HWY_TARGET <= HWY_AVX3
  return hn::Combine(Wide(), bytes, bytes);
#else
  return bytes;
#endif
}

// Nibbles of groups `group` (even: low ones) and the next of Q4_K and Q5_K: 32 bytes hold two groups.
HWY_INLINE WideQuants wide_nibbles(const uint8_t* qs, int group) {
  const auto both = load_wide(qs + 32 * (group / 2));
  const auto mask = hn::Set(Wide(), 15);
#if HWY_TARGET <= HWY_AVX3
  static constexpr PerGroup<uint16_t, 64> kShifts(0, 4);
  const auto shifted = hn::Shr(hn::BitCast(WideWords(), both), hn::Load(WideWords(), kShifts.values));
  return hn::And(hn::BitCast(Wide(), shifted), mask);
#else
  return group % 2 ? hn::ShiftRight<4>(both) : hn::And(both, mask);
#endif
}

// Q4_K and Q5_K: eight 6-bit scales and eight minima in 12 bytes, unpacked four at a time.
template <typename Block>
HWY_INLINE void unpack_scales(const Block& b, uint32_t (&unpacked)[4]) {
  uint32_t packed[3];
  std::memcpy(packed, b.scales, sizeof packed);
  unpacked[0] = packed[0] & 0x3f3f3f3f;
  unpacked[1] = (packed[2] & 0x0f0f0f0f) | ((packed[0] >> 6 & 0x03030303) << 4);
  unpacked[2] = packed[1] & 0x3f3f3f3f;
  unpacked[3] = (packed[2] >> 4 & 0x0f0f0f0f) | ((packed[1] >> 6 & 0x03030303) << 4);
}

template <typename Block>
HWY_INLINE IntegerScales integer_scales_of_k_block(const Block& b) {
  uint32_t unpacked[4];
  unpack_scales(b, unpacked);
  const auto bytes = hn::LoadU(HalfBytes(), reinterpret_cast<const uint8_t*>(unpacked));  // eight scales, eight minima
  return {hn::PromoteTo(Words(), hn::InterleaveLower(HalfBytes(), bytes, bytes)),
          hn::PromoteTo(Words(), hn::InterleaveUpper(HalfBytes(), bytes, bytes)), to_f32(b.d), -to_f32(b.dmin)};
}

template <typename Block>
HWY_INLINE void scales_of_k_block(const Block& b, float* scale, float* minimum) {
  uint32_t unpacked[4];
  unpack_scales(b, unpacked);
  const hn::FixedTag<float, 8> df;
  const hn::Rebind<int32_t, decltype(df)> di;
  const hn::Rebind<uint8_t, decltype(df)> d8;
  const auto* bytes = reinterpret_cast<const uint8_t*>(unpacked);
  const auto values = [&](const uint8_t* from) { return hn::ConvertTo(df, hn::PromoteTo(di, hn::LoadU(d8, from))); };
  hn::StoreU(hn::Mul(values(bytes), hn::Set(df, to_f32(b.d))), df, scale);
  hn::StoreU(hn::Mul(values(bytes + 8), hn::Set(df, -to_f32(b.dmin))), df, minimum);
}

struct FormatQ4_K {
  using Block = BlockQ4_K;
  static constexpr int kElements = 256, kMost = 15;
  static constexpr bool kSplit = false;
  static HWY_INLINE void scales(const Block& b, float* scale, float* minimum) { scales_of_k_block(b, scale, minimum); }
  static HWY_INLINE IntegerScales integer_scales(const Block& b) { return integer_scales_of_k_block(b); }
  static HWY_INLINE Quants quants(const Block& b, int group) {
    const auto both = hn::LoadU(Bytes(), b.qs + 32 * (group / 2));
    return group % 2 ? hn::ShiftRight<4>(both) : hn::And(both, hn::Set(Bytes(), 15));
  }
  static HWY_INLINE WideQuants wide_quants(const Block& b, int group) { return wide_nibbles(b.qs, group); }
};

struct FormatQ5_K {
  using Block = BlockQ5_K;
  static constexpr int kElements = 256, kMost = 31;
  static constexpr bool kSplit = false;
  static HWY_INLINE void scales(const Block& b, float* scale, float* minimum) { scales_of_k_block(b, scale, minimum); }
  static HWY_INLINE IntegerScales integer_scales(const Block& b) { return integer_scales_of_k_block(b); }
  static HWY_INLINE Quants quants(const Block& b, int group) {
    const auto both = hn::LoadU(Bytes(), b.qs + 32 * (group / 2));
    const auto low = group % 2 ? hn::ShiftRight<4>(both) : hn::And(both, hn::Set(Bytes(), 15));
    const auto bit = hn::Set(Bytes(), static_cast<uint8_t>(1 << group));
    return hn::Or(low, hn::IfThenElseZero(hn::TestBit(hn::LoadU(Bytes(), b.qh), bit), hn::Set(Bytes(), 16)));
  }
  static HWY_INLINE WideQuants wide_quants(const Block& b, int group) {
    static constexpr PerGroup<uint8_t, 64> kBits[4] = {{1, 2}, {4, 8}, {16, 32}, {64, 128}};
    const auto bit = hn::LoadU(Wide(), kBits[group / 2].values + (kWideGroups == 1 && group % 2 ? 32 : 0));
    const auto high = hn::IfThenElseZero(hn::TestBit(load_wide(b.qh), bit), hn::Set(Wide(), 16));
    return hn::Or(wide_nibbles(b.qs, group), high);
  }
};

struct FormatQ6_K {
  using Block = BlockQ6_K;
  static constexpr int kElements = 256, kMost = 63;
  static constexpr bool kSplit = true;
  static HWY_INLINE void scales(const Block& b, float* scale, float* minimum) {
    const hn::FixedTag<float, 8> df;
    const hn::Rebind<int32_t, decltype(df)> di;
    const hn::Rebind<int8_t, decltype(df)> d8;
    for (int i = 0; i < 16; i += 8) {
      const auto s =
          hn::Mul(hn::ConvertTo(df, hn::PromoteTo(di, hn::LoadU(d8, b.scales + i))), hn::Set(df, to_f32(b.d)));
      hn::StoreU(s, df, scale + i);
      hn::StoreU(hn::Mul(s, hn::Set(df, -32.0f)), df, minimum + i);
    }
  }
  static HWY_INLINE Quants quants(const Block& b, int group) {
    const int half = group / 4, j = group % 4;
    const auto both = hn::LoadU(Bytes(), b.ql + 64 * half + 32 * (j % 2));
    const auto low = j / 2 ? hn::ShiftRight<4>(both) : hn::And(both, hn::Set(Bytes(), 15));
    const auto two = hn::And(hn::ShiftRightSame(hn::LoadU(Bytes(), b.qh + 32 * half), 2 * j), hn::Set(Bytes(), 3));
    return hn::Or(low, hn::ShiftLeft<4>(two));
  }
  static HWY_INLINE IntegerScales integer_scales(const Block& b) {
    const auto words = hn::PromoteTo(Words(), hn::LoadU(hn::FixedTag<int8_t, 16>(), b.scales));
    return {words, words, to_f32(b.d), -32.0f * to_f32(b.d)};
  }
  static HWY_INLINE WideQuants wide_quants(const Block& b, int group) {
#if HWY_TARGET <= HWY_AVX3
    // Groups 0 and 1 of a half are low nibbles with bits 0-1 and 2-3 of qh; 2 and 3 are high ones with bits 4-5 and
    // 6-7.
    const int half = group / 4;
    const auto nibbles = hn::LoadU(Wide(), b.ql + 64 * half);
    const auto bits = hn::BitCast(WideWords(), load_wide(b.qh + 32 * half));
    static constexpr PerGroup<uint16_t, 64> kUp(4, 2), kDown(0, 2);
    const auto two = group % 4 == 0 ? hn::Shl(bits, hn::Load(WideWords(), kUp.values))
                                    : hn::Shr(bits, hn::Load(WideWords(), kDown.values));
    const auto low = group % 4 == 0 ? nibbles : hn::ShiftRight<4>(nibbles);
    return hn::Or(hn::And(low, hn::Set(Wide(), 15)), hn::And(hn::BitCast(Wide(), two), hn::Set(Wide(), 0x30)));
#else
    return quants(b, group);
#endif
  }
};

// sum += the products of four neighbouring bytes. Written out for AVX-512, as GCC 14 otherwise copies every accumulator
// to another register and back around the instruction, which halves the speed (perf annotate of `strata bench -n 0`).
template <class D, class W, class A, class V>
HWY_INLINE void add_products([[maybe_unused]] D di, W w, A a, V& sum) {
#if HWY_TARGET <= HWY_AVX3_DL
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(w.raw), "v"(a.raw));
#else
  sum = hn::SumOfMulQuadAccumulate(di, w, a, sum);
#endif
}

// sum += the products of two neighbouring words; written out for the same reason.
template <class D, class W, class V>
HWY_INLINE void add_word_products([[maybe_unused]] D di, W a, W b, V& sum) {
#if HWY_TARGET <= HWY_AVX3_DL
  asm("vpdpwssd %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
#else
  sum = hn::Add(sum, hn::WidenMulPairwiseAdd(di, a, b));
#endif
}

// Calls work(Format()) for the weight's type; false if it has no vector format.
template <typename Work>
HWY_INLINE bool with_format(BlockType type, const Work& work) {
  switch (type) {
    case BlockType::kQ4_0: work(FormatQ4_0()); return true;
    case BlockType::kQ4_1: work(FormatQ4_1()); return true;
    case BlockType::kQ5_0: work(FormatQ5_0()); return true;
    case BlockType::kQ5_1: work(FormatQ5_1()); return true;
    case BlockType::kQ8_0: work(FormatQ8_0()); return true;
    case BlockType::kQ4_K: work(FormatQ4_K()); return true;
    case BlockType::kQ5_K: work(FormatQ5_K()); return true;
    case BlockType::kQ6_K: work(FormatQ6_K()); return true;
    default: return false;
  }
}

}  // namespace strata::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
