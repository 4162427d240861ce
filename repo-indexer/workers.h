// SPDX-License-Identifier: Apache-2.0
// The threads that read files and make of them what is stored: hash, decode, parse, cut, make terms.
#pragma once

#include <functional>
#include <vector>

#include "base/cancel.h"
#include "repo-indexer/store.h"
#include "repo-indexer/walk.h"

namespace strata::repo {

struct Task {
  const FoundFile* found = nullptr;
  const KnownFile* known = nullptr;  // may be null
};

// What became of a file that was looked at.
struct Outcome {
  IndexedFile file;
  bool unchanged = false;  // its blob is the one that is stored
  bool shelved = false;    // its blob is one that was stored before
  bool gone = false;       // between the walk and now
};

// Runs the workers over the tasks and gives each outcome to `take` on the calling thread, until it returns false.
void work_through(const std::vector<Task>& tasks, const WorkTree& tree, double parse_budget_s, const Cancel* cancel,
                  const std::function<bool(const Outcome&)>& take);

}  // namespace strata::repo
