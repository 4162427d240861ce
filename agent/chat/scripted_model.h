// SPDX-License-Identifier: Apache-2.0
// A model that says what a file tells it to: `scripted:FILE`, a JSON list of turns, each a string with tool calls in
// Qwen's <tool_call> syntax. For tests and demonstrations; everything behind the sampling is the real thing.
#pragma once

#include <filesystem>

#include "agent/chat/chat_model.h"

namespace strata::agent {

class ScriptedModel : public ChatModel {
 public:
  static Result<std::unique_ptr<ScriptedModel>> load(const std::filesystem::path& file);
  explicit ScriptedModel(std::vector<std::string> turns, std::string name = "scripted");

  // The turn behind those of the model that the transcript holds already, so that a resumed run goes on where it was.
  // kInvalid when the script has no such turn.
  Result<ChatTurn> reply(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                         const ChatOptions& options = {}, const ChatEvents& events = {},
                         const Cancel* cancel = nullptr) override;
  const std::string& name() const override { return name_; }
  int context_tokens() const override { return 0; }
  Result<int64_t> count_tokens(std::string_view text) override;  // four bytes each

 private:
  std::vector<std::string> turns_;
  std::string name_;
};

}  // namespace strata::agent
