// SPDX-License-Identifier: Apache-2.0
// A model behind an OpenAI-compatible endpoint: a hosted API, or a server such as vLLM, SGLang or llama.cpp's. What
// passes (429, 5xx, a connection that breaks) is tried again with growing waits; what does not is a clear error.
#pragma once

#include "agent/chat/chat_model.h"
#include "agent/chat/openai_wire.h"

namespace strata::agent {

struct Endpoint {
  std::string url;    // base, as in "http://127.0.0.1:8080/v1"
  std::string model;  // its name there; empty: the first that the server lists
  std::string key;    // sent, and never written or shown
  double connect_s = 10;
  int tries = 4;
  double first_wait_s = 1;  // doubles with each try, unless the server says how long
};

// STRATA_API_KEY, else OPENAI_API_KEY where it would not travel in clear over a network.
std::string api_key(const std::string& url);

// How long a server may say nothing. One on this machine reads a long prompt as slowly as the machine computes, and
// most are silent meanwhile; giving up would only make it begin anew.
double patience_s(const std::string& url);

class OpenAiModel : public ChatModel {
 public:
  // Asks the server only if no model is named.
  static Result<std::unique_ptr<OpenAiModel>> make(Endpoint endpoint,
                                                   std::function<void(const std::string&)> notice = {},
                                                   const Cancel* cancel = nullptr);

  Result<ChatTurn> reply(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                         const ChatOptions& options = {}, const ChatEvents& events = {},
                         const Cancel* cancel = nullptr) override;
  const std::string& name() const override { return endpoint_.model; }
  int context_tokens() const override { return 0; }
  Result<int64_t> count_tokens(std::string_view text) override;  // four bytes each

 private:
  explicit OpenAiModel(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
  Error error(ErrorKind kind, std::string text) const;  // without the key

  Endpoint endpoint_;
  LeftOut left_out_;
};

}  // namespace strata::agent
