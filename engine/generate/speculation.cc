// SPDX-License-Identifier: Apache-2.0
#include "engine/generate/speculation.h"

#include <algorithm>

namespace strata {

std::vector<TokenId> Speculation::draft(size_t most) const {
  const size_t length = std::min({length_, most, kMostDrafted});
  // What losing may cost: half a pass at first, and a part of what has been generated. What was gained may be lost.
  const double allowed = 0.5 + 0.015 * generated_ + std::max(0.0, gained_) / 2;
  if (length == 0 || pass_s_ == 0 || row_cost_ * static_cast<double>(length) - std::min(0.0, gained_) > allowed)
    return {};
  return lookup_.propose(length);
}

void Speculation::passed(size_t drafted, size_t accepted, double seconds) {
  if (drafted == 0) {
    pass_s_ = pass_s_ == 0 ? seconds : pass_s_ + (seconds - pass_s_) / 4;
    return;
  }
  const auto rows = static_cast<double>(drafted);
  // A row costs half a pass on the slowest processors; what is beyond is noise, of which one must not end it all.
  const double cost = std::clamp((seconds / pass_s_ - 1) / rows, 0.0, 0.5);
  row_cost_ += (cost - row_cost_) / 4;
  gained_ += static_cast<double>(accepted) - row_cost_ * rows;
  length_ = accepted == drafted ? std::min(2 * length_ + 1, kMostDrafted) : std::max<size_t>(1, accepted);
}

}  // namespace strata
