// SPDX-License-Identifier: Apache-2.0
// The operations on the CPU: who owns the memory and how rows are shared among the threads. The work itself is in
// matmul.h (products), attend.h (attention) and rows.h (everything row by row).
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <format>
#include <new>
#include <unordered_map>

#include "engine/compute/cpu/attend.h"
#include "engine/compute/cpu/machine.h"
#include "engine/compute/cpu/matmul.h"
#include "engine/compute/cpu/parallel.h"
#include "engine/compute/cpu/rows.h"
#include "engine/compute/ops.h"

namespace strata {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

class CpuOps : public Ops {
 public:
  CpuOps(int threads, Precision precision)
      : threads_(threads), matmul_(threads, precision), attend_(threads, precision) {}

  std::string description() const override {
    return std::format("cpu: {}, {} thread{}", matmul_.description(), threads_, threads_ == 1 ? "" : "s");
  }
  int threads() const override { return threads_; }

  Tensor allocate(int64_t rows, int64_t columns) override {
    const size_t bytes = (static_cast<size_t>(rows * columns) * sizeof(float) + 63) / 64 * 64;
    std::unique_ptr<void, Free> memory(std::aligned_alloc(64, std::max<size_t>(bytes, 64)));
    if (!memory) throw std::bad_alloc();
    auto* data = static_cast<float*>(memory.get());
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
    return cpu::prepare_weight(file, tensor);
  }

  void embed(const Weight& table, std::span<const int32_t> tokens, Tensor x) override {
    cpu::embed_rows(static_cast<const cpu::CpuWeight&>(table), tokens, x);
  }

  void rms_norm(Tensor x, std::span<const float> weight, float epsilon, Tensor y) override {
    const int64_t group = static_cast<int64_t>(weight.size());
    cpu::parallel_rows(threads_, x.size() / group, group, [&](int64_t begin, int64_t end) {
      for (int64_t g = begin; g < end; ++g)
        cpu::rms_norm(x.data + g * group, weight.data(), epsilon, group, y.data + g * group);
    });
  }

  void matmul(Tensor x, std::span<const Product> products) override { matmul_.multiply(x, products); }

  void add_bias(Tensor x, std::span<const float> bias) override {
    cpu::parallel_rows(threads_, x.rows, x.columns, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) cpu::add(x.row(t), bias.data(), x.columns);
    });
  }

  void add(Tensor x, Tensor y) override {
    cpu::parallel_rows(threads_, x.rows, x.columns, [&](int64_t begin, int64_t end) {
      cpu::add(x.row(begin), y.row(begin), (end - begin) * x.columns);
    });
  }

  void silu_multiply(Tensor gate, Tensor up) override {
    cpu::parallel_rows(threads_, gate.rows, gate.columns, [&](int64_t begin, int64_t end) {
      cpu::silu_multiply(gate.row(begin), up.row(begin), (end - begin) * gate.columns);
    });
  }

  void store_rows(Tensor x, std::span<f16* const> rows) override {
    cpu::parallel_rows(threads_, x.rows, x.columns, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) cpu::to_f16(x.row(t), x.columns, rows[t]);
    });
  }

  void rope(Tensor x, std::span<const int> positions, int head_dim, const RopeTable& table) override {
    const int half = table.dim / 2;
    const int heads = static_cast<int>(x.columns / head_dim);
    cpu::parallel_rows(threads_, x.rows, x.columns, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const size_t angles = static_cast<size_t>(positions[t]) * half;
        cpu::rotate_heads(x.row(t), heads, head_dim, table.cosine.data() + angles, table.sine.data() + angles, half,
                          table.interleaved);
      }
    });
  }

  void attend(Tensor q, std::span<const AttendSequence> sequences, const AttendShape& shape,
              std::span<const float> k_bias, const RopeTable& table, Tensor out) override {
    attend_.attend(q, sequences, shape, k_bias, table, out);
  }

  void sum_rows(Tensor x, std::span<const RowRange> ranges) override {
    int64_t rows = 0;
    for (const RowRange& range : ranges) rows += range.end - range.begin;
    cpu::parallel_for(threads_, std::ssize(ranges), rows * x.columns >= cpu::kSerialElements, [&](int64_t i) {
      for (int t = ranges[i].begin; t < ranges[i].end; ++t) cpu::add(ranges[i].sum, x.row(t), x.columns);
    });
  }

 private:
  int threads_;
  cpu::MatmulEngine matmul_;
  cpu::AttendEngine attend_;
  std::unordered_map<float*, std::unique_ptr<void, Free>> memory_;
};

}  // namespace

std::unique_ptr<Ops> make_cpu_ops(const CpuOptions& options) {
  return std::make_unique<CpuOps>(options.threads > 0 ? options.threads : cpu::machine().cores, options.precision);
}

}  // namespace strata
