// SPDX-License-Identifier: Apache-2.0
// Unified diffs as models write them: line numbers are hints at most, counts are ignored, a context line may have lost
// its blank. The patch format of some models ("*** Update File: x") is read too. Every hunk becomes a search for its
// old lines (search_replace.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace strata::agent {

struct DiffHunk {
  std::string old_text, new_text;
  int line = 0;  // where the old text is said to start; 0: not said
};

struct DiffFile {
  std::string path;
  std::string renamed_from;  // empty: it keeps its name
  bool created = false, deleted = false;
  std::vector<DiffHunk> hunks;
};

bool looks_like_diff(std::string_view text);
// Error kInvalid saying what was expected and where.
Result<std::vector<DiffFile>> parse_diff(std::string_view text);

}  // namespace strata::agent
