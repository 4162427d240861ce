// SPDX-License-Identifier: Apache-2.0
// What we use of libgit2: owners for its objects, its last error, and contents as they stand in the work tree (after
// .gitattributes and core.autocrlf).
#pragma once

#include <git2.h>

#include <memory>
#include <string>

#include "agent/changes/tree_files.h"
#include "base/result.h"

namespace strata::agent {

template <auto kFree>
struct GitFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using GitObject = std::unique_ptr<git_object, GitFree<git_object_free>>;
using GitTree = std::unique_ptr<git_tree, GitFree<git_tree_free>>;
using GitCommit = std::unique_ptr<git_commit, GitFree<git_commit_free>>;
using GitBlob = std::unique_ptr<git_blob, GitFree<git_blob_free>>;
using GitDiff = std::unique_ptr<git_diff, GitFree<git_diff_free>>;
using GitPatch = std::unique_ptr<git_patch, GitFree<git_patch_free>>;
using GitIndex = std::unique_ptr<git_index, GitFree<git_index_free>>;
using GitSignature = std::unique_ptr<git_signature, GitFree<git_signature_free>>;
using GitConfig = std::unique_ptr<git_config, GitFree<git_config_free>>;
using GitFilters = std::unique_ptr<git_filter_list, GitFree<git_filter_list_free>>;

// "what: what libgit2 said".
std::unexpected<Error> git_error_of(const std::string& what, ErrorKind kind = ErrorKind::kInvalid);

// A blob as a file of the work tree at `path`. Nothing for a null id or a submodule.
Result<MaybeFile> file_of(git_repository* repository, const git_oid& id, uint32_t mode, const std::string& path);

}  // namespace strata::agent
