// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/proposal.h"

#include "agent/changes/commit.h"
#include "agent/changes/journal.h"
#include "agent/changes/risks.h"
#include "agent/changes/run_database.h"
#include "agent/changes/sources.h"

namespace strata::agent {

std::string_view name_of(HunkState state) {
  switch (state) {
    case HunkState::kPending: return "pending";
    case HunkState::kAccepted: return "accepted";
    case HunkState::kRejected: return "rejected";
    case HunkState::kEdited: return "edited";
  }
  return "";
}

}  // namespace strata::agent
