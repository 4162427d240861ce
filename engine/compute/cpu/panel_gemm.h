// SPDX-License-Identifier: Apache-2.0
// Products by way of oneDNN: a panel of rows of the weight is expanded to f32 or bf16, then multiplied. What machines
// without VNNI and exact computation use (f32), and machines with AMX for many rows (bf16). oneDNN runs on the same
// OpenMP threads as the kernels here.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/compute/cpu/matmul.h"

namespace strata::cpu {

class PanelGemm {
 public:
  enum class Element { kF32, kBf16 };  // kBf16 needs AVX-512
  PanelGemm(int threads, Element element);
  PanelGemm(PanelGemm&&) noexcept;
  ~PanelGemm();
  void multiply(Tensor x, std::span<const Product> products);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::cpu
