// SPDX-License-Identifier: Apache-2.0
// Commits what was accepted, and only that, on the current branch: what the user has changed or staged besides stays as
// it is. The repository's hooks (pre-commit, commit-msg, post-commit) run as for `git commit`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/changes/private_copy.h"
#include "base/result.h"

namespace strata::agent {

struct CommitReport {
  std::string id;           // of the new commit, hex
  std::string hook_output;  // what hooks printed
};

// `changes` as they were written to the work tree. Errors, after which nothing is committed: a hook refused (its
// output), a merge or rebase is in progress, no branch is checked out, no author is configured, commits are signed
// here, a file was changed in a way that cannot be told from the accepted part.
Result<CommitReport> commit_changes(const std::filesystem::path& repository, const std::vector<FileChange>& changes,
                                    const std::string& message);

}  // namespace strata::agent
