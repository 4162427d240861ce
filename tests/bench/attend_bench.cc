// SPDX-License-Identifier: Apache-2.0
// Attention of one layer, in the shapes of the 0.5B and 1.5B models. Prefill prints floating-point operations a second
// (both products, visible keys only), decode the bytes of keys and values read a second. The argument is the
// number of keys.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/compute/ops.h"

namespace strata {
namespace {

struct Layer {
  Layer(int keys, int queries, const AttendShape& layer_shape) : shape(layer_shape) {
    const size_t width = static_cast<size_t>(shape.kv_heads) * shape.head_dim;
    for (size_t i = 0; i < keys * width; ++i) {
      k.push_back(to_f16(std::sin(0.37f * static_cast<float>(i % 10007))));
      v.push_back(to_f16(std::cos(0.73f * static_cast<float>(i % 10009))));
    }
    for (int first = 0; first < keys; first += 64)
      blocks.push_back({k.data() + first * width, v.data() + first * width, std::min(64, keys - first), first});
    for (int position = keys - queries; position < keys; ++position) positions.push_back(position);
    table.dim = shape.head_dim;
    for (int i = 0; i < keys * shape.head_dim / 2; ++i) {
      table.cosine.push_back(std::cos(static_cast<float>(i)));
      table.sine.push_back(std::sin(static_cast<float>(i)));
    }
    q = ops->allocate(queries, shape.heads * shape.head_dim);
    out = ops->allocate(queries, shape.heads * shape.head_dim);
    for (int64_t i = 0; i < q.size(); ++i) q.data[i] = std::sin(0.11f * static_cast<float>(i % 9973));
    bias.assign(width, 0.5f);
  }

  void run() {
    const AttendSequence sequence{0, positions, blocks};
    ops->attend(q, {&sequence, 1}, shape, bias, table, out);
  }

  AttendShape shape;
  std::unique_ptr<Ops> ops = make_cpu_ops({});
  std::vector<f16> k, v;
  std::vector<KvBlock> blocks;
  std::vector<int> positions;
  std::vector<float> bias;
  RopeTable table;
  Tensor q, out;
};

constexpr AttendShape kHalfBillion{.heads = 14, .kv_heads = 2, .head_dim = 64, .scale = 0.125f};
constexpr AttendShape kOneAndAHalfBillion{.heads = 12, .kv_heads = 2, .head_dim = 128, .scale = 0.088f};

void prefill(benchmark::State& state, AttendShape shape) {
  const int keys = static_cast<int>(state.range(0));
  Layer layer(keys, keys, shape);
  for (auto _ : state) layer.run();
  const double operations = 4.0 * shape.heads * shape.head_dim * (0.5 * keys * (keys + 1.0));
  state.counters["flops"] = benchmark::Counter(operations, benchmark::Counter::kIsIterationInvariantRate);
}

void decode(benchmark::State& state, AttendShape shape) {
  const int keys = static_cast<int>(state.range(0));
  Layer layer(keys, 1, shape);
  for (auto _ : state) layer.run();
  state.SetBytesProcessed(state.iterations() * keys * int64_t{2} * shape.kv_heads * shape.head_dim * sizeof(f16));
}

BENCHMARK_CAPTURE(prefill, 0.5B, kHalfBillion)->Arg(512)->Arg(2048)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(prefill, 1.5B, kOneAndAHalfBillion)
    ->Arg(512)
    ->Arg(2048)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, 0.5B, kHalfBillion)->Arg(256)->Arg(2048)->Arg(16384)->UseRealTime();
BENCHMARK_CAPTURE(decode, 1.5B, kOneAndAHalfBillion)->Arg(256)->Arg(2048)->Arg(16384)->UseRealTime();

}  // namespace
}  // namespace strata
