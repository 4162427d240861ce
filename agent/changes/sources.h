// SPDX-License-Identifier: Apache-2.0
// Where reviews get their changes from. Reads only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/changes/private_copy.h"
#include "base/cancel.h"
#include "base/result.h"

namespace strata::agent {

// HEAD against the work tree: what is modified, deleted or new and not ignored.
Result<std::vector<FileChange>> work_tree_changes(const std::filesystem::path& repository,
                                                  const Cancel* cancel = nullptr);
// A commit against its first parent; the first commit against nothing.
Result<std::vector<FileChange>> commit_changes_of(const std::filesystem::path& repository, const std::string& commit);
// "A..B": A against B. "A...B": from where they parted.
Result<std::vector<FileChange>> range_changes(const std::filesystem::path& repository, const std::string& range);
// A unified diff (as of git or diff -u) against the work tree. All of it fits, or kInvalid with the file and line that
// does not.
Result<std::vector<FileChange>> patch_changes(const std::filesystem::path& repository, std::string_view patch);

}  // namespace strata::agent
