// SPDX-License-Identifier: Apache-2.0
// Code as words: enough to tell what of two pieces of code differs, in any language.
#pragma once

#include <string_view>
#include <vector>

#include "repo-indexer/parse.h"

namespace strata::agent {

struct CodeToken {
  enum class Kind { kName, kLiteral, kSign };  // a literal: a number, or a string on one line
  Kind kind = Kind::kSign;
  std::string_view text;
  bool operator==(const CodeToken&) const = default;
};

// Of `text`, which stands at byte `at` of a file with these comments: what is in comments is left out (or, with
// `comments_only`, is all there is).
std::vector<CodeToken> code_tokens(std::string_view text, size_t at, const std::vector<repo::ByteRange>& comments,
                                   bool comments_only = false);

// Tokens that stand in the place of others; nothing if the two are not alike enough to be compared one by one.
struct TokenSwap {
  CodeToken before, after;
  int times = 1;
};
std::vector<TokenSwap> token_swaps(const std::vector<CodeToken>& before, const std::vector<CodeToken>& after);

}  // namespace strata::agent
