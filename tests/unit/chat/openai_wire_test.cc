// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/openai_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strata::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(SseReader, EventsAreWholeHoweverTheBytesAreCut) {
  const std::string stream = ": comment\r\n\r\ndata: one\r\n\r\nevent: x\ndata: two\ndata:three\n\nid: 1\n\ndata: lost";
  for (size_t cut = 1; cut <= stream.size(); ++cut) {
    SseReader reader;
    std::vector<std::string> data;
    for (size_t at = 0; at < stream.size(); at += cut)
      EXPECT_TRUE(reader.push(std::string_view(stream).substr(at, cut), [&](std::string_view d) {
        data.emplace_back(d);
        return true;
      }));
    EXPECT_THAT(data, ElementsAre("one", "two\nthree")) << "cut every " << cut;
  }
}

TEST(SseReader, ALineWithoutEndIsGivenUp) {
  SseReader reader;
  const std::string megabyte(1 << 20, 'x');
  bool taken = true;
  for (int i = 0; i < 16 && taken; ++i) taken = reader.push(megabyte, [](std::string_view) { return true; });
  EXPECT_FALSE(taken);
}

TEST(RequestBody, OfATranscriptThatGoesOnBeginsWithTheFormerOne) {
  std::vector<ChatMessage> transcript(2);
  transcript[0] = {.role = ChatMessage::Role::kSystem, .text = "s"};
  transcript[1] = {.role = ChatMessage::Role::kUser, .text = "u"};
  const ToolSpec tools[] = {{"read", "Reads.", {{"type", "object"}}}};
  const std::string before = request_body("m", transcript, tools, {}, {});
  transcript.push_back({.role = ChatMessage::Role::kAssistant, .text = "", .calls = {{"c1", "read", {{"path", "a"}}}}});
  transcript.push_back({.role = ChatMessage::Role::kTool, .text = "\xff <tool_call>", .call_id = "c1"});
  const std::string after = request_body("m", transcript, tools, {}, {});
  const std::string shared = before.substr(0, before.find("],\"stream\""));
  EXPECT_TRUE(after.starts_with(shared));
  EXPECT_THAT(
      after,
      HasSubstr(
          R"("tool_calls":[{"id":"c1","type":"function","function":{"name":"read","arguments":"{\"path\":\"a\"}"}}])"));
}

struct Built {
  ChatTurn turn;
  std::string error, shown;
};
Built build(std::initializer_list<const char*> events, std::span<const ToolSpec> tools = {}) {
  Built built;
  const ChatEvents to{.on_text = [&](std::string_view t) { built.shown += t; }, .on_reasoning = {}, .on_notice = {}};
  TurnBuilder builder({}, tools, to, 100);
  for (const char* event : events)
    if (!builder.add(event)) break;
  built.error = builder.error();
  built.turn = builder.take();
  return built;
}

TEST(TurnBuilder, PutsPiecesOfCallsTogetherAndNumbersThemItself) {
  const Built b = build(
      {R"({"choices":[{"delta":{"reasoning_content":"hm"}}]})", R"({"choices":[{"delta":{"content":"I look."}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"x","function":{"name":"read","arguments":"{\"pa"}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"th\":\"a\"}"}}]}}]})",
       R"({"choices":[{"delta":{"tool_calls":[{"index":1,"id":"x","function":{"name":"done","arguments":""}}]}}]})",
       R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})", "[DONE]"});
  EXPECT_EQ(b.error, "");
  EXPECT_EQ(b.shown, "I look.");
  EXPECT_EQ(b.turn.message.reasoning, "hm");
  ASSERT_EQ(b.turn.message.calls.size(), 2u);
  EXPECT_EQ(b.turn.message.calls[0].arguments["path"], "a");
  EXPECT_TRUE(b.turn.message.calls[1].arguments.empty());
  EXPECT_NE(b.turn.message.calls[0].id, b.turn.message.calls[1].id);
}

TEST(TurnBuilder, CallsThatAServerLeftInTheTextAreFound) {
  const ToolSpec tools[] = {{"read", "Reads.", {{"type", "object"}, {"properties", {{"path", {{"type", "string"}}}}}}}};
  const Built b = build(
      {R"({"choices":[{"delta":{"content":"<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}\n</tool_call>"},"finish_reason":"stop"}]})"},
      tools);
  ASSERT_EQ(b.turn.message.calls.size(), 1u);
  EXPECT_EQ(b.shown, "");
}

TEST(TurnBuilder, ArgumentsThatAreNoObjectAreReportedToTheModel) {
  const Built b = build(
      {R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"read","arguments":"[1]"}}]},"finish_reason":"stop"}]})"});
  EXPECT_TRUE(b.turn.message.calls.empty());
  ASSERT_EQ(b.turn.malformed.size(), 1u);
  EXPECT_THAT(b.turn.malformed[0], HasSubstr("no JSON object"));
}

TEST(TurnBuilder, HostileEventsAreErrorsOrNothing) {
  for (const char* event :
       {"[]", "1", "{\"choices\":{}}", "{\"choices\":[1]}", "{\"choices\":[{\"delta\":[]}]}",
        R"({"choices":[{"delta":{"tool_calls":[{"index":-1}]}}]})", R"({"usage":{"prompt_tokens":"x"}})",
        R"({"choices":[{"delta":{"tool_calls":[7,{"function":3}]}}]})"})
    EXPECT_TRUE(build({event}).turn.message.calls.empty()) << event;
  EXPECT_THAT(build({R"({"choices":[{"delta":{"tool_calls":[{"index":999999999}]}}]})"}).error, HasSubstr("absurdly"));
}

}  // namespace
}  // namespace strata::agent
