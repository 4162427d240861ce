// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/scripted_model.h"

#include <gtest/gtest.h>

#include <fstream>

namespace strata::agent {
namespace {

TEST(ScriptedModel, SaysItsTurnsInOrderAndThenThatThereAreNoMore) {
  const auto file = std::filesystem::path(testing::TempDir()) / "script.json";
  std::ofstream(file)
      << R"(["Hello.", "<tool_call>{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}</tool_call>"])";
  auto model = ScriptedModel::load(file).value();
  std::vector<ChatMessage> transcript = {{.role = ChatMessage::Role::kUser, .text = "hi"}};
  std::string shown;
  ChatEvents events;
  events.on_text = [&](std::string_view piece) { shown += piece; };
  const auto first = model->reply(transcript, {}, {}, events).value();
  EXPECT_EQ(first.message.text, "Hello.");
  EXPECT_EQ(shown, "Hello.");
  transcript.push_back(first.message);
  transcript.push_back({.role = ChatMessage::Role::kUser, .text = "go on"});
  const auto second = model->reply(transcript, {}).value();
  ASSERT_EQ(second.message.calls.size(), 1u);
  EXPECT_EQ(second.message.calls[0].arguments["path"], "a");
  transcript.push_back(second.message);
  EXPECT_EQ(model->reply(transcript, {}).error().kind, ErrorKind::kInvalid);
}

TEST(ScriptedModel, RefusesWhatIsNotAScript) {
  const auto file = std::filesystem::path(testing::TempDir()) / "bad.json";
  for (const char* text : {"", "{}", "[1]", "[\"a\"", "\xff"}) {
    std::ofstream(file) << text;
    EXPECT_EQ(ScriptedModel::load(file).error().kind, ErrorKind::kInvalid) << text;
  }
  EXPECT_EQ(ScriptedModel::load("/no/such/file").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace strata::agent
