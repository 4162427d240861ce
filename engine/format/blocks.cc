// SPDX-License-Identifier: Apache-2.0
// Dequantisation, one function a format, written for clarity and for the compiler's vectoriser. Equal to the `gguf`
// package's bit for bit (tests/unit/format); the fast kernels of engine/compute/cpu are compared with this.
#include "engine/format/blocks.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/half.h"

namespace strata {
namespace {

constexpr std::pair<BlockType, BlockLayout> kLayouts[] = {
    {BlockType::kF32, {"F32", 1, 4}},       {BlockType::kF16, {"F16", 1, 2}},
    {BlockType::kQ4_0, {"Q4_0", 32, 18}},   {BlockType::kQ4_1, {"Q4_1", 32, 20}},
    {BlockType::kQ5_0, {"Q5_0", 32, 22}},   {BlockType::kQ5_1, {"Q5_1", 32, 24}},
    {BlockType::kQ8_0, {"Q8_0", 32, 34}},   {BlockType::kQ2_K, {"Q2_K", 256, 84}},
    {BlockType::kQ3_K, {"Q3_K", 256, 110}}, {BlockType::kQ4_K, {"Q4_K", 256, 144}},
    {BlockType::kQ5_K, {"Q5_K", 256, 176}}, {BlockType::kQ6_K, {"Q6_K", 256, 210}},
    {BlockType::kBF16, {"BF16", 1, 2}},
};

// Types that exist but are refused, for the message.
constexpr std::pair<uint32_t, const char*> kRefused[] = {
    {9, "Q8_1"},   {15, "Q8_K"},  {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"},
    {21, "IQ3_S"}, {22, "IQ2_S"}, {23, "IQ4_XS"},  {24, "I8"},     {25, "I16"},     {26, "I32"},   {27, "I64"},
    {28, "F64"},   {29, "IQ1_M"}, {34, "TQ1_0"},   {35, "TQ2_0"},  {39, "MXFP4"},   {40, "NVFP4"},
};

// The 6-bit scale and minimum of sub-block j (of 8) of Q4_K and Q5_K.
std::pair<uint8_t, uint8_t> scale_and_min(int j, const uint8_t* s) {
  if (j < 4) return {static_cast<uint8_t>(s[j] & 63), static_cast<uint8_t>(s[j + 4] & 63)};
  return {static_cast<uint8_t>((s[j + 4] & 15) | ((s[j - 4] >> 6) << 4)),
          static_cast<uint8_t>((s[j + 4] >> 4) | ((s[j] >> 6) << 4))};
}

void expand(const BlockQ4_0& b, float* y) {
  const float d = to_f32(b.d);
  for (int i = 0; i < 16; ++i) {
    y[i] = d * static_cast<float>((b.qs[i] & 15) - 8);
    y[i + 16] = d * static_cast<float>((b.qs[i] >> 4) - 8);
  }
}

void expand(const BlockQ4_1& b, float* y) {
  const float d = to_f32(b.d), m = to_f32(b.m);
  for (int i = 0; i < 16; ++i) {
    y[i] = d * static_cast<float>(b.qs[i] & 15) + m;
    y[i + 16] = d * static_cast<float>(b.qs[i] >> 4) + m;
  }
}

void expand(const BlockQ5_0& b, float* y) {
  const float d = to_f32(b.d);
  uint32_t high;
  std::memcpy(&high, b.qh, 4);
  for (int i = 0; i < 16; ++i) {
    y[i] = d * static_cast<float>(static_cast<int>((b.qs[i] & 15) | ((high >> i & 1) << 4)) - 16);
    y[i + 16] = d * static_cast<float>(static_cast<int>((b.qs[i] >> 4) | ((high >> (i + 16) & 1) << 4)) - 16);
  }
}

void expand(const BlockQ5_1& b, float* y) {
  const float d = to_f32(b.d), m = to_f32(b.m);
  uint32_t high;
  std::memcpy(&high, b.qh, 4);
  for (int i = 0; i < 16; ++i) {
    y[i] = d * static_cast<float>((b.qs[i] & 15) | ((high >> i & 1) << 4)) + m;
    y[i + 16] = d * static_cast<float>((b.qs[i] >> 4) | ((high >> (i + 16) & 1) << 4)) + m;
  }
}

void expand(const BlockQ8_0& b, float* y) {
  const float d = to_f32(b.d);
  for (int i = 0; i < 32; ++i) y[i] = d * static_cast<float>(b.qs[i]);
}

void expand(const BlockQ2_K& b, float* y) {
  const float d = to_f32(b.d), dmin = to_f32(b.dmin);
  for (int j = 0; j < 16; ++j) {  // 16 weights with one 4-bit scale and minimum
    const float scale = d * static_cast<float>(b.scales[j] & 15), min = dmin * static_cast<float>(b.scales[j] >> 4);
    const uint8_t* q = b.qs + 32 * (j / 8) + 16 * (j % 2);
    const int shift = 2 * (j / 2 % 4);
    for (int i = 0; i < 16; ++i) *y++ = scale * static_cast<float>(q[i] >> shift & 3) - min;
  }
}

void expand(const BlockQ3_K& b, float* y) {
  const float d = to_f32(b.d);
  for (int j = 0; j < 16; ++j) {  // 16 weights with one 6-bit scale
    const int low = j < 8 ? b.scales[j] & 15 : b.scales[j - 8] >> 4;
    const int high = b.scales[8 + j % 4] >> (2 * (j / 4)) & 3;
    const float scale = d * static_cast<float>((low | high << 4) - 32);
    const uint8_t* q = b.qs + 32 * (j / 8) + 16 * (j % 2);
    const uint8_t* mask = b.hmask + 16 * (j % 2);
    const int shift = 2 * (j / 2 % 4), bit = j / 2;
    for (int i = 0; i < 16; ++i)
      *y++ = scale * static_cast<float>((q[i] >> shift & 3) - ((mask[i] >> bit & 1) ? 0 : 4));
  }
}

void expand(const BlockQ4_K& b, float* y) {
  const float d = to_f32(b.d), dmin = to_f32(b.dmin);
  for (int j = 0; j < 8; ++j) {
    const auto [s, m] = scale_and_min(j, b.scales);
    const float scale = d * static_cast<float>(s), min = dmin * static_cast<float>(m);
    const uint8_t* q = b.qs + 32 * (j / 2);
    const int shift = 4 * (j % 2);
    for (int i = 0; i < 32; ++i) *y++ = scale * static_cast<float>(q[i] >> shift & 15) - min;
  }
}

void expand(const BlockQ5_K& b, float* y) {
  const float d = to_f32(b.d), dmin = to_f32(b.dmin);
  for (int j = 0; j < 8; ++j) {
    const auto [s, m] = scale_and_min(j, b.scales);
    const float scale = d * static_cast<float>(s), min = dmin * static_cast<float>(m);
    const uint8_t* q = b.qs + 32 * (j / 2);
    const int shift = 4 * (j % 2);
    for (int i = 0; i < 32; ++i)
      *y++ = scale * static_cast<float>((q[i] >> shift & 15) + ((b.qh[i] >> j & 1) << 4)) - min;
  }
}

void expand(const BlockQ6_K& b, float* y) {
  const float d = to_f32(b.d);
  for (int half = 0; half < 2; ++half) {
    for (int j = 0; j < 4; ++j) {  // 32 weights each: low nibble, low nibble, high nibble, high nibble
      const uint8_t* low = b.ql + 64 * half + 32 * (j % 2);
      const uint8_t* high = b.qh + 32 * half;
      const int8_t* scales = b.scales + 8 * half + 2 * j;
      for (int i = 0; i < 32; ++i) {
        const int q = (low[i] >> (4 * (j / 2)) & 15) | ((high[i] >> (2 * j) & 3) << 4);
        *y++ = d * static_cast<float>(scales[i / 16]) * static_cast<float>(q - 32);
      }
    }
  }
}

template <typename Block>
void expand_all(std::span<const std::byte> blocks, std::span<float> out, size_t elements) {
  const auto* block = reinterpret_cast<const Block*>(blocks.data());
  for (size_t i = 0; i < out.size(); i += elements) expand(*block++, out.data() + i);
}

template <typename Value>
void convert_all(std::span<const std::byte> values, std::span<float> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    Value value;
    std::memcpy(&value, values.data() + i * sizeof(Value), sizeof(Value));
    out[i] = to_f32(value);
  }
}

}  // namespace

std::optional<BlockLayout> block_layout(uint32_t type_id) {
  for (const auto& [type, layout] : kLayouts)
    if (static_cast<uint32_t>(type) == type_id) return layout;
  return std::nullopt;
}

BlockLayout block_layout(BlockType type) { return *block_layout(static_cast<uint32_t>(type)); }

std::string block_type_name(uint32_t type_id) {
  if (const auto layout = block_layout(type_id)) return layout->name;
  for (const auto& [id, name] : kRefused)
    if (id == type_id) return name;
  return "type " + std::to_string(type_id);
}

size_t block_bytes(BlockType type, size_t elements) {
  const BlockLayout layout = block_layout(type);
  return elements / layout.elements * layout.bytes;
}

void dequantize(BlockType type, std::span<const std::byte> blocks, std::span<float> out) {
  switch (type) {
    case BlockType::kF32: std::memcpy(out.data(), blocks.data(), out.size_bytes()); break;
    case BlockType::kF16: convert_all<f16>(blocks, out); break;
    case BlockType::kBF16: convert_all<bf16>(blocks, out); break;
    case BlockType::kQ4_0: expand_all<BlockQ4_0>(blocks, out, 32); break;
    case BlockType::kQ4_1: expand_all<BlockQ4_1>(blocks, out, 32); break;
    case BlockType::kQ5_0: expand_all<BlockQ5_0>(blocks, out, 32); break;
    case BlockType::kQ5_1: expand_all<BlockQ5_1>(blocks, out, 32); break;
    case BlockType::kQ8_0: expand_all<BlockQ8_0>(blocks, out, 32); break;
    case BlockType::kQ2_K: expand_all<BlockQ2_K>(blocks, out, 256); break;
    case BlockType::kQ3_K: expand_all<BlockQ3_K>(blocks, out, 256); break;
    case BlockType::kQ4_K: expand_all<BlockQ4_K>(blocks, out, 256); break;
    case BlockType::kQ5_K: expand_all<BlockQ5_K>(blocks, out, 256); break;
    case BlockType::kQ6_K: expand_all<BlockQ6_K>(blocks, out, 256); break;
  }
}

}  // namespace strata
