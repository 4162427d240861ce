// SPDX-License-Identifier: Apache-2.0
// Products of rows of a quantised weight with a few quantised rows of activations: decode.
#pragma once

#include "engine/compute/cpu/matmul.h"
#include "engine/compute/cpu/quantized_x.h"

namespace strata::cpu {

// How many columns of x share a scale: as many as weights of this type do.
inline int64_t decode_group(BlockType type) { return static_cast<int64_t>(block_layout(type).elements); }

// y[t, r] for rows [first, last) of the weight and every row t of x, which is quantised by decode_group(weight.type).
// False if the type has no vector kernel.
bool row_dots(const CpuWeight& weight, int64_t first, int64_t last, const QuantizedX& x, Tensor y);

}  // namespace strata::cpu
