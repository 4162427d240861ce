// SPDX-License-Identifier: Apache-2.0
// What is precious about runs, in one SQLite file ($XDG_DATA_HOME/strata/runs.sqlite): the runs, their events, the
// user's verdicts on hunks and the journal (journal.h). WAL with full synchronisation: what a function returned from is
// on disk. A file that is damaged is moved aside, never deleted.
//
//   run(id, repository, started, status, instruction)
//   event(run, seq, kind, json, time)                      append-only; seq counts from 1 in each run
//   verdict(run, hunk, state, comment, edited)             hunk: Hunk::id
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "agent/changes/proposal.h"
#include "base/result.h"
#include "repo-indexer/database.h"

namespace strata::agent {

struct Run {
  int64_t id = 0;
  std::string repository;  // top of the work tree
  int64_t started = 0;     // seconds since 1970, UTC
  std::string status;      // a word; who makes the run defines it. "applied": some of it was written to the tree
  std::string instruction;
};

// What of a run stands in the journal, and what its models have read and written.
struct RunTotals {
  int files = 0, hunks = 0, active = 0;  // active: hunks that are not undone
  struct Tokens {
    std::string model;                    // its name; empty of runs that did not note it
    int64_t in = 0, reused = 0, out = 0;  // reused: of those in, not computed again
  };
  std::vector<Tokens> tokens;  // of each model
};

struct RunEvent {
  int64_t seq = 0;
  std::string kind, json;
  int64_t time = 0;  // milliseconds since 1970, UTC
};

class RunDatabase {
 public:
  // runs.sqlite in the user's data folder.
  static Result<std::filesystem::path> default_file();
  // `notice` is told when a damaged file was moved aside. kUnsupported: a newer Strata wrote the file.
  static Result<RunDatabase> open(const std::filesystem::path& file,
                                  const std::function<void(const std::string&)>& notice = {});

  // Where files of a run live, beside the database; its private copy is FOLDER/copy. Not created here.
  std::filesystem::path folder(int64_t run) const;
  // The contents the journal refers to.
  std::filesystem::path content_folder() const;
  const std::filesystem::path& file() const { return file_; }

  Result<int64_t> start_run(const std::string& repository, const std::string& instruction, const std::string& status);
  Result<void> set_status(int64_t run, const std::string& status);
  Result<Run> run(int64_t id);                                        // kNotFound
  Result<std::vector<Run>> runs(const std::string& repository = {});  // newest first; empty: of all repositories
  Result<RunTotals> totals(int64_t run);

  Result<int64_t> append(int64_t run, const std::string& kind, const std::string& json);  // its seq
  Result<std::vector<RunEvent>> events(int64_t run, int64_t after_seq = 0);

  // The user's decisions on the hunks of a run's proposal, kept under Hunk::id so that they survive the proposal being
  // made anew.
  Result<void> set_verdict(int64_t run, const Hunk& hunk);
  Result<void> restore_verdicts(int64_t run, Proposal& proposal);
  // They have become an instruction.
  Result<void> clear_comments(int64_t run);

  repo::Database& database() { return database_; }

 private:
  RunDatabase(std::filesystem::path file, repo::Database database)
      : file_(std::move(file)), database_(std::move(database)) {}
  std::filesystem::path file_;
  repo::Database database_;
};

}  // namespace strata::agent
