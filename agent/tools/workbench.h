// SPDX-License-Identifier: Apache-2.0
// Where the tools work: the private copy of a work tree, its index, what the model was shown of it, and what was
// written. One owner of all changes, so that every one of them becomes part of an event (agent/run). One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/changes/private_copy.h"
#include "agent/edits/change.h"
#include "agent/sandbox/sandbox.h"
#include "agent/tools/check.h"
#include "base/cancel.h"
#include "base/result.h"
#include "repo-indexer/index.h"

namespace strata::agent {

// Text for the model.
using AskRepository = std::function<Result<std::string>(const std::string& question, const Cancel* cancel)>;

struct WorkbenchOptions {
  std::filesystem::path index_cache;
  std::string check;  // empty: as detected
  bool network = false;
  CommandLimits limits;
  AskRepository ask;  // empty: there is no such tool
};

// A file that is not what it was.
struct Written {
  std::string path;
  MaybeFile before, after;
};

class Workbench {
 public:
  static Result<Workbench> open(PrivateCopy copy, WorkbenchOptions options);

  // Bytes of a regular file of the tree. Errors say how paths are meant.
  Result<std::string> read(const std::string& path) const;
  bool exists(const std::string& path) const;
  // Keeps the mode of a file that exists. Refuses what permission.h never allows.
  Result<void> write(const std::string& path, const std::string& bytes);
  Result<void> remove(const std::string& path);
  Result<void> move(const std::string& from, const std::string& to);
  // All of it or nothing; files must be what they were.
  Result<void> apply(const Change& change);
  Sources sources();

  // Up to date with the copy.
  Result<repo::Index*> index();

  // A command in the sandbox; `unconfined`: the user agreed to run it without.
  Result<CommandResult> command(const std::string& text, bool unconfined, const Cancel* cancel);
  const Sandbox& sandbox() const { return *sandbox_; }
  // The check of this repository; nothing if none is configured or detected.
  std::optional<std::string> check_command();
  // What it leaves in the tree is taken away again: it is no part of a proposal.
  Result<CheckResult> check(bool unconfined, const Cancel* cancel);

  // What was written since the last call, each path once; what commands wrote is found by looking at the tree.
  Result<std::vector<Written>> take_written();
  // Puts every file as it is said here and forgets what was written: where a resumed run goes on.
  Result<void> restore(const std::map<std::string, MaybeFile>& files);
  int writes() const { return writes_; }  // grows with every change

  // Lines with numbers, and the memory that they were shown.
  std::string show(const std::string& path, const std::string& bytes, int first, int last);
  // These lines as they were shown; nothing if one of them was not, or may have moved since.
  std::optional<std::string> shown(const std::string& path, int first, int last) const;
  // After an edit: lines from the first changed one on were not shown as they are now.
  void forget_from(const std::string& path, int line);

  // Edits of a file that failed one after the other, by format.
  std::map<std::string, std::map<std::string, int>> failures;
  bool run_unconfined = false;  // for this call: the user agreed
  std::optional<CheckResult> last_check;

  const PrivateCopy& copy() const { return copy_; }
  const AskRepository& ask() const { return options_.ask; }

 private:
  Workbench(PrivateCopy copy, WorkbenchOptions options, repo::Index index, Sandbox sandbox);
  void note(const std::string& path, const MaybeFile& before);
  // Every file as it is said here, all others as in the base.
  Result<void> put(const std::map<std::string, MaybeFile>& files);

  PrivateCopy copy_;
  WorkbenchOptions options_;
  std::unique_ptr<repo::Index> index_;
  std::unique_ptr<Sandbox> sandbox_;
  bool index_stale_ = true, commands_ran_ = false;
  int writes_ = 0;
  std::map<std::string, MaybeFile> before_;                  // of paths written since take_written()
  std::map<std::string, MaybeFile> known_;                   // what differs from the base, as of take_written()
  std::map<std::string, std::map<int, std::string>> shown_;  // path, line, text
};

// Never written by an agent, whatever it was allowed: what decides about agents, and git's own.
bool is_protected_path(std::string_view path);

}  // namespace strata::agent
