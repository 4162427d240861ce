// SPDX-License-Identifier: Apache-2.0
// Floating-point throughput is the limit. Panels are about 4 MB, so that they are still in the cache when oneDNN reads
// them, and large enough that the call itself costs nothing.
#include "engine/compute/cpu/panel_gemm.h"

#include <algorithm>
#include <bit>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <tuple>
#include <vector>

namespace strata::cpu {
namespace {

constexpr int64_t kPanelElements = 1 << 20;
constexpr int64_t kRowsMultiple = 64;
// Prompts have many lengths; what is kept is bounded.
constexpr size_t kMaxPrimitives = 256;

using Shape = std::tuple<int64_t, int64_t, int64_t, int64_t>;  // rows of x, columns, rows of the panel, stride of y

// The upper half of an f32, rounded to the nearest even one. Weights and activations are never NaN.
void to_bf16(const float* from, int64_t count, uint16_t* to) {
  for (int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<uint32_t>(from[i]);
    to[i] = static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  }
}

}  // namespace

struct PanelGemm::Impl {
  struct Cached {
    dnnl::matmul::primitive_desc descriptor;
    dnnl::matmul matmul;
  };

  int threads;
  Element element;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<Shape, Cached> cache;
  std::vector<float> panel;
  std::vector<uint16_t> bf16_panel, bf16_x;

  Cached& primitive(const Shape& shape) {
    const auto [tokens, columns, rows, y_stride] = shape;
    if (auto found = cache.find(shape); found != cache.end()) return found->second;
    if (cache.size() >= kMaxPrimitives) cache.clear();
    constexpr auto kF32 = dnnl::memory::data_type::f32;
    const auto type = element == Element::kBf16 ? dnnl::memory::data_type::bf16 : kF32;
    const dnnl::memory::desc x({tokens, columns}, type, dnnl::memory::dims{columns, 1});
    const dnnl::memory::desc w({columns, rows}, type, dnnl::memory::dims{1, columns});
    const dnnl::memory::desc y({tokens, rows}, kF32, dnnl::memory::dims{y_stride, 1});
    const dnnl::matmul::primitive_desc descriptor(engine, x, w, y);
    return cache.emplace(shape, Cached{descriptor, dnnl::matmul(descriptor)}).first->second;
  }

  // Rows [first, first + rows) of the weight, expanded; valid until the next call.
  void* expand(const CpuWeight& weight, int64_t first, int64_t rows) {
    const int64_t columns = weight.columns;
    panel.resize(std::max<size_t>(panel.size(), rows * columns));
    if (element == Element::kBf16) bf16_panel.resize(panel.size());
#pragma omp parallel for num_threads(threads)
    for (int64_t r = 0; r < rows; ++r) {
      float* row = panel.data() + r * columns;
      dequantize(weight.type, weight.row(first + r), {row, static_cast<size_t>(columns)});
      if (element == Element::kBf16) to_bf16(row, columns, bf16_panel.data() + r * columns);
    }
    return element == Element::kBf16 ? static_cast<void*>(bf16_panel.data()) : panel.data();
  }

  void* activations(Tensor x) {
    if (element == Element::kF32) return x.data;
    bf16_x.resize(std::max<size_t>(bf16_x.size(), x.size()));
#pragma omp parallel for num_threads(threads)
    for (int64_t r = 0; r < x.rows; ++r) to_bf16(x.row(r), x.columns, bf16_x.data() + r * x.columns);
    return bf16_x.data();
  }
};

PanelGemm::PanelGemm(int threads, Element element) : impl_(std::make_unique<Impl>()) {
  impl_->threads = threads;
  impl_->element = element;
}

PanelGemm::PanelGemm(PanelGemm&&) noexcept = default;
PanelGemm::~PanelGemm() = default;

void PanelGemm::multiply(Tensor x, std::span<const Product> products) {
  Impl& m = *impl_;
  void* activations = m.activations(x);
  for (const Product& product : products) {
    const auto& weight = static_cast<const CpuWeight&>(*product.weight);
    const int64_t most =
        std::max(kRowsMultiple, kPanelElements / std::max<int64_t>(1, weight.columns) / kRowsMultiple * kRowsMultiple);
    for (int64_t first = 0; first < weight.rows; first += most) {
      const int64_t rows = std::min(most, weight.rows - first);
      auto& [descriptor, matmul] = m.primitive({x.rows, weight.columns, rows, product.y.columns});
      matmul.execute(m.stream, {{DNNL_ARG_SRC, dnnl::memory(descriptor.src_desc(), m.engine, activations)},
                                {DNNL_ARG_WEIGHTS,
                                 dnnl::memory(descriptor.weights_desc(), m.engine, m.expand(weight, first, rows))},
                                {DNNL_ARG_DST, dnnl::memory(descriptor.dst_desc(), m.engine, product.y.data + first)}});
      m.stream.wait();
    }
  }
}

}  // namespace strata::cpu
