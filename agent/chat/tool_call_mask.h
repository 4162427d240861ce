// SPDX-License-Identifier: Apache-2.0
// Makes every call a model writes well formed: from the trigger on only tokens come that spell the name of a tool and
// arguments after its schema; behind a call only another one or the end of the turn.
#pragma once

#include <memory>

#include "agent/chat/native_tools.h"
#include "engine/generate/session.h"
#include "engine/text/vocabulary_trie.h"

namespace strata::agent {

class ToolCallMask : public TokenMask {
 public:
  ToolCallMask(std::shared_ptr<const VocabularyTrie> trie, const Tokenizer& tokenizer, const ToolSyntax& syntax,
               std::span<const ToolSpec> tools, bool require_call, bool one_call);
  void restrict(std::span<float> logits) override;
  void accept(TokenId token) override;
  int64_t restricted() const { return restricted_; }  // tokens that were not free

 private:
  enum class State { kText, kCall, kAfter };
  void step(std::string_view bytes);

  std::shared_ptr<const VocabularyTrie> trie_;
  const Tokenizer* tokenizer_;
  JsonGrammar grammar_;
  int call_ = 0, again_ = 0;  // nodes: behind the trigger; behind a call
  std::string trigger_;
  bool trigger_first_, has_again_;
  std::vector<TokenId> ends_;
  State state_ = State::kText;
  JsonGrammar::Matcher matcher_;
  bool at_start_ = true;  // of what follows a call: nothing of another one has been written
  std::string tail_;      // of the text, as long as the trigger
  int64_t restricted_ = 0;
  std::vector<uint8_t> allowed_;
};

}  // namespace strata::agent
