// SPDX-License-Identifier: Apache-2.0
// Products of a quantised weight with many rows of activations in 8-bit integers: prefill.
#pragma once

#include "engine/compute/cpu/matmul.h"
#include "engine/compute/cpu/quantized_x.h"

namespace strata::cpu {

inline constexpr int64_t kPanelRows = 64;
inline constexpr int64_t kPanelColumns = 256;  // what x is quantised by

// y[t, r] for the kPanelRows rows of the weight from `first` on and every row t of x.
// Several threads may work on different rows. False if the weight's type has no vector kernel.
bool int8_panel(const CpuWeight& weight, int64_t first, const QuantizedX& x, Tensor y);

}  // namespace strata::cpu
