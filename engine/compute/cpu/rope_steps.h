// SPDX-License-Identifier: Apache-2.0
// How much further than one position the next ones are turned: cos(p + j) and sin(p + j) follow from the angles of p
// and those of j, and a table of a few j stays in the cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "engine/compute/ops.h"

namespace strata::cpu {

constexpr size_t kSteps = 16;

// cosine, sine [table.dim / 2, kSteps] of 0 .. 15 positions, without the factor that a table may have (YaRN's, of which
// row 0, whose angles are 0, is all there is).
struct RopeSteps {
  std::vector<float> cosine, sine;

  void follow(const RopeTable& table) {
    const size_t half = static_cast<size_t>(table.dim) / 2;
    const size_t known = std::min(kSteps, static_cast<size_t>(table.positions()));
    cosine.assign(half * kSteps, 0.0f);
    sine.assign(half * kSteps, 0.0f);
    for (size_t i = 0; i < half && known > 0; ++i) {
      const float factor = 1.0f / table.cosine[i];
      for (size_t step = 0; step < known; ++step) {
        cosine[i * kSteps + step] = table.cosine[step * half + i] * factor;
        sine[i * kSteps + step] = table.sine[step * half + i] * factor;
      }
    }
  }
};

}  // namespace strata::cpu
