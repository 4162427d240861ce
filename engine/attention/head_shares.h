// SPDX-License-Identifier: Apache-2.0
// How much of the estimated softmax each head of each layer reads. Means mislead some heads more than others, so now
// and then a query is compared with exact attention, and the head's share follows what was found: it is raised where
// less is held than the gate asks, and sinks back, never below where it began, where more is.
//
// The steps are such that a share stands still where one query in twenty-five holds less than kLow, or four in nine less
// than kMedian; a layer, of which only some heads are hard, then holds more than the gate asks.
#pragma once

#include <vector>

namespace strata {

class HeadShares {
 public:
  // The gate of every layer is a median of .95 and a fifth percentile of .8; these are a little above.
  static constexpr double kMedian = 0.96, kLow = 0.82;

  HeadShares(int layers, int heads, double least)
      : heads_(heads), least_(least), missing_(static_cast<size_t>(layers) * heads, 1 - least) {}

  double share(int layer, int head) const { return 1 - missing_[at(layer, head)]; }
  bool raised(int layer, int head) const { return missing_[at(layer, head)] < 1 - least_; }
  // A query of this head held `recall` of its exact softmax.
  void observe(int layer, int head, double recall);

 private:
  size_t at(int layer, int head) const { return static_cast<size_t>(layer) * heads_ + head; }

  int heads_;
  double least_;
  std::vector<double> missing_;  // [layers, heads]: 1 - share
};

}  // namespace strata
