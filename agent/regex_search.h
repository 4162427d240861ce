// SPDX-License-Identifier: Apache-2.0
// Lines of the indexed files that a regular expression (PCRE2, UTF-8) fits. Reads every file: what is found is what is
// there, secrets masked. PCRE2's limits keep an expression that would try for ever from doing so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "repo-indexer/index.h"

namespace strata::agent {

struct LineMatch {
  std::string file;
  int line = 0, column = 0;  // 1-based; column in bytes
  std::string text;          // the line, cut to 300 bytes
};

struct RegexSearch {
  std::vector<LineMatch> matches;  // by file and line, one a line
  bool more = false;               // than `limit`
  std::vector<repo::Skipped> unread;
};

// Errors: kInvalid (the expression, with the place of the mistake), kUnsupported (an expression that takes too long).
Result<RegexSearch> regex_search(const repo::Index& index, std::string_view expression, size_t limit,
                                 const Cancel* cancel = nullptr);

}  // namespace strata::agent
