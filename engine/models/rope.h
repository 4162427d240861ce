// SPDX-License-Identifier: Apache-2.0
// Rotary position tables with the scalings that model files ask for.
#pragma once

#include <span>

#include "base/result.h"
#include "engine/compute/ops.h"

namespace strata {

struct RopeParams {
  int dim = 0;
  float base = 10000.0f;
  bool interleaved = false;
  enum class Scaling { kNone, kLinear, kYarn } scaling = Scaling::kNone;
  float factor = 1.0f;       // positions are stretched by this
  int original_context = 0;  // YaRN: the context before stretching
  float beta_fast = 32.0f, beta_slow = 1.0f, attention_factor = 1.0f;
  std::vector<float> frequency_factors;  // llama3 scaling: each frequency is divided by its factor (rope_freqs.weight)
};

// From <architecture>.rope.* of the file.
Result<RopeParams> read_rope(const GgufFile& file, const std::string& architecture, int head_dim, bool interleaved,
                             int trained_context);

// Angles of the positions [0, positions).
// RoPE: arXiv:2104.09864 section 3.4; YaRN: arXiv:2309.00071 section 3.
RopeTable make_rope_table(const RopeParams& params, int positions);

}  // namespace strata
