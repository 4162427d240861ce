// SPDX-License-Identifier: Apache-2.0
// Three-way merges of files, and what accepting a proposal would do to a work tree in which the user has gone on
// working. Nothing is written here; the journal writes.
#pragma once

#include <string>
#include <vector>

#include "agent/changes/proposal.h"
#include "agent/changes/tree_files.h"
#include "base/result.h"

namespace strata::agent {

struct Merged {
  MaybeFile file;  // meaningless with a conflict
  bool conflict = false;
  std::string marked;  // with a conflict in a text: the file with diff3 markers
};
// What `base` becomes when both changes are made. Modes and contents are merged apart; a file that one side deleted and
// the other changed is a conflict, and so is a binary that both changed.
Merged merge_files(const MaybeFile& base, const MaybeFile& ours, const MaybeFile& theirs);

// A place where two sides changed the same lines.
struct Conflict {
  std::string path;
  std::vector<int> hunks;  // numbers, of the proposal or the step
  std::string text;        // the file with conflict markers; empty where one side is no text
  std::string reason;      // a sentence
};

struct ApplyPlan {
  std::vector<FileChange>
      changes;  // before: what stands there now; accepted bytes exactly where nobody else changed it
  std::vector<Conflict> conflicts;
};
// With the accepted and edited hunks of `proposal`. Each conflict names the hunks it comes from, so that the others can
// still be accepted.
Result<ApplyPlan> plan_apply(const TreeFiles& tree, const Proposal& proposal);

}  // namespace strata::agent
