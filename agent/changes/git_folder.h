// SPDX-License-Identifier: Apache-2.0
// The `.git` of a private copy.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "repo-indexer/walk.h"

namespace strata::agent {

// In `copy`, which has none yet: the branches, tags, index and ignore rules of `original` as they are now, its objects
// by reference, and nothing else: no hooks, no remotes, no configuration, as these hold commands and passwords. Of a
// plain folder: an empty repository, so that no repository further up is taken for it.
Result<void> make_git_folder(const repo::WorkTree& original, const std::filesystem::path& copy);

}  // namespace strata::agent
