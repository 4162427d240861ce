// SPDX-License-Identifier: Apache-2.0
#include "ui/review/review.h"

#include <ranges>
#include <string_view>

namespace strata::ui {

bool isTaken(const agent::Hunk& hunk) {
  return hunk.state == agent::HunkState::kAccepted || hunk.state == agent::HunkState::kEdited;
}

namespace {

// Lines that are put in and taken out, without those between them that stay.
void countLines(const agent::Hunk& hunk, Counts& c) {
  for (const auto line : std::views::split(std::string_view(hunk.diff), '\n')) {
    c.added += !line.empty() && line.front() == '+';
    c.removed += !line.empty() && line.front() == '-';
  }
}

}  // namespace

Counts count(const Review& review, const agent::ProposalFile& file) {
  Counts c;
  c.files = 1;
  for (const agent::Hunk& hunk : file.hunks) {
    ++c.hunks;
    countLines(hunk, c);
    c.comments += !hunk.comment.empty();
    const bool rejected = hunk.state == agent::HunkState::kRejected;
    if (review.applied.contains(hunk.number)) {
      ++c.applied;
      continue;
    }
    c.pending += hunk.state == agent::HunkState::kPending;
    c.rejected += rejected;
    c.accepted += isTaken(hunk);
    c.to_write += review.ofWorkTree() ? rejected : isTaken(hunk);
  }
  return c;
}

Counts count(const Review& review) {
  Counts sum;
  for (const agent::ProposalFile& file : review.proposal.files) {
    const Counts c = count(review, file);
    for (int Counts::* number :
         {&Counts::files, &Counts::hunks, &Counts::pending, &Counts::accepted, &Counts::rejected, &Counts::applied,
          &Counts::comments, &Counts::added, &Counts::removed, &Counts::to_write})
      sum.*number += c.*number;
  }
  return sum;
}

}  // namespace strata::ui
