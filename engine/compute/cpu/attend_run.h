// SPDX-License-Identifier: Apache-2.0
// Attention of runs of neighbouring queries, each of which reads keys of one KV head that its query heads chose
// (KvBlock::skip). Products are of 16-bit integers, which every CPU since AVX2 multiplies at twice the rate of f32:
//   keys and queries  are scaled so that no sum can leave 32 bits (Cauchy-Schwarz), which leaves at least 13 bits of
//                     what is largest in a row: more than the 11 that keys are stored with
//   weights, values   12 and 11 bits of the largest of 256 keys
// Keys come in groups of 16, made once for all heads of a few runs, as these choose much the same, in chunks that stay
// in the L2 cache.
#pragma once

#include <span>

#include "engine/compute/ops.h"

namespace strata::cpu {

// Runs of the same KV head, best neighbours. `k_bias` [head_dim] is that of the KV head, or null. One thread.
constexpr size_t kRunsTogether = 4;  // more would not leave the L2 cache room
void attend_runs(Tensor q, std::span<const AttendSequence* const> runs, const AttendShape& shape, const float* k_bias,
                 const RopeTable& table, Tensor out);

}  // namespace strata::cpu
