// SPDX-License-Identifier: Apache-2.0
#include "engine/generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace strata {

TokenId Sampler::sample(std::span<const float> logits, std::span<const TokenId> history) {
  // Only the penalised logits change, so they are looked up instead of copying the whole vocabulary.
  std::vector<TokenId> penalised;
  if (options_.repetition_penalty != 1.0f) {
    const auto recent =
        history.last(std::min(history.size(), static_cast<size_t>(std::max(0, options_.repetition_window))));
    penalised.assign(recent.begin(), recent.end());
    std::ranges::sort(penalised);
    penalised.erase(std::ranges::unique(penalised).begin(), penalised.end());
  }
  const auto logit = [&](TokenId token) {
    const float value = logits[static_cast<size_t>(token)];
    if (penalised.empty() || !std::ranges::binary_search(penalised, token)) return value;
    return value > 0 ? value / options_.repetition_penalty : value * options_.repetition_penalty;
  };
  const auto size = static_cast<TokenId>(logits.size());
  if (options_.temperature <= 0.0f) {
    if (penalised.empty()) return static_cast<TokenId>(std::ranges::max_element(logits) - logits.begin());
    TokenId best = 0;
    float best_logit = logit(0);
    for (TokenId token = 1; token < size; ++token)
      if (const float value = logit(token); value > best_logit) best_logit = value, best = token;
    return best;
  }
  candidates_.clear();
  for (TokenId token = 0; token < size; ++token) candidates_.emplace_back(logit(token), token);
  size_t kept = options_.top_k > 0 ? std::min<size_t>(options_.top_k, candidates_.size()) : candidates_.size();
  const auto larger = [](const auto& a, const auto& b) {
    return a.first > b.first || (a.first == b.first && a.second < b.second);
  };
  std::ranges::partial_sort(candidates_, candidates_.begin() + static_cast<std::ptrdiff_t>(kept), larger);
  candidates_.resize(kept);
  double total = 0;
  const float highest = candidates_.front().first;
  for (auto& [value, token] : candidates_) total += value = std::exp((value - highest) / options_.temperature);
  double mass = 0;
  for (size_t i = 0; i < candidates_.size(); ++i) {
    // The first candidate has weight 1, so min-p compares weights directly.
    if (i > 0 && (mass >= options_.top_p * total || candidates_[i].first < options_.min_p)) {
      candidates_.resize(i);
      break;
    }
    mass += candidates_[i].first;
  }
  double draw = std::uniform_real_distribution<double>(0.0, mass)(random_);
  for (const auto& [weight, token] : candidates_)
    if ((draw -= weight) < 0) return token;
  return candidates_.back().second;
}

}  // namespace strata
