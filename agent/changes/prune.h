// SPDX-License-Identifier: Apache-2.0
// Keeps what runs leave on the disk within limits. A private copy is of use while its proposal waits for a decision or
// its run can be resumed; of those, none is touched. Where every hunk is decided, the copy only shows what the run did.
// Contents are removed when neither the journal nor a copy that is left needs them. If that is not enough, the oldest
// steps of the journal are forgotten: they stay listed, but can no longer be undone, and undo says so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/changes/private_copy.h"
#include "agent/changes/run_database.h"
#include "base/cancel.h"
#include "base/result.h"

namespace strata::agent {

struct PruneLimits {
  double days = 14;                        // a copy is kept that long after its run began
  int keep = 5;                            // and those of the newest runs that are decided, however old
  int64_t bytes = int64_t{5'000'000'000};  // of all copies and contents together, before all else
};

struct Pruned {
  std::vector<int64_t> runs;           // whose private copies are gone
  int contents = 0;                    // that are gone
  int64_t freed = 0, left = 0;         // bytes on the disk
  std::vector<std::string> forgotten;  // steps, as "12.1", that can no longer be undone
};
Result<Pruned> prune(RunDatabase& database, const PruneLimits& limits, const Cancel* cancel = nullptr);

// The private copy of a run. kNotFound, with a sentence, where it was pruned.
Result<PrivateCopy> open_copy(const RunDatabase& database, int64_t run);

int64_t bytes_on_disk(const std::filesystem::path& folder);  // of everything in it; 0 if it does not exist

}  // namespace strata::agent
