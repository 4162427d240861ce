// SPDX-License-Identifier: Apache-2.0
// Operations that look at each row, or each element, on its own. Memory is the limit of all of them, so they are plain
// vector loops; the caller gives each thread its own rows. Lengths are arbitrary: the tail of a vector is masked.
#pragma once

#include <cstddef>

#include "base/half.h"

namespace strata::cpu {

void rms_norm(const float* x, const float* weight, float epsilon, size_t n, float* y);  // one group; y may be x
void add(float* x, const float* y, size_t n);                                           // x += y
void silu_multiply(float* gate, const float* up, size_t n);                             // gate = silu(gate) * up
void to_f16(const float* x, size_t n, f16* y);
// Rotates `heads` heads of one row by the angles of its position, [half] each.
void rotate_heads(float* x, int heads, int head_dim, const float* cosine, const float* sine, int half,
                  bool interleaved);

}  // namespace strata::cpu
