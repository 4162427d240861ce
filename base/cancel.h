// SPDX-License-Identifier: Apache-2.0
// A cancellation request that can be seen from any thread. Long work looks at it between layers, files or tokens and
// returns ErrorKind::kCancelled, keeping what is finished.
#pragma once

#include <atomic>

namespace strata {

class Cancel {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  void reset() { requested_.store(false, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace strata
