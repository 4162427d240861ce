// SPDX-License-Identifier: Apache-2.0
// Attention over blocks of keys and values in f16 or int8, keys un-rotated. Both ways to it run the same kernel
// (attend_tile.h) on panels of 64 keys, transposed, expanded to f32 and rotated so that a vector holds one component of
// many keys:
//   many queries   the panels of one KV head are made once, by all threads, and every tile of queries reads them;
//                  arithmetic is the limit, half of f32 peak and more in tests/bench/attend_bench.cc
//   few queries    one tile holds them all, so a panel is made, used and forgotten inside the L1 cache; the keys are
//                  split among the threads and the partial softmaxes combined. Memory is the limit at depth.
// f32 throughout, in both precisions, but for many queries that read what one KV head chose for them: these are in 16
// bits (attend_run.h) unless results are to be exact, and a thread has a sequence to itself.
#pragma once

#include <span>
#include <vector>

#include "engine/compute/cpu/attend_tile.h"
#include "engine/compute/ops.h"

namespace strata::cpu {

// Owns the scratch memory. One call at a time; parallel inside.
class AttendEngine {
 public:
  AttendEngine(int threads, Precision precision) : threads_(threads), precision_(precision) {}

  // As Ops::attend.
  void attend(Tensor q, std::span<const AttendSequence> sequences, const AttendShape& shape,
              std::span<const float> k_bias, const RopeTable& table, Tensor out);

 private:
  void attend_few(Tensor q, std::span<const AttendSequence* const> sequences, const AttendShape& shape,
                  std::span<const float> k_bias, const RopeTable& table, Tensor out);
  void attend_many(Tensor q, const AttendSequence& sequence, const AttendShape& shape, std::span<const float> k_bias,
                   const RopeTable& table, Tensor out);

  void attend_runs(Tensor q, std::span<const AttendSequence* const> sequences, const AttendShape& shape,
                   std::span<const float> k_bias, const RopeTable& table, Tensor out);

  int threads_;
  Precision precision_;
  RopeSteps steps_;
  std::vector<float> scratch_;
};

}  // namespace strata::cpu
