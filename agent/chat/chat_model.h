// SPDX-License-Identifier: Apache-2.0
// What an agent talks to: a transcript and tools in, the model's next turn out. Implemented by our engine
// (embedded_model.h), OpenAI-compatible servers (openai_model.h) and a file of prepared turns (scripted_model.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"

namespace strata::agent {

struct ToolCall {
  std::string id;  // unique within the transcript; the result refers to it
  std::string name;
  nlohmann::ordered_json arguments;  // an object
};

struct ToolSpec {
  std::string name, description;
  nlohmann::ordered_json parameters;  // JSON schema of an object
};

struct ChatMessage {
  enum class Role { kSystem, kUser, kAssistant, kTool };
  Role role = Role::kUser;
  std::string text = {};
  std::string reasoning = {};        // of the model's turns; kept apart from what it says
  std::vector<ToolCall> calls = {};  // of the model's turns
  std::string call_id = {};          // of a tool's result: the call it answers
  // Of the model's turns: exactly what was written, fed back unchanged so that nothing is read twice.
  std::string raw = {};
};

struct ChatUsage {
  int64_t prompt_tokens = 0;     // of the whole transcript, tools included
  int64_t reused_tokens = 0;     // of these, not computed again
  int64_t generated_tokens = 0;  // reasoning included
  ChatUsage& operator+=(const ChatUsage& other);
};

struct ChatTurn {
  enum class End {
    kDone,    // the model has said what it wanted, or called tools
    kLength,  // cut at max_tokens or at the end of the context; a call that was cut is not among `message.calls`
  };
  ChatMessage message;
  ChatUsage usage;
  End end = End::kDone;
  // What was mended of calls that were not quite well formed, and calls that could not be understood at all, as
  // sentences to the model. Nothing that looks like a call is dropped without one.
  std::vector<std::string> repairs, malformed;
};

struct ChatOptions {
  int max_tokens = 1024;
  bool require_call = false;  // the turn has to call a tool
  bool one_call = false;      // it ends with its first call: small models guess on rather than wait for results
  float temperature = 0.0f;
  uint64_t seed = 0;
};

struct ChatEvents {
  std::function<void(std::string_view)> on_text;       // as it is written; valid UTF-8; without calls and reasoning
  std::function<void(std::string_view)> on_reasoning;  // likewise
  std::function<void(const std::string&)> on_notice;   // "the server is busy; trying again in 2 s"
};

// A line that could stand in the place of another one.
struct Alternative {
  std::string line;  // without its end
  double gain = 0;   // log-likelihood of where it parts from the old line, minus that of the old line there
};

// Used from one thread at a time.
class ChatModel {
 public:
  virtual ~ChatModel() = default;

  // The turn that follows. Append-only use is cheap: of a transcript that begins like the last one only the rest is
  // computed. Errors: kCancelled; kInvalid when the transcript does not fit into the context; kIo when a server does
  // not answer.
  virtual Result<ChatTurn> reply(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                                 const ChatOptions& options = {}, const ChatEvents& events = {},
                                 const Cancel* cancel = nullptr) = 0;

  virtual const std::string& name() const = 0;
  virtual int context_tokens() const = 0;  // 0: not known
  // Tokens of a text; an estimate where the model's tokenizer is not at hand.
  virtual Result<int64_t> count_tokens(std::string_view text) = 0;
  // What the model would rather write in place of `line` between `before` and `behind`, both of whole lines; most
  // likely first; what it took is added to `usage`. kUnsupported unless the model was trained to fill gaps and its
  // likelihoods are at hand.
  virtual Result<std::vector<Alternative>> alternatives(std::string_view before, std::string_view line,
                                                        std::string_view behind, ChatUsage& usage,
                                                        const Cancel* cancel = nullptr);
};

}  // namespace strata::agent
