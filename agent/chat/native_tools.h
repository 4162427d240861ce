// SPDX-License-Identifier: Apache-2.0
// How a family of models is told of tools, calls them and is given their results: its own native format, as its chat
// template has it. Models whose template knows no tools get Hermes', which Qwen shares.
#pragma once

#include "agent/chat/chat_model.h"
#include "engine/text/chat_template.h"

namespace strata::agent {

struct ToolSyntax {
  enum class Family { kHermes, kLlama3, kDeepSeek } family = Family::kHermes;
  static ToolSyntax of(const ChatTemplate& chat, const Tokenizer& tokenizer);

  // What the system message says of the tools behind its own text; empty where they stand elsewhere.
  std::string declaration(std::span<const ToolSpec> tools) const;
  std::string before_system(std::span<const ToolSpec> tools) const;      // Llama 3: before the system message's text
  std::string before_first_user(std::span<const ToolSpec> tools) const;  // Llama 3: declares them here
  std::string calls(const ChatMessage& message) const;                   // of a turn that was not sampled here

  // For the grammar: a call is `trigger open NAME middle ARGUMENTS close`, another one follows after `again`.
  std::string trigger, open, middle, close, again;
  bool trigger_first = false;  // only at the beginning of a turn
};

// As Python's json.dumps writes it: what the templates were trained with. `indent` 0: one line.
std::string python_json(const nlohmann::ordered_json& value, int indent = 0);
nlohmann::ordered_json function_json(const ToolSpec& tool);

// A transcript as tokens. `sampled` knows the tokens of turns that were generated here.
std::vector<TokenId> render_transcript(
    const ChatTemplate& chat, const Tokenizer& tokenizer, std::span<const ChatMessage> transcript,
    std::span<const ToolSpec> tools,
    const std::function<const std::vector<TokenId>*(const std::string& raw)>& sampled = nullptr);

}  // namespace strata::agent
