// SPDX-License-Identifier: Apache-2.0
// Chat completions as OpenAI, vLLM, SGLang and llama.cpp speak them: the body of a request, and the turn that a stream
// of events makes. No network.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/chat/chat_model.h"
#include "agent/chat/tool_call_text.h"

namespace strata::agent {

// Not every server takes every parameter. One that it names in a refusal is left out from then on.
using LeftOut = std::set<std::string>;

// Byte for byte the same beginning for a transcript that goes on, so that the server's prefix cache holds.
std::string request_body(const std::string& model, std::span<const ChatMessage> transcript,
                         std::span<const ToolSpec> tools, const ChatOptions& options, const LeftOut& left_out);

// The parameter that a refusal (status 400 or 422) is about, if the request can do without it.
std::optional<std::string> refused_parameter(std::string_view said, const LeftOut& left_out);

// What the body of an error says, shortened.
std::string error_text(std::string_view body);

// Server-sent events: data of whole events, however the bytes are cut.
class SseReader {
 public:
  // False when `on_data` says so, or an event is absurdly long.
  bool push(std::string_view bytes, const std::function<bool(std::string_view)>& on_data);

 private:
  static constexpr size_t kMostBytes = 8 << 20;
  std::string line_, data_;
  bool has_data_ = false;
};

class TurnBuilder {
 public:
  TurnBuilder(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools, const ChatEvents& events,
              int max_tokens);

  // The data of an event; false when nothing more is wanted: it is the end, or an error.
  bool add(std::string_view data);
  // A body that is one JSON document: servers that do not stream.
  void add_whole(std::string_view body);
  bool finished() const { return finished_; }          // the server said that this is all
  bool shown() const { return shown_; }                // something of it was handed to the events
  const std::string& error() const { return error_; }  // of the server, or what cannot be understood
  ChatTurn take();

 private:
  struct Call {
    std::string id, name, arguments;
  };
  void add_choice(const nlohmann::ordered_json& choice, const char* part);

  std::span<const ChatMessage> transcript_;
  std::span<const ToolSpec> tools_;
  const ChatEvents& events_;
  TurnStream stream_;
  size_t most_bytes_;
  std::string text_, reasoning_, error_;
  std::vector<Call> calls_;
  ChatUsage usage_;
  bool usage_known_ = false, finished_ = false, length_ = false, shown_ = false;
};

}  // namespace strata::agent
