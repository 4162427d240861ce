// SPDX-License-Identifier: Apache-2.0
#include "agent/value_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repo-indexer/terms.h"
#include "tests/unit/agent/temporary_folder.h"

namespace strata::agent {
namespace {

TEST(Literals, NumbersAndStringsAsTheyAreWritten) {
  EXPECT_THAT(literals("#define PATH \"/usr/bin:/bin\""), testing::ElementsAre("/usr/bin:/bin"));
  EXPECT_THAT(literals("x4 = 0x1f + 2.5 * (1 << 19)"), testing::ElementsAre("0x1f", "2.5", "1", "19"));
  EXPECT_THAT(literals("it's \"open"), testing::IsEmpty());
}

TEST(StatesValue, WhatIsIncludedIsNoValue) {
  EXPECT_TRUE(states_value("  timeout: 30,"));
  EXPECT_TRUE(states_value("strict = True"));
  EXPECT_FALSE(states_value("#include \"mail.h\""));
  EXPECT_FALSE(states_value("return limit;"));
}

class ValueLines : public testing::Test {
 protected:
  // The passages of src/mail.c in their order, as the ranking would have them for these words.
  std::vector<ValueLine> lines(const std::string& text, std::string_view question) {
    folder_.write("tree/src/mail.c", text);
    auto opened = repo::open_updated(folder_.path / "tree", folder_.path / "index");
    EXPECT_TRUE(opened) << opened.error().message;
    Ranking ranking;
    auto passages = opened->index.passages("src/mail.c");
    EXPECT_TRUE(passages) << passages.error().message;
    for (repo::Passage& p : *passages) ranking.passages.push_back({.passage = std::move(p)});
    for (std::string& stem : repo::stems_of(question)) ranking.weights[std::move(stem)] = 1;
    TextCache texts(opened->index);
    Question asked;
    asked.text = question;
    auto found = value_lines(opened->index, asked, ranking, texts);
    EXPECT_TRUE(found) << found.error().message;
    return *found;
  }

  TemporaryFolder folder_;
};

TEST_F(ValueLines, TheLineThatSaysMostComesFirst) {
  const auto found = lines(
      "#define MAXMBOXES 10\n\nvoid check_mail(void) {\n  int retries = 3; /* mailboxes watched at most */\n"
      "  int port = 25;\n}\n",
      "mailboxes watched");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].line, 4);
  EXPECT_EQ(found[0].text, "int retries = 3; /* mailboxes watched at most */");
}

TEST_F(ValueLines, AConstantIsFoundWhereItIsDefined) {
  const auto found = lines(
      "enum { kLimit = 77 };\n\nint unrelated(void) {\n  return 5;\n}\n\n"
      "int watch(int mailboxes) {\n  return mailboxes < kLimit;\n}\n",
      "mailboxes");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].line, 1);
}

TEST_F(ValueLines, WhatSaysNothingOfTheQuestionIsLeftOut) {
  EXPECT_THAT(lines("int unrelated(void) {\n  return 5;\n}\n", "mailboxes watched"), testing::IsEmpty());
}

}  // namespace
}  // namespace strata::agent
