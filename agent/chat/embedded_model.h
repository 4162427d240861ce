// SPDX-License-Identifier: Apache-2.0
// Our engine as a chat model: append-only, calls constrained by a grammar.
#pragma once

#include <unordered_map>

#include "agent/chat/chat_model.h"
#include "agent/chat/native_tools.h"
#include "engine/generate/session.h"
#include "engine/text/vocabulary_trie.h"

namespace strata::agent {

class EmbeddedModel : public ChatModel {
 public:
  // kUnsupported for a model without a chat template.
  static Result<std::unique_ptr<EmbeddedModel>> make(std::shared_ptr<Model> model, const SessionOptions& options);

  Result<ChatTurn> reply(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                         const ChatOptions& options = {}, const ChatEvents& events = {},
                         const Cancel* cancel = nullptr) override;
  const std::string& name() const override { return model_->params().name; }
  int context_tokens() const override { return model_->params().trained_context; }
  Result<int64_t> count_tokens(std::string_view text) override;
  Result<std::vector<Alternative>> alternatives(std::string_view before, std::string_view line, std::string_view behind,
                                                ChatUsage& usage, const Cancel* cancel = nullptr) override;

 private:
  EmbeddedModel(std::shared_ptr<Model> model, const SessionOptions& options);
  // Makes the session hold this prompt, its last token's logits at hand; how many tokens were there already.
  Result<size_t> bring_to(std::span<const TokenId> prompt, const Cancel* cancel);

  std::shared_ptr<Model> model_;
  Session session_;
  std::shared_ptr<const VocabularyTrie> trie_;  // made with the first tools
  // Turns of this process as they were sampled: encoding their text again might give other tokens.
  std::unordered_map<std::string, std::vector<TokenId>> sampled_;
};

}  // namespace strata::agent
