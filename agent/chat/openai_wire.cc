// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/openai_wire.h"

#include <algorithm>
#include <array>
#include <format>

#include "agent/chat/native_tools.h"
#include "agent/chat/tolerant_json.h"

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t kMostErrorText = 300;
constexpr size_t kMostCalls = 64;
constexpr size_t kBytesPerToken = 32;  // more than any tokenizer makes of one, but for runs of spaces
constexpr std::array<std::string_view, 6> kOptional = {
    "stream_options", "parallel_tool_calls", "tool_choice", "temperature", "seed", "max_tokens"};

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json message_json(const ChatMessage& m) {
  using Role = ChatMessage::Role;
  if (m.role == Role::kTool) return {{"role", "tool"}, {"tool_call_id", m.call_id}, {"content", m.text}};
  if (m.role != Role::kAssistant) return {{"role", m.role == Role::kSystem ? "system" : "user"}, {"content", m.text}};
  json out = {{"role", "assistant"}, {"content", m.text}};
  for (const ToolCall& call : m.calls)
    out["tool_calls"].push_back({{"id", call.id},
                                 {"type", "function"},
                                 {"function", {{"name", call.name}, {"arguments", dumped(call.arguments)}}}});
  return out;
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int64_t number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? std::max<int64_t>(0, found->get<int64_t>()) : 0;
}

const json* object_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? &*found : nullptr;
}

}  // namespace

std::string request_body(const std::string& model, std::span<const ChatMessage> transcript,
                         std::span<const ToolSpec> tools, const ChatOptions& options, const LeftOut& left_out) {
  json body = {{"model", model}};
  if (!tools.empty()) {
    for (const ToolSpec& tool : tools) body["tools"].push_back(function_json(tool));
  }
  body["messages"] = json::array();
  for (const ChatMessage& m : transcript) body["messages"].push_back(message_json(m));
  body["stream"] = true;
  const auto add = [&](const char* name, json value) {
    if (!left_out.contains(name)) body[name] = std::move(value);
  };
  add("stream_options", {{"include_usage", true}});
  add("max_tokens", options.max_tokens);
  if (left_out.contains("max_tokens")) body["max_completion_tokens"] = options.max_tokens;
  add("temperature", options.temperature);
  if (options.seed != 0) add("seed", options.seed);
  if (options.require_call && !tools.empty()) add("tool_choice", "required");
  if (options.one_call && !tools.empty()) add("parallel_tool_calls", false);
  return dumped(body);
}

std::optional<std::string> refused_parameter(std::string_view said, const LeftOut& left_out) {
  for (const std::string_view name : kOptional)
    if (said.contains(name) && !left_out.contains(std::string(name))) return std::string(name);
  return std::nullopt;
}

std::string error_text(std::string_view body) {
  const json value = json::parse(body, nullptr, false);
  std::string text;
  if (value.is_object()) {
    const json* error = object_at(value, "error");
    text = error ? text_at(*error, "message") : text_at(value, "error");
    for (const char* key : {"message", "detail"})
      if (text.empty()) text = text_at(value, key);
  }
  if (text.empty() && !body.starts_with("<")) text = body;  // a page of HTML says nothing
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  if (text.size() > kMostErrorText) text = text.substr(0, kMostErrorText) + "...";
  return json::parse(dumped(text)).get<std::string>();
}

bool SseReader::push(std::string_view bytes, const std::function<bool(std::string_view)>& on_data) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (line_.size() + data_.size() > kMostBytes) return false;
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    if (line_.empty() && has_data_) {
      const std::string data = std::exchange(data_, {});
      has_data_ = false;
      if (!on_data(data)) return false;
    } else if (line_.starts_with("data:")) {
      if (has_data_) data_ += '\n';
      data_ += std::string_view(line_).substr(line_.starts_with("data: ") ? 6 : 5);
      has_data_ = true;
    }
    line_.clear();
  }
  return true;
}

TurnBuilder::TurnBuilder(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                         const ChatEvents& events, int max_tokens)
    : transcript_(transcript),
      tools_(tools),
      events_(events),
      stream_(events, tools),
      most_bytes_((static_cast<size_t>(max_tokens) + 1024) * kBytesPerToken) {}

bool TurnBuilder::add(std::string_view data) {
  if (data == "[DONE]") {
    finished_ = true;
    return false;
  }
  const json event = json::parse(data, nullptr, false);
  if (!event.is_object()) {
    error_ = "the server sent what is not JSON: " + error_text(data);
    return false;
  }
  if (event.contains("error") && !event["error"].is_null()) {
    error_ = "the server failed while it answered: " + error_text(data);
    return false;
  }
  if (const json* usage = object_at(event, "usage")) {
    usage_known_ = true;
    usage_.prompt_tokens = number_at(*usage, "prompt_tokens");
    usage_.generated_tokens = number_at(*usage, "completion_tokens");
    if (const json* details = object_at(*usage, "prompt_tokens_details"))
      usage_.reused_tokens = number_at(*details, "cached_tokens");
  }
  if (const json* timings = object_at(event, "timings"); timings && timings->contains("cache_n"))
    usage_.reused_tokens = number_at(*timings, "cache_n");  // llama.cpp
  if (const auto choices = event.find("choices");
      choices != event.end() && choices->is_array() && !choices->empty() && choices->front().is_object())
    add_choice(choices->front(), "delta");
  if (text_.size() + reasoning_.size() > most_bytes_ ||
      std::ranges::any_of(calls_, [&](const Call& c) { return c.arguments.size() > most_bytes_; }) ||
      calls_.size() > kMostCalls)
    error_ = "the server answers without end; it does not keep to max_tokens";
  return error_.empty();
}

void TurnBuilder::add_whole(std::string_view body) {
  const json value = json::parse(body, nullptr, false);
  const auto choices = value.is_object() ? value.find("choices") : value.end();
  if (!value.is_object() || choices == value.end() || !choices->is_array() || choices->empty() ||
      !choices->front().is_object()) {
    error_ = "the server sent no answer: " + error_text(body);
    return;
  }
  json event = value;
  event["choices"][0]["delta"] = event["choices"][0].value("message", json::object());
  if (add(dumped(event))) finished_ = true;
}

void TurnBuilder::add_choice(const json& choice, const char* part) {
  const std::string reason = text_at(choice, "finish_reason");
  if (!reason.empty()) finished_ = true;
  if (reason == "length") length_ = true;
  if (reason == "content_filter") error_ = "the server's content filter ended the answer";
  const json* delta = object_at(choice, part);
  if (!delta) return;
  std::string reasoning = text_at(*delta, "reasoning_content");
  if (reasoning.empty()) reasoning = text_at(*delta, "reasoning");
  if (!reasoning.empty()) {
    reasoning_ += reasoning;
    if (events_.on_reasoning) events_.on_reasoning(reasoning);
  }
  if (const std::string text = text_at(*delta, "content"); !text.empty()) {
    text_ += text;
    shown_ = true;
    stream_.push(text);
  }
  const auto calls = delta->find("tool_calls");
  if (calls == delta->end() || !calls->is_array()) return;
  for (const json& piece : *calls) {
    if (!piece.is_object()) continue;
    const auto index =
        static_cast<size_t>(piece.contains("index") ? number_at(piece, "index") : static_cast<int64_t>(calls_.size()));
    if (index > kMostCalls) {
      error_ = "the server calls absurdly many tools at once";
      return;
    }
    if (index >= calls_.size()) calls_.resize(index + 1);
    Call& call = calls_[index];
    if (call.id.empty()) call.id = text_at(piece, "id");
    const json* function = object_at(piece, "function");
    if (!function) continue;
    if (call.name.empty()) call.name = text_at(*function, "name");
    const auto arguments = function->find("arguments");
    if (arguments == function->end()) continue;
    call.arguments += arguments->is_string() ? arguments->get<std::string>() : dumped(*arguments);
  }
}

ChatTurn TurnBuilder::take() {
  ChatTurn turn;
  if (length_) turn.end = ChatTurn::End::kLength;
  // A server that does not know the model's syntax leaves its calls in the text.
  size_t next = next_call_id(transcript_);
  ParsedTurn parsed;
  if (calls_.empty() && !tools_.empty()) {
    parsed = parse_turn(text_, tools_, next, length_);
  } else {
    parsed = parse_turn(text_, {}, next, length_);
    if (parsed.text.empty() && !parsed.malformed.empty()) parsed.malformed.clear();
  }
  stream_.finish(parsed);
  turn.message.role = ChatMessage::Role::kAssistant;
  turn.message.text = std::move(parsed.text);
  turn.message.reasoning = reasoning_.empty() ? std::move(parsed.reasoning) : std::move(reasoning_);
  turn.message.calls = std::move(parsed.calls);
  turn.repairs = std::move(parsed.repairs);
  turn.malformed = std::move(parsed.malformed);
  std::set<std::string> ids;
  for (const ChatMessage& m : transcript_)
    for (const ToolCall& c : m.calls) ids.insert(c.id);
  for (size_t i = 0; i < calls_.size(); ++i) {
    Call& call = calls_[i];
    auto arguments = parse_tolerantly(call.arguments.empty() ? "{}" : call.arguments);
    const bool cut = length_ && i + 1 == calls_.size() && (!arguments || !arguments->closed);
    if (call.name.empty() || cut || !arguments || !arguments->value.is_object()) {
      turn.malformed.push_back(cut ? "a tool call was cut because the answer became too long; make it shorter"
                                   : std::format("the call of {} had arguments that are no JSON object: {}",
                                                 call.name.empty() ? "a tool without name" : error_text(call.name),
                                                 error_text(call.arguments)));
      continue;
    }
    for (const std::string& repair : arguments->repairs)
      if (!std::ranges::contains(turn.repairs, repair)) turn.repairs.push_back(repair);
    // Some servers number the calls of every answer anew.
    if (call.id.empty() || call.id.size() > 200 || !ids.insert(call.id).second) {
      do call.id = std::format("call_{}", next++);
      while (!ids.insert(call.id).second);
    }
    turn.message.calls.push_back({call.id, call.name, std::move(arguments->value)});
  }
  turn.usage = usage_;
  if (!usage_known_) {  // an estimate is better than nothing for a budget
    for (const ChatMessage& m : transcript_) turn.usage.prompt_tokens += static_cast<int64_t>(m.text.size() / 4);
    size_t written = text_.size() + turn.message.reasoning.size();
    for (const Call& c : calls_) written += c.name.size() + c.arguments.size();
    turn.usage.generated_tokens = static_cast<int64_t>(written / 4);
  }
  return turn;
}

}  // namespace strata::agent
