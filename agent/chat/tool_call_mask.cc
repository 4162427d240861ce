// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/tool_call_mask.h"

#include <algorithm>
#include <limits>

namespace strata::agent {

ToolCallMask::ToolCallMask(std::shared_ptr<const VocabularyTrie> trie, const Tokenizer& tokenizer,
                           const ToolSyntax& syntax, std::span<const ToolSpec> tools, bool require_call, bool one_call)
    : trie_(std::move(trie)),
      tokenizer_(&tokenizer),
      trigger_(syntax.trigger),
      trigger_first_(syntax.trigger_first),
      has_again_(!syntax.again.empty() && (!one_call || syntax.family == ToolSyntax::Family::kDeepSeek)) {
  std::vector<JsonGrammar::Branch> first, again;
  for (const ToolSpec& tool : tools) {
    const int arguments = grammar_.add_sequence(grammar_.add_schema(tool.parameters), syntax.close);
    first.push_back({syntax.open + tool.name + syntax.middle, arguments});
    if (has_again_ && !one_call) again.push_back({syntax.again + tool.name + syntax.middle, arguments});
  }
  if (syntax.family == ToolSyntax::Family::kDeepSeek) again.push_back({"<｜tool▁calls▁end｜>", JsonGrammar::kNothing});
  call_ = grammar_.add_choice(std::move(first));
  if (has_again_) again_ = grammar_.add_choice(std::move(again));
  for (TokenId token = 0; token < tokenizer.vocabulary_size(); ++token)
    if (tokenizer.is_end_of_generation(token)) ends_.push_back(token);
  if (require_call) {
    state_ = State::kCall;
    matcher_ = {grammar_, grammar_.add_choice({{trigger_, call_}})};
  }
}

void ToolCallMask::restrict(std::span<float> logits) {
  if (state_ == State::kText) return;
  ++restricted_;
  const bool may_end = state_ == State::kAfter && at_start_;
  bool any = false;
  if (state_ == State::kCall || has_again_)
    any = trie_->allow(matcher_, allowed_);
  else
    allowed_.assign(logits.size(), 0);
  if (may_end)
    for (const TokenId token : ends_) allowed_[static_cast<size_t>(token)] = 1;
  if (!any && !may_end) {  // a vocabulary that cannot spell it: rather a free text than none
    state_ = State::kText;
    return;
  }
  for (size_t i = 0; i < logits.size(); ++i)
    if (i >= allowed_.size() || !allowed_[i]) logits[i] = -std::numeric_limits<float>::infinity();
}

void ToolCallMask::accept(TokenId token) { step(tokenizer_->bytes(token, true)); }

void ToolCallMask::step(std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (state_ == State::kText) {
      tail_ += bytes[i];
      if (!tail_.ends_with(trigger_)) continue;
      // Where a call has to begin the turn, only white space may stand before it.
      if (trigger_first_ && tail_.find_first_not_of(" \n") + trigger_.size() != tail_.size()) continue;
      state_ = State::kCall;
      matcher_ = {grammar_, call_};
      tail_.clear();
      continue;
    }
    at_start_ = false;
    if (!matcher_.step(static_cast<unsigned char>(bytes[i]))) {
      state_ = State::kText;
      continue;
    }
    if (!matcher_.finished()) continue;
    state_ = State::kAfter;
    at_start_ = true;
    if (has_again_) matcher_ = {grammar_, again_};
  }
}

}  // namespace strata::agent
