// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/history.h"

#include <chrono>

namespace strata::repo {
namespace {

constexpr int kCommits = 500;
constexpr std::chrono::milliseconds kTime{2000};

template <auto release>
struct Free {
  void operator()(auto* object) const { release(object); }
};
using Revwalk = std::unique_ptr<git_revwalk, Free<git_revwalk_free>>;
using Commit = std::unique_ptr<git_commit, Free<git_commit_free>>;
using Tree = std::unique_ptr<git_tree, Free<git_tree_free>>;
using Diff = std::unique_ptr<git_diff, Free<git_diff_free>>;

Tree tree_of(const git_commit* commit) {
  git_tree* tree = nullptr;
  git_commit_tree(&tree, commit);
  return Tree(tree);
}

}  // namespace

std::unordered_map<std::string, int> change_counts(const WorkTree& work_tree, const Cancel* cancel) {
  std::unordered_map<std::string, int> counts;
  git_repository* const repository = work_tree.repository();
  git_revwalk* raw_walk = nullptr;
  if (!repository || git_revwalk_new(&raw_walk, repository) != 0) return counts;
  const Revwalk walk(raw_walk);
  if (git_revwalk_push_head(raw_walk) != 0) return counts;
  const auto start = std::chrono::steady_clock::now();
  git_oid id;
  for (int seen = 0; seen < kCommits && git_revwalk_next(&id, raw_walk) == 0;) {
    if ((cancel && cancel->requested()) || std::chrono::steady_clock::now() - start > kTime) break;
    git_commit* raw_commit = nullptr;
    if (git_commit_lookup(&raw_commit, repository, &id) != 0) break;
    const Commit commit(raw_commit);
    if (git_commit_parentcount(raw_commit) > 1) continue;
    ++seen;
    Tree before;
    if (git_commit_parentcount(raw_commit) == 1) {
      git_commit* raw_parent = nullptr;
      if (git_commit_parent(&raw_parent, raw_commit, 0) != 0) break;  // beyond a shallow clone
      const Commit parent(raw_parent);
      before = tree_of(raw_parent);
    }
    const Tree after = tree_of(raw_commit);
    git_diff* raw_diff = nullptr;
    git_diff_options options = GIT_DIFF_OPTIONS_INIT;
    options.flags = GIT_DIFF_SKIP_BINARY_CHECK | GIT_DIFF_IGNORE_SUBMODULES;
    if (!after || git_diff_tree_to_tree(&raw_diff, repository, before.get(), after.get(), &options) != 0) break;
    const Diff diff(raw_diff);
    for (size_t i = 0; i < git_diff_num_deltas(raw_diff); ++i) ++counts[git_diff_get_delta(raw_diff, i)->new_file.path];
  }
  return counts;
}

bool HeadTree::differs(const std::string& path, const std::string& blob_id) const {
  if (!tree_) return false;
  git_tree_entry* entry = nullptr;
  if (git_tree_entry_bypath(&entry, tree_.get(), path.c_str()) != 0) return true;
  char hex[GIT_OID_SHA1_HEXSIZE + 1];
  const bool same = blob_id == git_oid_tostr(hex, sizeof hex, git_tree_entry_id(entry));
  git_tree_entry_free(entry);
  return !same;
}

HeadTree::HeadTree(const WorkTree& tree) {
  git_object* object = nullptr;
  if (tree.repository() && git_revparse_single(&object, tree.repository(), "HEAD^{tree}") == 0) {
    tree_.reset(reinterpret_cast<git_tree*>(object));
  }
}

}  // namespace strata::repo
