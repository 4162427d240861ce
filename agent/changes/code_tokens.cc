// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/code_tokens.h"

#include <algorithm>
#include <cctype>

namespace strata::agent {
namespace {

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The end of the string that begins at `at`, on its line; at + 1 if it does not end there.
size_t string_end(std::string_view text, size_t at) {
  for (size_t i = at + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[at])
      return i + 1;
  }
  return at + 1;
}

}  // namespace

std::vector<CodeToken> code_tokens(std::string_view text, size_t at, const std::vector<repo::ByteRange>& comments,
                                   bool comments_only) {
  std::vector<CodeToken> tokens;
  // Of the comments, the first that ends behind the place we are at.
  auto comment = std::ranges::partition_point(comments, [&](const repo::ByteRange& c) { return c.last <= at; });
  for (size_t i = 0; i < text.size();) {
    while (comment != comments.end() && comment->last <= at + i) ++comment;
    const bool in_comment = comment != comments.end() && comment->first <= at + i;
    if (in_comment != comments_only) {
      i = in_comment ? std::min<size_t>(comment->last - at, text.size()) : i + 1;
      continue;
    }
    const char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
      continue;
    }
    CodeToken token;
    size_t end = i + 1;
    if (is_name(c)) {
      token.kind = is_digit(c) ? CodeToken::Kind::kLiteral : CodeToken::Kind::kName;
      while (end < text.size() && (is_name(text[end]) || (is_digit(c) && text[end] == '.'))) ++end;
    } else if (!comments_only && (c == '"' || c == '\'' || c == '`')) {
      end = string_end(text, i);
      if (end > i + 1) token.kind = CodeToken::Kind::kLiteral;
    }
    token.text = text.substr(i, end - i);
    tokens.push_back(token);
    i = end;
  }
  return tokens;
}

std::vector<TokenSwap> token_swaps(const std::vector<CodeToken>& before, const std::vector<CodeToken>& after) {
  std::vector<TokenSwap> swaps;
  if (before.size() != after.size()) return swaps;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    if (before[i].kind != after[i].kind) return {};
    const auto known =
        std::ranges::find_if(swaps, [&](const TokenSwap& s) { return s.before == before[i] && s.after == after[i]; });
    if (known != swaps.end())
      ++known->times;
    else
      swaps.push_back({before[i], after[i]});
  }
  return swaps;
}

}  // namespace strata::agent
