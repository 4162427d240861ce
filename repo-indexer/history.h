// SPDX-License-Identifier: Apache-2.0
// How often files change. What changes seldom comes first in a context, because everything before a change can be kept.
#pragma once

#include <string>
#include <unordered_map>

#include "base/cancel.h"
#include "repo-indexer/walk.h"

namespace strata::repo {

// Commits that touched each path, of the last 500 without merges, in at most two seconds; what a shallow clone lacks is
// not counted. Empty without history.
std::unordered_map<std::string, int> change_counts(const WorkTree& tree, const Cancel* cancel);

// What the last commit holds. Without one, nothing differs from it.
class HeadTree {
 public:
  explicit HeadTree(const WorkTree& tree);
  bool differs(const std::string& path, const std::string& blob_id) const;

 private:
  struct Free {
    void operator()(git_tree* tree) const { git_tree_free(tree); }
  };
  std::unique_ptr<git_tree, Free> tree_;  // while the WorkTree lives
};

}  // namespace strata::repo
