// SPDX-License-Identifier: Apache-2.0
// What goes into a context: the order of reading, the plan for a budget of tokens, and the map of a repository.
#pragma once

#include <string>
#include <vector>

#include "repo-indexer/database.h"
#include "repo-indexer/index.h"
#include "repo-indexer/walk.h"

namespace strata::repo {

struct PackingSources {
  Database& database;
  const WorkTree& tree;
  std::vector<File> files;  // all of them
  std::function<Result<std::string>(const File&)> read;
};

Result<std::vector<File>> reading_order(PackingSources sources, const std::vector<std::string>& near);
Result<PackingPlan> make_plan(PackingSources sources, int64_t budget, const TokenCounter& count,
                              const std::vector<std::string>& near, const Cancel* cancel);
Result<std::string> make_map(PackingSources sources, int64_t budget, const TokenCounter& count,
                             const std::vector<std::string>& near);

}  // namespace strata::repo
