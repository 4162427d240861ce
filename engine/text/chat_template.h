// SPDX-License-Identifier: Apache-2.0
// Chat templates of the families Strata supports (ChatML of Qwen and SmolLM2, Llama 3, DeepSeek), as token sequences:
// control tokens come from the template, message text is always encoded as plain text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/text/tokenizer.h"

namespace strata {

enum class Role { kSystem, kUser, kAssistant, kTool };  // a tool's result

struct Message {
  Role role = Role::kUser;
  std::string text;
};

class ChatTemplate {
 public:
  // Recognised from the vocabulary's control tokens and tokenizer.chat_template. kUnsupported if none fits.
  static Result<ChatTemplate> load(const GgufFile& file, const Tokenizer& tokenizer);

  // The pieces a prompt is put together from, so that stored key/value state can stand between them.
  std::vector<TokenId> begin() const;           // beginning-of-text token where the model has one
  std::vector<TokenId> open(Role role) const;   // <|im_start|>user\n
  std::vector<TokenId> close(Role role) const;  // <|im_end|>\n
  // begin, every message, and the opening of the assistant's turn. Equal to the model's own template (tested against
  // Hugging Face), but for the default system message that some templates add: the caller passes one if it wants one.
  std::vector<TokenId> render(std::span<const Message> messages) const;
  const std::string& name() const { return name_; }

 private:
  enum class Kind { kChatMl, kLlama3, kDeepSeek };
  ChatTemplate(Kind kind, std::string name, const Tokenizer& tokenizer)
      : kind_(kind), name_(std::move(name)), tokenizer_(&tokenizer) {}
  Kind kind_;
  std::string name_;
  const Tokenizer* tokenizer_;  // must outlive the template
};

}  // namespace strata
