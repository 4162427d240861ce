// SPDX-License-Identifier: Apache-2.0
// What every operation of ops.h means: plain loops in f32 with f64 sums. Tests compare the fast implementations with
// it, and `--reference` runs whole models on it. Nothing here is meant to be fast.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "engine/compute/ops.h"

namespace strata {
namespace {

// A weight as the file holds it; rows are expanded by dequantize() when they are read.
class ReferenceWeight : public Weight {
 public:
  std::span<const std::byte> blocks;

  void read_row(int64_t row, std::span<float> out) const {
    const size_t row_bytes = block_bytes(type, columns);
    dequantize(type, blocks.subspan(row * row_bytes, row_bytes), out);
  }
};

// Rotates the first table.dim components of one head to `position`.
void rotate(std::span<float> head, int position, const RopeTable& table) {
  const int half = table.dim / 2;
  for (int i = 0; i < half; ++i) {
    const int first = table.interleaved ? 2 * i : i;
    const int second = table.interleaved ? 2 * i + 1 : i + half;
    const double cosine = table.cosine[static_cast<size_t>(position) * half + i];
    const double sine = table.sine[static_cast<size_t>(position) * half + i];
    const double a = head[first], b = head[second];
    head[first] = static_cast<float>(a * cosine - b * sine);
    head[second] = static_cast<float>(a * sine + b * cosine);
  }
}

class ReferenceOps : public Ops {
 public:
  std::string description() const override { return "reference: plain loops, 1 thread"; }

  Tensor allocate(int64_t rows, int64_t columns) override {
    std::vector<float> memory(rows * columns + 1);
    float* data = memory.data();
    memory_.emplace(data, std::move(memory));
    return {data, rows, columns};
  }

  void release(Tensor& tensor) override {
    memory_.erase(tensor.data);
    tensor = {};
  }

  void upload(std::span<const float> from, Tensor to) override { std::ranges::copy(from, to.data); }
  void download(Tensor from, std::span<float> to) override { std::copy_n(from.data, to.size(), to.begin()); }

  Result<std::unique_ptr<Weight>> prepare(const GgufFile& file, const GgufTensor& tensor) override {
    if (tensor.columns() % block_layout(tensor.type).elements != 0)
      return fail(ErrorKind::kUnsupported,
                  file.path().string() + ": rows of tensor " + tensor.name + " are not whole blocks");
    auto weight = std::make_unique<ReferenceWeight>();
    weight->type = tensor.type;
    weight->rows = static_cast<int64_t>(tensor.rows());
    weight->columns = static_cast<int64_t>(tensor.columns());
    weight->blocks = tensor.data;
    return weight;
  }

  void embed(const Weight& table, std::span<const int32_t> tokens, Tensor x) override {
    for (size_t t = 0; t < tokens.size(); ++t)
      static_cast<const ReferenceWeight&>(table).read_row(tokens[t], {x.row(t), static_cast<size_t>(x.columns)});
  }

  void rms_norm(Tensor x, std::span<const float> weight, float epsilon, Tensor y) override {
    const int64_t group = static_cast<int64_t>(weight.size());
    for (int64_t begin = 0; begin < x.size(); begin += group) {
      double squares = 0;
      for (int64_t i = 0; i < group; ++i) squares += static_cast<double>(x.data[begin + i]) * x.data[begin + i];
      const double factor = 1.0 / std::sqrt(squares / static_cast<double>(group) + epsilon);
      for (int64_t i = 0; i < group; ++i)
        y.data[begin + i] = static_cast<float>(x.data[begin + i] * factor * weight[i]);
    }
  }

  void matmul(Tensor x, std::span<const Product> products) override {
    std::vector<float> row(x.columns);
    for (const Product& product : products) {
      const auto& weight = static_cast<const ReferenceWeight&>(*product.weight);
      for (int64_t r = 0; r < weight.rows; ++r) {
        weight.read_row(r, row);
        for (int64_t t = 0; t < x.rows; ++t) {
          double sum = 0;
          for (int64_t c = 0; c < x.columns; ++c) sum += static_cast<double>(row[c]) * x.row(t)[c];
          product.y.row(t)[r] = static_cast<float>(sum);
        }
      }
    }
  }

  void add_bias(Tensor x, std::span<const float> bias) override {
    for (int64_t t = 0; t < x.rows; ++t)
      for (int64_t c = 0; c < x.columns; ++c) x.row(t)[c] += bias[c];
  }

  void add(Tensor x, Tensor y) override {
    for (int64_t i = 0; i < x.size(); ++i) x.data[i] += y.data[i];
  }

  void silu_multiply(Tensor gate, Tensor up) override {
    for (int64_t i = 0; i < gate.size(); ++i) {
      const double g = gate.data[i];
      gate.data[i] = static_cast<float>(g / (1.0 + std::exp(-g)) * up.data[i]);
    }
  }

  void store_rows(Tensor x, std::span<f16* const> rows) override {
    for (int64_t t = 0; t < x.rows; ++t)
      for (int64_t c = 0; c < x.columns; ++c) rows[t][c] = to_f16(x.row(t)[c]);
  }

  void rope(Tensor x, std::span<const int> positions, int head_dim, const RopeTable& table) override {
    for (int64_t t = 0; t < x.rows; ++t)
      for (int64_t begin = 0; begin < x.columns; begin += head_dim)
        rotate({x.row(t) + begin, static_cast<size_t>(head_dim)}, positions[t], table);
  }

  void attend(Tensor q, std::span<const AttendSequence> sequences, const AttendShape& shape,
              std::span<const float> k_bias, const RopeTable& table, Tensor out) override {
    const int group = shape.heads / shape.kv_heads;
    const size_t dim = shape.head_dim;
    for (const AttendSequence& sequence : sequences) {
      for (int kv_head = 0; kv_head < shape.kv_heads; ++kv_head) {
        if (sequence.kv_head >= 0 && sequence.kv_head != kv_head) continue;
        std::vector<float> keys, values;
        std::vector<int> key_positions;
        for (const KvBlock& block : sequence.blocks) {
          for (int r = 0; r < block.rows; ++r) {
            const size_t at = (static_cast<size_t>(r) * shape.kv_heads + kv_head) * dim;
            for (size_t c = 0; c < dim; ++c) {
              const RoundedRows& small = block.rounded;
              const float key =
                  block.k ? to_f32(block.k[at + c]) : to_f32(small.k_scales[kv_head * dim + c]) * small.k[at + c];
              keys.push_back(key + (k_bias.empty() ? 0.0f : k_bias[kv_head * dim + c]));
              values.push_back(block.v ? to_f32(block.v[at + c]) : to_f32(small.v_scales[r]) * small.v[at + c]);
            }
            key_positions.push_back(block.position + r);
            rotate(std::span(keys).last(dim), key_positions.back(), table);
          }
        }
        for (size_t i = 0; i < sequence.positions.size(); ++i) {
          for (int head = kv_head * group; head < (kv_head + 1) * group; ++head) {
            const float* query = q.row(sequence.first_row + i) + head * dim;
            std::vector<double> logits(key_positions.size(), -std::numeric_limits<double>::infinity());
            double highest = -std::numeric_limits<double>::infinity();
            for (size_t r = 0; r < logits.size(); ++r) {
              if (key_positions[r] > sequence.positions[i]) continue;
              double dot = 0;
              for (size_t c = 0; c < dim; ++c) dot += static_cast<double>(query[c]) * keys[r * dim + c];
              logits[r] = dot * shape.scale;
              highest = std::max(highest, logits[r]);
            }
            std::vector<double> sums(dim, 0.0);
            double total = 0;
            for (size_t r = 0; r < logits.size(); ++r) {
              if (key_positions[r] > sequence.positions[i]) continue;
              const double weight = std::exp(logits[r] - highest);
              total += weight;
              for (size_t c = 0; c < dim; ++c) sums[c] += weight * values[r * dim + c];
            }
            float* result = out.row(sequence.first_row + i) + head * dim;
            for (size_t c = 0; c < dim; ++c) result[c] = total > 0 ? static_cast<float>(sums[c] / total) : 0.0f;
          }
        }
      }
    }
  }

  void sum_rows(Tensor x, std::span<const RowRange> ranges) override {
    for (const RowRange& range : ranges) {
      for (int64_t c = 0; c < x.columns; ++c) {
        double sum = range.sum[c];
        for (int t = range.begin; t < range.end; ++t) sum += x.row(t)[c];
        range.sum[c] = static_cast<float>(sum);
      }
    }
  }

 private:
  std::unordered_map<float*, std::vector<float>> memory_;
};

}  // namespace

std::unique_ptr<Ops> make_reference_ops() { return std::make_unique<ReferenceOps>(); }

}  // namespace strata
