// SPDX-License-Identifier: Apache-2.0
// A template is known by the control tokens of the vocabulary; its text is written here once, checked against Hugging
// Face's rendering of the models' own templates (tests/unit/text). Equal is the text: a message is encoded apart from
// the opening before it, so that its tokens are the same wherever they were computed.
#include "engine/text/chat_template.h"

#include "engine/format/gguf.h"

namespace strata {
namespace {

const char* role_name(Role role) {
  switch (role) {
    case Role::kSystem: return "system";
    case Role::kUser: return "user";
    case Role::kAssistant: return "assistant";
    case Role::kTool: return "ipython";  // Llama 3; the others give results another role
  }
  return "";
}

// Llama 3's template does this to every message.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r\x1c\x1d\x1e\x1f";
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

Result<ChatTemplate> ChatTemplate::load(const GgufFile& file, const Tokenizer& tokenizer) {
  const auto has = [&](const char* text) { return tokenizer.control_token(text) >= 0; };
  if (has("<|im_start|>") && has("<|im_end|>")) return ChatTemplate(Kind::kChatMl, "chatml", tokenizer);
  if (has("<|start_header_id|>") && has("<|end_header_id|>") && has("<|eot_id|>"))
    return ChatTemplate(Kind::kLlama3, "llama3", tokenizer);
  if (has("<｜User｜>") && has("<｜Assistant｜>") && tokenizer.end_of_text() >= 0)
    return ChatTemplate(Kind::kDeepSeek, "deepseek", tokenizer);
  return fail(ErrorKind::kUnsupported, file.path().string() + ": this model's chat template is not one Strata knows");
}

std::vector<TokenId> ChatTemplate::begin() const {
  if (kind_ == Kind::kChatMl && !tokenizer_->adds_beginning_of_text()) return {};
  const TokenId token = tokenizer_->beginning_of_text();
  return token >= 0 ? std::vector<TokenId>{token} : std::vector<TokenId>{};
}

std::vector<TokenId> ChatTemplate::open(Role role) const {
  std::vector<TokenId> tokens;
  const auto control = [&](const char* text) { tokens.push_back(tokenizer_->control_token(text)); };
  switch (kind_) {
    case Kind::kChatMl:
      control("<|im_start|>");
      tokenizer_->encode(std::string(role_name(role)) + "\n", tokens);
      break;
    case Kind::kLlama3:
      control("<|start_header_id|>");
      tokenizer_->encode(role_name(role), tokens);
      control("<|end_header_id|>");
      tokenizer_->encode("\n\n", tokens);
      break;
    case Kind::kDeepSeek:  // the system message stands bare behind the beginning of text
      if (role != Role::kSystem) control(role == Role::kUser ? "<｜User｜>" : "<｜Assistant｜>");
      break;
  }
  return tokens;
}

std::vector<TokenId> ChatTemplate::close(Role role) const {
  std::vector<TokenId> tokens;
  switch (kind_) {
    case Kind::kChatMl:
      tokens.push_back(tokenizer_->control_token("<|im_end|>"));
      tokenizer_->encode("\n", tokens);
      break;
    case Kind::kLlama3: tokens.push_back(tokenizer_->control_token("<|eot_id|>")); break;
    case Kind::kDeepSeek:
      if (role == Role::kAssistant) tokens.push_back(tokenizer_->end_of_text());
      break;
  }
  return tokens;
}

std::vector<TokenId> ChatTemplate::render(std::span<const Message> messages) const {
  std::vector<TokenId> tokens = begin();
  const auto add = [&](const std::vector<TokenId>& more) { tokens.insert(tokens.end(), more.begin(), more.end()); };
  for (const Message& message : messages) {
    add(open(message.role));
    tokenizer_->encode(kind_ == Kind::kLlama3 ? trimmed(message.text) : message.text, tokens);
    add(close(message.role));
  }
  add(open(Role::kAssistant));
  return tokens;
}

}  // namespace strata
