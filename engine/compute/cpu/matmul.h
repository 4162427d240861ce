// SPDX-License-Identifier: Apache-2.0
// Products of quantised weights with f32 activations on the CPU. Three ways to the same y = W x:
// - decode, few rows of x: reads the GGUF blocks once, straight from the mapped file; memory is the limit (row_dot.h)
// - int8, many rows: expands panels of W to int8 that stay in the L2 cache, products with VNNI (int8_gemm.h)
// - oneDNN, many rows: expands panels of W and calls a matmul primitive (panel_gemm.h): bf16 where there is AMX, f32
//   where there is no VNNI or exactness is asked for
// Weights are never held twice: nothing but the panel in work is ever expanded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/compute/ops.h"

namespace strata::cpu {

// A weight as the file holds it: row r is `row_bytes` bytes of whole blocks at blocks + r * row_bytes.
class CpuWeight : public Weight {
 public:
  std::span<const std::byte> blocks;  // inside the GgufFile's mapping, which must outlive the weight
  size_t row_bytes = 0;

  std::span<const std::byte> row(int64_t r) const { return blocks.subspan(r * row_bytes, row_bytes); }
};

// Errors: kUnsupported for a tensor that is not a matrix of whole blocks.
Result<std::unique_ptr<Weight>> prepare_weight(const GgufFile& file, const GgufTensor& tensor);

// Owns the scratch memory and the oneDNN primitives, cached by shape. One call at a time; parallel inside.
class MatmulEngine {
 public:
  MatmulEngine(int threads, Precision precision);
  ~MatmulEngine();

  // y_i = x W_i^T for every product; x is quantised or packed once for all of them.
  void multiply(Tensor x, std::span<const Product> products);
  std::string description() const;  // "int8 (AVX-512 VNNI)", "f32 (oneDNN), int8 decode"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// x[t] = row tokens[t] of the table. Tokens must lie inside the table.
void embed_rows(const CpuWeight& table, std::span<const int32_t> tokens, Tensor x);

}  // namespace strata::cpu
