// SPDX-License-Identifier: Apache-2.0
// Every change Strata makes to a user's work tree, so that each can be undone and redone, byte for byte, in any order.
//
//   step(id, run, number, repository, title, time, by_hand)             one acceptance; "RUN.NUMBER" names it
//   change(id, step, path, before, before_mode, after, after_mode)      content ids; "" with mode 0: no file
//   hunk(step, number, change, kind, old_first, old_lines, new_first, new_lines, active, changed)
//   pending(repository, path, before, before_mode, after, after_mode, temporary)     what is being written right now
//
// The state of a file is a pure function of which hunks are active: the first content known of it, then, step by step,
// the active hunks of each (merged three-way where an earlier step is not what it was). Undoing clears `active`,
// redoing sets it, both write what the function gives. What the user did in between enters as a step of its own
// ("edited by hand"), so the chain has no gaps and nobody's edit is lost.
//
// Crash safety: contents first; then, in one transaction, the new state and, in `pending`, the files it means; then the
// files, each by one rename; then `pending` is emptied. open() writes what a killed process had not written yet. Where
// the user has edited such a file since, the edit stays and is told about.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "agent/changes/apply.h"
#include "agent/changes/content_store.h"
#include "agent/changes/proposal.h"
#include "agent/changes/run_database.h"
#include "base/result.h"

namespace strata::agent {

// A RUN, "RUN.STEP" or "RUN.STEP.HUNK". Zero: all.
struct JournalAddress {
  int64_t run = 0;
  int step = 0, hunk = 0;
};
Result<JournalAddress> parse_address(std::string_view text);  // kInvalid

struct JournalHunk {
  int number = 0;
  std::string path;
  bool active = true;
};
struct JournalStep {
  int64_t run = 0;
  int number = 0;
  std::string title;
  int64_t time = 0;  // seconds since 1970, UTC
  bool by_hand = false;
  std::vector<JournalHunk> hunks;
};

// What a write did, or why it did nothing: with conflicts, nothing was written.
struct WriteReport {
  std::vector<FileChange> written;
  std::vector<Conflict> conflicts;
  int64_t run = 0;
  int step = 0;   // 0: nothing to do
  int hunks = 0;  // that changed their state
};

class Journal {
 public:
  // Of the work tree at `repository` (its top). Finishes what a killed process had begun. One process writes at a time:
  // others wait. `database` must outlive it.
  static Result<Journal> open(RunDatabase& database, const std::filesystem::path& repository);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();

  const std::vector<std::string>& recovered() const;  // what open() finished, in sentences

  // Applies the accepted (and edited) hunks as one step of `run`, which is "applied" then, merged three-way onto what
  // the tree holds now. With conflicts, nothing is written.
  Result<WriteReport> apply(int64_t run, const Proposal& proposal, const std::string& title);

  // Refuses (a conflict with its reason) where the user has edited the file since, unless `merge`: then the edits are
  // kept and the undo is merged into them, if it can be. kNotFound if there is nothing to undo at this address.
  Result<WriteReport> undo(const JournalAddress& address, bool merge = false);
  Result<WriteReport> redo(const JournalAddress& address, bool merge = false);
  // The newest step that is not wholly undone; the one that was undone last. kNotFound.
  Result<JournalAddress> last_done();
  Result<JournalAddress> last_undone();

  // In the order they were made, those by hand included.
  Result<std::vector<JournalStep>> steps(int64_t run);

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::agent
