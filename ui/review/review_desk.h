// SPDX-License-Identifier: Apache-2.0
// The work behind the review, of one repository: what runs proposed, the user's decisions, and writing to the tree
// through the journal. One thread; calls block.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "agent/changes/run_database.h"
#include "base/cancel.h"
#include "base/result.h"
#include "ui/review/review.h"

namespace strata::ui {

// A run whose proposal nobody has decided on, or one that was ended in the middle.
struct WaitingRun {
  agent::Run run;
  std::vector<agent::RunEvent> events;
  bool interrupted = false;
};

class ReviewDesk {
 public:
  static Result<ReviewDesk> open(const std::filesystem::path& repository,
                                 const std::function<void(const std::string&)>& notice);

  Result<Review> ofRun(int64_t run);
  Result<Review> ofWorkTree();

  // Keeps the decision on a hunk of a run, so that it is there after a restart. `all_rejected`: nothing is left to do.
  Result<void> decide(int64_t run, const agent::Hunk& hunk, bool all_rejected);

  // Writes the accepted hunks of a run; of the work tree's own changes, takes back the rejected ones.
  Result<Written> write(const Review& review);
  // Whether the tree would pass its check with what is accepted; nothing of it is written.
  Result<Checked> check(const Review& review, const Cancel* cancel);
  // Of this step or hunk, or of the newest step. `merge`: edits made since are kept, if the two can be joined.
  Result<Written> undo(std::optional<agent::JournalAddress> address, bool merge);
  Result<Written> redo(bool merge);
  Result<History> history();

  Result<std::vector<agent::Run>> runs();  // of this repository, newest first
  // The newest run, if it waits for the user.
  Result<std::optional<WaitingRun>> waiting();

 private:
  ReviewDesk(std::filesystem::path repository, std::unique_ptr<agent::RunDatabase> database)
      : repository_(std::move(repository)), database_(std::move(database)) {}
  Result<agent::Journal> journal();
  Result<QString> titleOf(agent::Journal& journal, const agent::JournalAddress& address);
  Result<Written> back(std::optional<agent::JournalAddress> address, bool merge, bool again);

  std::filesystem::path repository_;
  std::unique_ptr<agent::RunDatabase> database_;
};

}  // namespace strata::ui
