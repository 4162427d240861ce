// SPDX-License-Identifier: Apache-2.0
// The operations model families are written in. reference/ defines them (plain loops, f32 and f64 sums); cpu/ is
// compared with it on random shapes, and so will be cuda/. Activations are f32 row-major matrices [tokens, width] in
// device memory; weights stay in their quantised blocks. One thread at a time per Ops object; an implementation
// parallelises inside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/half.h"
#include "base/result.h"
#include "engine/format/gguf.h"

namespace strata {

// A view of f32 rows in the memory of the Ops that allocated it.
struct Tensor {
  float* data = nullptr;
  int64_t rows = 0;
  int64_t columns = 0;

  float* row(int64_t i) const { return data + i * columns; }
  int64_t size() const { return rows * columns; }
  Tensor first_rows(int64_t count) const { return {data, count, columns}; }
};

// A matrix [rows, columns] in quantised blocks, prepared for one Ops: y = W x has x [columns] and y [rows].
class Weight {
 public:
  virtual ~Weight() = default;
  BlockType type = BlockType::kF32;
  int64_t rows = 0;
  int64_t columns = 0;
};

struct Product {
  const Weight* weight;
  Tensor y;  // [x.rows, weight->rows]
};

// Rotation angles, [positions, rope_dim / 2] each; made by models/rope.h, f32 cosine and sine with scaling applied.
struct RopeTable {
  std::vector<float> cosine, sine;
  int dim = 0;               // rotated components per head; the rest passes through
  bool interleaved = false;  // pairs (2i, 2i+1) as in GGUF's llama; else (i, i + dim/2) as in qwen
  int positions() const { return dim == 0 ? 0 : static_cast<int>(cosine.size() / (dim / 2)); }
};

// Keys and values of one layer rounded to a byte: times a scale of each channel (keys) or row (values), see
// memory/kv_page.h.
struct RoundedRows {
  const int8_t* k = nullptr;  // [rows, kv_heads * head_dim]
  const int8_t* v = nullptr;
  const f16* k_scales = nullptr;  // [kv_heads * head_dim]
  const f16* v_scales = nullptr;  // [rows]
};

// `rows` consecutive rows of keys and values of one layer, keys before rotation and without bias: k, v [rows, kv_heads
// * head_dim] each, as f16, or `rounded` where these are null. Row i stands at position `position + i`.
// Bit h of `skip`: query head h of those that share a KV head has no need of these rows, and an implementation may
// leave them out for it.
struct KvBlock {
  const f16* k = nullptr;
  const f16* v = nullptr;
  int rows = 0;
  int position = 0;
  RoundedRows rounded = {};
  uint32_t skip = 0;
};

// One independent sequence of a batch: query rows [first_row, first_row + positions.size()) at these positions, and the
// keys it may see. A query at position p sees every key whose position is <= p. Blocks ascend in position.
// Where heads read different keys, a sequence is of one KV head and the query heads that share it.
struct AttendSequence {
  int first_row = 0;
  std::span<const int> positions;
  std::span<const KvBlock> blocks;
  int kv_head = -1;  // all of them
};

struct AttendShape {
  int heads = 0;
  int kv_heads = 0;
  int head_dim = 0;
  float scale = 1.0f;
};

class Ops {
 public:
  virtual ~Ops() = default;
  virtual std::string description() const = 0;  // "cpu: AVX-512 VNNI BF16, 2 threads, int8 prefill"
  virtual int threads() const { return 1; }     // of the host that work on one operation

  // Uninitialised rows, freed with the Ops or by release().
  virtual Tensor allocate(int64_t rows, int64_t columns) = 0;
  virtual void release(Tensor& tensor) = 0;
  virtual void upload(std::span<const float> from, Tensor to) = 0;
  virtual void download(Tensor from, std::span<float> to) = 0;

  // The tensor's blocks must outlive the weight unless the implementation repacked them (then it released the pages).
  virtual Result<std::unique_ptr<Weight>> prepare(const GgufFile& file, const GgufTensor& tensor) = 0;

  // x[t] = row tokens[t] of table
  virtual void embed(const Weight& table, std::span<const int32_t> tokens, Tensor x) = 0;
  // y[t] = x[t] / sqrt(mean(x[t]^2) + epsilon) * weight            RMSNorm, arXiv:1910.07467. x and y may be the same.
  // weight [columns] or, for per-head norms, [group] with columns a multiple of it: each group is normed on its own.
  virtual void rms_norm(Tensor x, std::span<const float> weight, float epsilon, Tensor y) = 0;
  // y_i[t] = W_i x[t] for every product; all share x, so it is quantised or packed once.
  virtual void matmul(Tensor x, std::span<const Product> products) = 0;
  // x[t] += bias
  virtual void add_bias(Tensor x, std::span<const float> bias) = 0;
  // x += y
  virtual void add(Tensor x, Tensor y) = 0;
  // gate = silu(gate) * up                                          SwiGLU, arXiv:2002.05202
  virtual void silu_multiply(Tensor gate, Tensor up) = 0;
  // rows[t] = f16(x[t])  (keys and values into their pages)
  virtual void store_rows(Tensor x, std::span<f16* const> rows) = 0;
  // x[t] of each head rotated to positions[t]                       RoPE, arXiv:2104.09864
  virtual void rope(Tensor x, std::span<const int> positions, int head_dim, const RopeTable& table) = 0;
  // out[t, h] = sum_r softmax_r(scale * q[t, h] . rotate(k[r] + k_bias)) v[r] over the visible rows r; query head h
  // reads KV head h / (heads / kv_heads) (GQA, arXiv:2305.13245). q, out [tokens, heads * head_dim], q already rotated;
  // k_bias [kv_heads * head_dim] or empty.
  virtual void attend(Tensor q, std::span<const AttendSequence> sequences, const AttendShape& shape,
                      std::span<const float> k_bias, const RopeTable& table, Tensor out) = 0;
  // out[i] += x[first + ...] summed over rows: sums[i] += sum of rows [begin_i, end_i) of x   (span embeddings)
  struct RowRange {
    int begin, end;
    float* sum;
  };
  virtual void sum_rows(Tensor x, std::span<const RowRange> ranges) = 0;
};

enum class Precision {
  kFast,   // int8 products where the machine has them
  kExact,  // f32 throughout; for `strata eval logits` and as the fallback
};

struct CpuOptions {
  int threads = 0;  // 0: physical cores
  Precision precision = Precision::kFast;
};

std::unique_ptr<Ops> make_reference_ops();
std::unique_ptr<Ops> make_cpu_ops(const CpuOptions& options);

}  // namespace strata
