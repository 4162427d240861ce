// SPDX-License-Identifier: Apache-2.0
// How much of the estimated softmax each head of each layer reads. Means mislead some heads more than others, so now
// and then a query is compared with exact attention, and the shares of a layer follow what was found: a head is raised
// where it holds too little, or where the median of its layer is in danger, and sinks back, never below where it began,
// where all is well.
//
// The steps are such that a share stands still where one query in sixteen holds less than kLow; a layer, of which only
// some heads are hard, then passes the gate.
#pragma once

#include <span>
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
  // What a query held of its exact softmax, by head.
  void observe(int layer, std::span<const double> recall);

 private:
  size_t at(int layer, int head) const { return static_cast<size_t>(layer) * heads_ + head; }

  int heads_;
  double least_;
  std::vector<double> missing_;  // [layers, heads]: 1 - share
};

}  // namespace strata
