// SPDX-License-Identifier: Apache-2.0
// Which files are central, and the preamble: what somebody who has never seen the repository should be told first.
#pragma once

#include <string>
#include <vector>

#include "repo-indexer/database.h"
#include "repo-indexer/index.h"

namespace strata::repo {

// `readme`: the text of the README, may be empty.
Result<PackingPlan> make_plan(Database& database, std::vector<File> files, std::string_view repository_name,
                              std::string_view readme, const std::vector<std::string>& near);

// The README at the top of the tree; nullptr if there is none.
const File* find_readme(const std::vector<File>& files);

}  // namespace strata::repo
