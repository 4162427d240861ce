// SPDX-License-Identifier: Apache-2.0
// Products of rows of a quantised weight with a few quantised rows of activations: decode.
#pragma once

#include "engine/compute/cpu/matmul.h"
#include "engine/compute/cpu/quantized_x.h"

namespace strata::cpu {

inline constexpr int64_t kDecodeGroup = 32;

// y[t, r] for rows [first, last) of the weight and every row t of x (groups of kDecodeGroup columns). False if the
// weight's type has no vector kernel.
bool row_dots(const CpuWeight& weight, int64_t first, int64_t last, const QuantizedX& x, Tensor y);

}  // namespace strata::cpu
