// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/scripted_model.h"

#include <algorithm>
#include <format>
#include <fstream>

#include "agent/chat/tool_call_text.h"

namespace strata::agent {

Result<std::unique_ptr<ScriptedModel>> ScriptedModel::load(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) return fail(ErrorKind::kNotFound, file.string() + ": cannot read this file");
  const auto turns = nlohmann::json::parse(stream, nullptr, false);
  const auto is_string = [](const nlohmann::json& turn) { return turn.is_string(); };
  if (!turns.is_array() || !std::ranges::all_of(turns, is_string))
    return fail(ErrorKind::kInvalid, file.string() + ": expected a JSON list of strings, each a turn of the model");
  return std::make_unique<ScriptedModel>(turns.get<std::vector<std::string>>(), "scripted:" + file.string());
}

ScriptedModel::ScriptedModel(std::vector<std::string> turns, std::string name)
    : turns_(std::move(turns)), name_(std::move(name)) {}

Result<ChatTurn> ScriptedModel::reply(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                                      const ChatOptions&, const ChatEvents& events, const Cancel* cancel) {
  if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "the model was stopped");
  const auto turn_number =
      static_cast<size_t>(std::ranges::count(transcript, ChatMessage::Role::kAssistant, &ChatMessage::role));
  if (turn_number >= turns_.size())
    return fail(ErrorKind::kInvalid,
                std::format("{}: the script has {} turns, and one more was asked for", name_, turns_.size()));
  const std::string& raw = turns_[turn_number];
  TurnStream stream(events, tools);
  stream.push(raw);
  ParsedTurn parsed = parse_turn(raw, tools, next_call_id(transcript));
  stream.finish(parsed);
  ChatTurn turn;
  for (const ChatMessage& message : transcript)
    turn.usage.prompt_tokens += *count_tokens(message.raw.empty() ? message.text : message.raw);
  turn.usage.generated_tokens = *count_tokens(raw);
  turn.message = {.role = ChatMessage::Role::kAssistant,
                  .text = std::move(parsed.text),
                  .reasoning = std::move(parsed.reasoning),
                  .calls = std::move(parsed.calls),
                  .raw = raw};
  turn.repairs = std::move(parsed.repairs);
  turn.malformed = std::move(parsed.malformed);
  return turn;
}

Result<int64_t> ScriptedModel::count_tokens(std::string_view text) {
  return static_cast<int64_t>((text.size() + 3) / 4);
}

}  // namespace strata::agent
