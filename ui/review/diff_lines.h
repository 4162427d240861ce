// SPDX-License-Identifier: Apache-2.0
// A hunk as lines to show, with line numbers of both sides and the part of a line that changed. Values only.
#pragma once

#include <QString>
#include <utility>
#include <vector>

#include "agent/changes/proposal.h"

namespace strata::ui {

struct DiffLine {
  enum class Kind { kContext, kRemoved, kAdded, kNote };
  Kind kind = Kind::kContext;
  int old_line = 0, new_line = 0;     // 1-based; 0: it has none
  QString text;                       // one line, without anything that a text widget would break it at
  int changed_from = 0, changed = 0;  // characters that differ from the line it takes the place of; 0: not marked
};

// At most kMostDiffLines, with a note of what was left out. An edited hunk is shown as it was edited.
inline constexpr int kMostDiffLines = 3000;
std::vector<DiffLine> diffLines(const agent::ProposalFile& file, const agent::Hunk& hunk);

// Where two lines differ, as (begin, length) in each; whole words. Lengths of 0: too different for marks to help.
std::pair<std::pair<int, int>, std::pair<int, int>> changedParts(const QString& before, const QString& after);

}  // namespace strata::ui
