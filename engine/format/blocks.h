// SPDX-License-Identifier: Apache-2.0
// The quantised block formats of GGUF that Strata reads. A row of a weight is a whole number of blocks; a block holds
// `elements` weights in `bytes` bytes. Layouts: the GGUF specification and ggml's quantisation formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace strata {

// Values are GGUF's type ids.
enum class BlockType : uint32_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ2_K = 10,
  kQ3_K = 11,
  kQ4_K = 12,
  kQ5_K = 13,
  kQ6_K = 14,
  kBF16 = 30,
};

struct BlockLayout {
  const char* name;
  size_t elements;
  size_t bytes;
};

// Nothing for a type Strata cannot read.
std::optional<BlockLayout> block_layout(uint32_t type_id);
BlockLayout block_layout(BlockType type);
// The type's name in GGUF, also for those that Strata refuses ("IQ1_S", or "type 99").
std::string block_type_name(uint32_t type_id);
// Bytes of `elements` weights; elements must be whole blocks.
size_t block_bytes(BlockType type, size_t elements);

// out[i] = the weight's value, f32. `blocks` holds exactly out.size() weights (whole blocks).
void dequantize(BlockType type, std::span<const std::byte> blocks, std::span<float> out);

// Byte layouts, little endian, used by the kernels. Fields as in ggml-common.h.
#pragma pack(push, 1)
struct BlockQ4_0 {
  _Float16 d;
  uint8_t qs[16];
};
struct BlockQ4_1 {
  _Float16 d, m;
  uint8_t qs[16];
};
struct BlockQ5_0 {
  _Float16 d;
  uint8_t qh[4];
  uint8_t qs[16];
};
struct BlockQ5_1 {
  _Float16 d, m;
  uint8_t qh[4];
  uint8_t qs[16];
};
struct BlockQ8_0 {
  _Float16 d;
  int8_t qs[32];
};
struct BlockQ2_K {
  uint8_t scales[16];
  uint8_t qs[64];
  _Float16 d, dmin;
};
struct BlockQ3_K {
  uint8_t hmask[32];
  uint8_t qs[64];
  uint8_t scales[12];
  _Float16 d;
};
struct BlockQ4_K {
  _Float16 d, dmin;
  uint8_t scales[12];
  uint8_t qs[128];
};
struct BlockQ5_K {
  _Float16 d, dmin;
  uint8_t scales[12];
  uint8_t qh[32];
  uint8_t qs[128];
};
struct BlockQ6_K {
  uint8_t ql[128];
  uint8_t qh[64];
  int8_t scales[16];
  _Float16 d;
};
#pragma pack(pop)

}  // namespace strata
