// SPDX-License-Identifier: Apache-2.0
// What a model writes, taken apart: text, reasoning (<think>), tool calls in the native syntax of Qwen and Hermes
// (<tool_call>{"name": ..., "arguments": {...}}</tool_call>), Llama 3 ({"name": ..., "parameters": {...}}) and
// DeepSeek (name<｜tool▁sep｜>{...}). Tolerant of what small models write instead: fenced JSON, another tag or none, a
// missing closing tag, arguments beside the name, arguments as a string, and what tolerant_json.h mends.
#pragma once

#include "agent/chat/chat_model.h"

namespace strata::agent {

struct ParsedTurn {
  std::string text, reasoning;
  std::vector<ToolCall> calls;
  std::vector<std::string> repairs, malformed;  // as in ChatTurn
};

// Ids are "call_<n>", counted from `first_id`. `cut`: the turn was cut, so its end is not the end of a call. JSON
// without a tag is a call if it names one of `tools`.
ParsedTurn parse_turn(std::string_view raw, std::span<const ToolSpec> tools, size_t first_id, bool cut = false);

// The next free id's number: behind all calls of the transcript.
size_t next_call_id(std::span<const ChatMessage> transcript);

// Hands a turn that is being written to the events: nothing of what is or may become a call is shown as text.
class TurnStream {
 public:
  TurnStream(const ChatEvents& events, std::span<const ToolSpec> tools) : events_(events), tools_(!tools.empty()) {}
  void push(std::string_view piece);
  // Shows what was held back and turned out to be text.
  void finish(const ParsedTurn& turn);

 private:
  void show(std::string_view all, std::string& shown, const std::function<void(std::string_view)>& to);
  const ChatEvents& events_;
  bool tools_;
  std::string raw_, text_, reasoning_;  // what was written, what was shown
};

}  // namespace strata::agent
