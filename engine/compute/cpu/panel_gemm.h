// SPDX-License-Identifier: Apache-2.0
// Products by way of oneDNN: a panel of rows of the weight is expanded to f32, then multiplied. What machines
// without VNNI and exact computation use. oneDNN runs on the same OpenMP threads as the kernels here.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/compute/cpu/matmul.h"

namespace strata::cpu {

class PanelGemm {
 public:
  explicit PanelGemm(int threads);
  PanelGemm(PanelGemm&&) noexcept;
  ~PanelGemm();
  void multiply(Tensor x, std::span<const Product> products);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::cpu
