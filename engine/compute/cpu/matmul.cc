// SPDX-License-Identifier: Apache-2.0
#include "engine/compute/cpu/matmul.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "engine/compute/cpu/int8_gemm.h"
#include "engine/compute/cpu/machine.h"
#include "engine/compute/cpu/panel_gemm.h"
#include "engine/compute/cpu/parallel.h"
#include "engine/compute/cpu/row_dot.h"

namespace strata::cpu {

Result<std::unique_ptr<Weight>> prepare_weight(const GgufFile& file, const GgufTensor& tensor) {
  const BlockLayout layout = block_layout(tensor.type);
  if (tensor.shape.size() > 2 || tensor.columns() == 0 || tensor.rows() == 0 ||
      tensor.columns() % layout.elements != 0 ||
      tensor.data.size() != tensor.rows() * (tensor.columns() / layout.elements) * layout.bytes)
    return fail(ErrorKind::kUnsupported, file.path().string() + ": tensor " + tensor.name +
                                             " is not a matrix of whole " + layout.name + " blocks");
  auto weight = std::make_unique<CpuWeight>();
  weight->type = tensor.type;
  weight->rows = static_cast<int64_t>(tensor.rows());
  weight->columns = static_cast<int64_t>(tensor.columns());
  weight->blocks = tensor.data;
  weight->row_bytes = tensor.columns() / layout.elements * layout.bytes;
  return weight;
}

namespace {

bool has_feature(const char* name) { return std::ranges::contains(machine().features, name); }

}  // namespace

struct MatmulEngine::Impl {
  int threads;
  bool decode_int8;   // AVX2 or better
  bool prefill_int8;  // VNNI
  bool prefill_bf16;  // AMX
  PanelGemm panels;
  QuantizedX blocks_of_32{32}, blocks_of_256{256};

  void quantize(Tensor from, QuantizedX& x) {
    x.resize(from.rows, from.columns);
    parallel_rows(threads, from.rows, from.columns, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) x.quantize_row(from.row(r), r);
    });
  }

  QuantizedX& decoded_with(const Weight& weight) {
    return decode_group(static_cast<const CpuWeight&>(weight).type) == 256 ? blocks_of_256 : blocks_of_32;
  }

  // Tasks of `rows` rows over all products, on all threads; false if a type has no kernel.
  template <typename Work>
  bool for_rows(std::span<const Product> products, int64_t rows, const Work& work) {
    std::vector<std::pair<const Product*, int64_t>> tasks;
    for (const Product& product : products)
      for (int64_t first = 0; first < product.weight->rows; first += rows) tasks.emplace_back(&product, first);
    std::atomic<bool> done = true;
    parallel_for(threads, static_cast<int64_t>(tasks.size()), true, [&](int64_t task) {
      const auto& [product, first] = tasks[static_cast<size_t>(task)];
      if (!work(static_cast<const CpuWeight&>(*product->weight), first, std::min(first + rows, product->weight->rows),
                product->y))
        done = false;
    });
    return done;
  }
};

MatmulEngine::MatmulEngine(int threads, Precision precision) {
  const bool fast = precision == Precision::kFast, amx = fast && has_feature("amx_bf16");
  impl_ = std::make_unique<Impl>(threads, fast && has_feature("avx2"), fast && has_feature("avx512_vnni"), amx,
                                 PanelGemm(threads, amx ? PanelGemm::Element::kBf16 : PanelGemm::Element::kF32));
}

MatmulEngine::~MatmulEngine() = default;

void MatmulEngine::multiply(Tensor x, std::span<const Product> products) {
  if (x.rows == 0) return;
  Impl& m = *impl_;
  // Expanding a panel costs about as much as eight tokens of decode.
  constexpr int64_t kMostDecodeRows = 8;
  // Small enough that the threads finish together, large enough that handing them out costs nothing.
  constexpr int64_t kDecodeTask = 128;
  // Expanding a panel to bf16 takes longer than to int8; with so many rows AMX has made up for it.
  constexpr int64_t kLeastAmxRows = 128;
  if (m.decode_int8 && x.columns % 32 == 0) {
    if (x.rows <= kMostDecodeRows) {
      for (QuantizedX* form : {&m.blocks_of_32, &m.blocks_of_256})
        if (std::ranges::any_of(products, [&](const Product& p) { return &m.decoded_with(*p.weight) == form; }))
          m.quantize(x, *form);
      if (m.for_rows(products, kDecodeTask, [&](const CpuWeight& w, int64_t first, int64_t last, Tensor y) {
            return row_dots(w, first, last, m.decoded_with(w), y);
          }))
        return;
    } else if (m.prefill_int8 && !(m.prefill_bf16 && x.rows >= kLeastAmxRows)) {
      const bool whole =
          std::ranges::all_of(products, [](const Product& p) { return p.weight->rows % kPanelRows == 0; });
      m.quantize(x, m.blocks_of_256);
      if (whole && m.for_rows(products, kPanelRows, [&](const CpuWeight& w, int64_t first, int64_t, Tensor y) {
            return int8_panel(w, first, m.blocks_of_256, y);
          }))
        return;
    }
  }
  omp_set_num_threads(m.threads);  // of the calling thread; what oneDNN asks for
  m.panels.multiply(x, products);
}

std::string MatmulEngine::description() const {
  if (impl_->prefill_bf16) return "bf16 (AMX), int8 decode";
  if (impl_->prefill_int8) return "int8 (AVX-512 VNNI)";
  return impl_->decode_int8 ? "f32 (oneDNN), int8 decode" : "f32 (oneDNN)";
}

void embed_rows(const CpuWeight& table, std::span<const int32_t> tokens, Tensor x) {
  for (size_t t = 0; t < tokens.size(); ++t)
    dequantize(table.type, table.row(tokens[t]), {x.row(t), static_cast<size_t>(x.columns)});
}

}  // namespace strata::cpu
