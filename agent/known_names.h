// SPDX-License-Identifier: Apache-2.0
// Names in an answer are those of the context: while a word has the form of an identifier (max_size, readToken), only
// tokens come that go on to one the model was shown. Words of prose are free.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "engine/generate/session.h"

namespace strata::agent {

class KnownNames {
 public:
  // All words of a text are known from now on.
  void add(std::string_view text);
  // Appends `bytes` to an answer whose last, unfinished word is `word`: false, and `word` as it was, if that makes or
  // ends a name that is not known.
  bool append(std::string_view bytes, std::string& word) const;

 private:
  bool begins_one(std::string_view word) const;
  std::set<std::string, std::less<>> words_;
};

class KnownNamesMask : public TokenMask {
 public:
  // `context`: the tokens the answer is generated behind.
  KnownNamesMask(const Tokenizer& tokenizer, std::span<const TokenId> context);
  void restrict(std::span<float> logits) override;
  void accept(TokenId token) override;

 private:
  const Tokenizer* tokenizer_;
  KnownNames names_;
  std::string word_;
};

}  // namespace strata::agent
