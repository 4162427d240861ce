// SPDX-License-Identifier: Apache-2.0
#include "engine/attention/head_shares.h"

#include <algorithm>

namespace strata {

void HeadShares::observe(int layer, int head, double recall) {
  // Beyond 1e-3 the estimate has nothing left to tell.
  constexpr double kOfLow = 0.75, kOfBelowMedian = 0.96, kOfEnough = 1.03, kLeastMissing = 1e-3;
  double& missing = missing_[at(layer, head)];
  missing *= recall < kLow ? kOfLow : recall < kMedian ? kOfBelowMedian : kOfEnough;
  missing = std::min(std::max(missing, kLeastMissing), 1 - least_);
}

}  // namespace strata
