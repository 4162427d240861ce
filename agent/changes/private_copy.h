// SPDX-License-Identifier: Apache-2.0
// The agent's own copy of a work tree: tracked and untracked files without what git ignores, modes and links kept, as
// clones of the file's blocks where the file system can (reflink). It has a `.git` of its own that borrows the objects
// of the user's repository: `git log`, `git status` and `git describe` work in it, nothing can reach the user's refs,
// index, hooks or configuration.
//
//   FOLDER/tree        the copy; the only part that the agent and its commands write
//   FOLDER/base        the same files as they were when the copy was made
//   FOLDER/tmp         /tmp of its commands
//   FOLDER/origin      when and from where it was made; written last: without it the copy is not whole
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/changes/tree_files.h"
#include "base/cancel.h"
#include "base/result.h"

namespace strata::agent {

struct FileChange {
  std::string path;
  MaybeFile before, after;  // never equal
};

class PrivateCopy {
 public:
  // Copies the work tree that contains `repository` (a plain folder works too) into `folder`, which must not exist or
  // be empty. kCancelled, kIo: nothing is left of `folder`.
  static Result<PrivateCopy> make(const std::filesystem::path& repository, const std::filesystem::path& folder,
                                  const Cancel* cancel = nullptr);
  // kDamaged if the copy was never finished.
  static Result<PrivateCopy> open(const std::filesystem::path& folder);

  const std::filesystem::path& root() const { return tree_.root(); }       // FOLDER/tree
  const std::filesystem::path& repository() const { return repository_; }  // top of the user's work tree
  const std::filesystem::path& temporary() const { return temporary_; }

  // In the copy, with TreeFiles' rules for paths. write() replaces as a whole or not at all.
  Result<MaybeFile> read(const std::string& path) const { return tree_.read(path); }
  Result<void> write(const std::string& path, const FileContent& file) const;
  Result<void> remove(const std::string& path) const;                       // kNotFound
  Result<void> move(const std::string& from, const std::string& to) const;  // kNotFound; kInvalid if `to` exists
  // As it was when the copy was made.
  Result<MaybeFile> base(const std::string& path) const { return base_.read(path); }

  // Every path that differs from the base, ascending; new files that git ignores do not count.
  Result<std::vector<FileChange>> changes(const Cancel* cancel = nullptr) const;

 private:
  PrivateCopy(TreeFiles tree, TreeFiles base) : tree_(std::move(tree)), base_(std::move(base)) {}
  Result<void> put(const std::string& path, const MaybeFile& before, const MaybeFile& after) const;
  TreeFiles tree_, base_;
  std::filesystem::path repository_, temporary_;
  int64_t copied_at_ = 0;  // ns since 1970, by the clock that files have
};

}  // namespace strata::agent
