// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/tool_call_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "agent/chat/tolerant_json.h"

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<ToolSpec> kTools = {
    {"read", "Reads a file", json::parse(R"({"type": "object", "properties": {"path": {"type": "string"},
                                             "first": {"type": "integer"}}, "required": ["path"]})")},
    {"done", "Ends", json::parse(R"({"type": "object", "properties": {"summary": {"type": "string"}}})")}};

const json kReadA = {{"path", "a.c"}};

TEST(ParseTurn, NativeSyntaxOfEachFamilyNeedsNoRepair) {
  for (const char* raw : {
           "<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}}\n</tool_call>",
           "{\"name\": \"read\", \"parameters\": {\"path\": \"a.c\"}}",
           "<|python_tag|>{\"name\": \"read\", \"parameters\": {\"path\": \"a.c\"}}",
           "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>read\n```json\n{\"path\": "
           "\"a.c\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
           "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>read<｜tool▁sep｜>{\"path\": "
           "\"a.c\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
       }) {
    const ParsedTurn turn = parse_turn(raw, kTools, 7);
    ASSERT_EQ(turn.calls.size(), 1u) << raw;
    EXPECT_EQ(turn.calls[0].name, "read") << raw;
    EXPECT_EQ(turn.calls[0].arguments, kReadA) << raw;
    EXPECT_EQ(turn.calls[0].id, "call_7");
    EXPECT_THAT(turn.repairs, IsEmpty()) << raw;
    EXPECT_THAT(turn.malformed, IsEmpty()) << raw;
    EXPECT_EQ(turn.text, "") << raw;
  }
}

TEST(ParseTurn, NearMissesBecomeCallsAndSaySo) {
  for (const char* raw : {
           "<tool_call>{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\",}}</tool_call>",
           "<tool_call>{'name': 'read', 'arguments': {'path': 'a.c'}}</tool_call>",
           "<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}\n</tool_call>",
           "<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}",
           "<tool_call>{\"name\": \"read\", \"path\": \"a.c\"}</tool_call>",
           "<tool_call>{\"name\": \"read\", \"arguments\": \"{\\\"path\\\": \\\"a.c\\\"}\"}</tool_call>",
           "<tool_call>{\"type\": \"function\", \"function\": {\"name\": \"read\", \"arguments\": {\"path\": "
           "\"a.c\"}}}</tool_call>",
           "<tools>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}}\n</tools>",
           "```json\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}}\n```",
           "```json\n[{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}}]\n```",
           "```\n{\"tool\": \"read\", \"args\": {\"path\": \"a.c\"}}\n```",
           "{\"read\": {\"path\": \"a.c\"}}",
           "{\"name\": \"read\", \"path\": \"a.c\"}",
           "{name: \"read\", arguments: {path: \"a.c\"}}",
       }) {
    const ParsedTurn turn = parse_turn(raw, kTools, 1);
    ASSERT_EQ(turn.calls.size(), 1u) << raw;
    EXPECT_EQ(turn.calls[0].name, "read") << raw;
    EXPECT_EQ(turn.calls[0].arguments, kReadA) << raw;
    EXPECT_FALSE(turn.repairs.empty()) << raw;
    EXPECT_EQ(turn.text, "") << raw;
  }
}

TEST(ParseTurn, AMissingClosingTagIsNoFault) {
  const ParsedTurn turn =
      parse_turn("<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}}", kTools, 1);
  EXPECT_EQ(turn.calls.size(), 1u);
  EXPECT_THAT(turn.repairs, IsEmpty());
}

TEST(ParseTurn, TextStaysTextAroundCalls) {
  const ParsedTurn turn = parse_turn(
      "I will read it.\n<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}}\n</tool_call>\n"
      "<tool_call>\n{\"name\": \"done\", \"arguments\": {}}\n</tool_call>\nThen I stop.",
      kTools, 1);
  ASSERT_EQ(turn.calls.size(), 2u);
  EXPECT_EQ(turn.calls[1].id, "call_2");
  EXPECT_THAT(turn.text, HasSubstr("I will read it."));
  EXPECT_THAT(turn.text, HasSubstr("Then I stop."));
  EXPECT_THAT(turn.text, Not(HasSubstr("tool_call")));
}

TEST(ParseTurn, CodeAndForeignJsonAreText) {
  for (const std::string raw : {"Use this:\n```json\n{\"name\": \"left-pad\", \"version\": \"1.0\"}\n```\nand install.",
                                "int main() {\n  return 0;\n}", "std::vector<int> x = {1, 2};", "{\"path\": \"a.c\"}",
                                "[1, 2, 3]", "if (a < b) {"}) {
    const ParsedTurn turn = parse_turn(raw, kTools, 1);
    EXPECT_THAT(turn.calls, IsEmpty()) << raw;
    EXPECT_EQ(turn.text, raw);
    EXPECT_THAT(turn.malformed, IsEmpty());
  }
}

TEST(ParseTurn, NoTaggedCallIsDroppedSilently) {
  for (const char* raw :
       {"<tool_call>read a.c</tool_call>", "<tool_call>", "<tool_call>{\"arguments\": {}}</tool_call>",
        "<tool_call>{\"name\": \"read\", \"arguments\": {\"path\": \"a.c", "<tool_call>[[[["}) {
    const ParsedTurn turn = parse_turn(raw, kTools, 1);
    EXPECT_THAT(turn.calls, IsEmpty()) << raw;
    EXPECT_EQ(turn.malformed.size(), 1u) << raw;
  }
  const ParsedTurn unknown = parse_turn("<tool_call>{\"name\": \"fly\", \"arguments\": {}}</tool_call>", kTools, 1);
  ASSERT_EQ(unknown.calls.size(), 1u);  // for the loop to refuse by name
  EXPECT_EQ(unknown.calls[0].name, "fly");
}

TEST(ParseTurn, ACutCallIsNoCall) {
  const std::string raw = "<tool_call>{\"name\": \"done\", \"arguments\": {\"summary\": \"all of it\"";
  EXPECT_EQ(parse_turn(raw, kTools, 1, false).calls.size(), 1u);
  const ParsedTurn cut = parse_turn(raw, kTools, 1, true);
  EXPECT_THAT(cut.calls, IsEmpty());
  ASSERT_EQ(cut.malformed.size(), 1u);
  EXPECT_THAT(cut.malformed[0], HasSubstr("too long"));
}

TEST(ParseTurn, ReasoningIsKeptApart) {
  const ParsedTurn turn = parse_turn("<think>\nHm, <tool_call>?\n</think>\n\nYes.", kTools, 1);
  EXPECT_EQ(turn.reasoning, "Hm, <tool_call>?");
  EXPECT_EQ(turn.text, "Yes.");
  EXPECT_EQ(parse_turn("so it is</think>Yes.", kTools, 1).reasoning, "so it is");
  EXPECT_EQ(parse_turn("<think>never ends", kTools, 1).reasoning, "never ends");
}

TEST(ParseTurn, MegabytesAndDepthAreHandled) {
  const std::string big = "<tool_call>{\"name\": \"done\", \"arguments\": {\"summary\": \"" +
                          std::string(10 << 20, 'x') + "\"}}</tool_call>";
  EXPECT_EQ(parse_turn(big, kTools, 1).calls.size(), 1u);
  const ParsedTurn deep = parse_turn("<tool_call>" + std::string(1 << 20, '['), kTools, 1);
  EXPECT_EQ(deep.malformed.size(), 1u);
  EXPECT_LT(deep.malformed[0].size(), 400u);
  EXPECT_THAT(parse_turn(std::string(200'000, '{'), kTools, 1).calls, IsEmpty());
}

TEST(ParseTurn, AnyTextIsTakenApartWithoutHarm) {
  std::mt19937 random(1);
  const std::vector<std::string> pieces = {"<tool_call>",
                                           "</tool_call>",
                                           "{",
                                           "}",
                                           "[",
                                           "]",
                                           "\"",
                                           "'",
                                           "name",
                                           "read",
                                           ":",
                                           ",",
                                           "arguments",
                                           "```json\n",
                                           "```",
                                           "\n",
                                           " ",
                                           "<think>",
                                           "</think>",
                                           "\\",
                                           "\\u12",
                                           "true",
                                           "1e999",
                                           "<｜tool▁sep｜>",
                                           "<|python_tag|>",
                                           "é",
                                           "path"};
  for (int round = 0; round < 20'000; ++round) {
    std::string raw;
    for (size_t count = random() % 30; count > 0; --count) raw += pieces[random() % pieces.size()];
    std::string shown;
    ChatEvents events;
    events.on_text = [&](std::string_view piece) { shown += piece; };
    TurnStream stream(events, kTools);
    for (const char c : raw) stream.push({&c, 1});
    const ParsedTurn turn = parse_turn(raw, kTools, 1, round % 2);
    stream.finish(turn);
    for (const ToolCall& call : turn.calls) {
      EXPECT_TRUE(call.arguments.is_object()) << raw;
      EXPECT_FALSE(call.arguments.dump().empty());
    }
  }
}

TEST(TurnStream, ShowsTextAsItComesAndNothingOfCalls) {
  std::string shown, reasoned;
  ChatEvents events;
  events.on_text = [&](std::string_view piece) { shown += piece; };
  events.on_reasoning = [&](std::string_view piece) { reasoned += piece; };
  TurnStream stream(events, kTools);
  const std::string raw =
      "<think>why</think>First a < b.\n<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a.c\"}}\n"
      "</tool_call>";
  for (const char c : raw) stream.push({&c, 1});
  EXPECT_EQ(shown, "First a");  // what follows may be a tag
  stream.finish(parse_turn(raw, kTools, 1));
  EXPECT_EQ(shown, "First a < b.");
  EXPECT_EQ(reasoned, "why");
}

TEST(TolerantJson, ReadsWhatJsonAllowsAsJsonDoes) {
  for (const char* text : {R"({"a": [1, -2.5e3, true, null, "\u00e9\n\ud83d\ude00"], "b": {}})", R"([[], {"x": "y"}])",
                           R"({"n": 12345678901234567890, "s": "a \" b"})"}) {
    const auto read = parse_tolerantly(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->value, json::parse(text));
    EXPECT_THAT(read->repairs, IsEmpty());
    EXPECT_EQ(read->length, std::string_view(text).size());
  }
}

TEST(TolerantJson, CodeInStringsSurvives) {
  const auto read = parse_tolerantly("{\"text\": \"puts(\"hi\");\n\treturn;\", 're': '\\d+'}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->value["text"], "puts(\"hi\");\n\treturn;");
}

}  // namespace
}  // namespace strata::agent
