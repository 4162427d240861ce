// SPDX-License-Identifier: Apache-2.0
// Picks the next token from logits. Order: repetition penalty, then greedy (temperature 0) or temperature, top-k,
// top-p, min-p and a draw. The same seed and logits give the same token.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "engine/text/tokenizer.h"

namespace strata {

struct SamplerOptions {
  float temperature = 0.0f;         // 0: greedy
  int top_k = 40;                   // 0: off
  float top_p = 0.95f;              // 1: off
  float min_p = 0.05f;              // 0: off
  float repetition_penalty = 1.0f;  // 1: off. CTRL, arXiv:1909.05858 section 4.1
  int repetition_window = 64;
  uint64_t seed = 0;
};

class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options) : options_(options), random_(options.seed) {}
  TokenId sample(std::span<const float> logits, std::span<const TokenId> history);

 private:
  SamplerOptions options_;
  std::mt19937_64 random_;
  std::vector<std::pair<float, TokenId>> candidates_;
};

}  // namespace strata
