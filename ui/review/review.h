// SPDX-License-Identifier: Apache-2.0
// What is reviewed: the proposal of a run, or what the work tree itself has changed since the last commit.
#pragma once

#include <QString>
#include <map>
#include <vector>

#include "agent/changes/journal.h"
#include "agent/changes/proposal.h"
#include "agent/tools/check.h"
#include "ui/agent/run_steps.h"

namespace strata::ui {

struct Review {
  qint64 run = 0;  // 0: the work tree's own changes; accepting them keeps them, rejecting takes them back
  QString title;   // the instruction
  QString end;     // how the run ended, where that was not well
  agent::Proposal proposal;
  std::map<int, int> applied;  // hunks that are in the user's tree, with the step of the journal that put them there
  std::vector<LeftAlone> left_alone;
  std::vector<RunStep> checks;  // of the run; the last one is of the tree as it is proposed

  bool ofWorkTree() const { return run == 0; }
};

struct Counts {
  int files = 0, hunks = 0, pending = 0, accepted = 0, rejected = 0, applied = 0;  // edited counts as accepted
  int comments = 0;
  int added = 0, removed = 0;  // lines
  int to_write = 0;            // hunks that the button below would write now
};
Counts count(const Review& review);
Counts count(const Review& review, const agent::ProposalFile& file);

bool isTaken(const agent::Hunk& hunk);  // accepted, as it is or edited

// A write to the user's tree, or why there was none.
struct Written {
  enum class What { kApplied, kTakenBack, kUndone, kRedone };
  What what = What::kApplied;
  QString title;
  agent::WriteReport report;
};

// What the check says of the tree with what is accepted, before any of it is written.
struct Checked {
  qint64 run = 0;
  agent::CheckResult result;
  int hunks = 0;  // that were accepted then
};

struct History {
  QString undo, redo;  // what would be taken back or done again; empty: nothing
};

}  // namespace strata::ui
