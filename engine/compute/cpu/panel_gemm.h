// SPDX-License-Identifier: Apache-2.0
// Products by way of oneDNN: a panel of rows of the weight is expanded to f32 or bf16, then multiplied. Exact in f32;
// bf16 is for machines with AMX. oneDNN runs on the same OpenMP threads as the kernels here.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/compute/cpu/matmul.h"

namespace strata::cpu {

class PanelGemm {
 public:
  PanelGemm(int threads, bool use_bf16);
  PanelGemm(PanelGemm&&) noexcept;
  ~PanelGemm();
  void multiply(Tensor x, std::span<const Product> products);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::cpu
