// SPDX-License-Identifier: Apache-2.0
#include "engine/attention/head_shares.h"

#include <algorithm>

namespace strata {

void HeadShares::observe(int layer, std::span<const double> recall) {
  // Below a missing share of 1e-3 the estimate has nothing left to tell.
  constexpr double kOfLow = 0.75, kOfBelowMedian = 0.9, kOfEnough = 1.02, kLeastMissing = 1e-3;
  const bool median_in_danger = std::ranges::count_if(recall, [](double r) { return r < kMedian; }) * 5 >= heads_ * 2;
  for (int head = 0; head < heads_; ++head) {
    const double held = recall[static_cast<size_t>(head)];
    double& missing = missing_[at(layer, head)];
    missing *= held < kLow ? kOfLow : held < kMedian && median_in_danger ? kOfBelowMedian : kOfEnough;
    missing = std::min(std::max(missing, kLeastMissing), 1 - least_);
  }
}

}  // namespace strata
