// SPDX-License-Identifier: Apache-2.0
#include "agent/known_names.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include "agent/question.h"

namespace strata::agent {

namespace {

constexpr float kSampled = 10;  // logits this far below the best are never sampled

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

}  // namespace

void KnownNames::add(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && is_word_char(text[end])) ++end;
    if (end > i) words_.emplace(text.substr(i, end - i));
    i = end + 1;
  }
}

bool KnownNames::begins_one(std::string_view word) const {
  const auto at = words_.lower_bound(word);
  return at != words_.end() && at->starts_with(word);
}

bool KnownNames::append(std::string_view bytes, std::string& word) const {
  std::string next = word;
  for (const char c : bytes) {
    if (is_word_char(c)) {
      next += c;
    } else {
      if (looks_like_identifier(next) && !words_.contains(next)) return false;
      next.clear();
    }
  }
  if (looks_like_identifier(next) && !begins_one(next)) return false;
  word = std::move(next);
  return true;
}

KnownNamesMask::KnownNamesMask(const Tokenizer& tokenizer, std::span<const TokenId> context) : tokenizer_(&tokenizer) {
  names_.add(tokenizer.decode(context));
}

void KnownNamesMask::restrict(std::span<float> logits) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  for (bool fits = false; !fits;) {
    const float best = *std::ranges::max_element(logits);
    if (best == kNever) return;
    for (size_t i = 0; i < logits.size(); ++i) {
      if (logits[i] < best - kSampled) continue;
      const auto token = static_cast<TokenId>(i);
      std::string word = word_;
      const bool ends = tokenizer_->is_end_of_generation(token);
      if (names_.append(ends ? "\n" : tokenizer_->bytes(token), word))
        fits = true;
      else
        logits[i] = kNever;
    }
  }
}

void KnownNamesMask::accept(TokenId token) {
  if (!names_.append(tokenizer_->bytes(token), word_)) word_.clear();
}

}  // namespace strata::agent
