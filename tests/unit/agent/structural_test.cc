// SPDX-License-Identifier: Apache-2.0
// Questions that the index answers, in a small repository.
#include "agent/structural.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>

#include "tests/unit/agent/temporary_folder.h"

namespace strata::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Structural : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("tree/mail.py",
                  "def connect(host):\n"
                  "    return host\n"
                  "\n"
                  "\n"
                  "class Box:\n"
                  "    def fetch(self):\n"
                  "        return sorted(connect(1))\n"
                  "\n"
                  "\n"
                  "def main():\n"
                  "    box = Box()\n"
                  "    box.fetch()\n");
    folder_.write("tree/tests/test_mail.py", "from mail import Box\n\n\ndef test_fetch():\n    Box().fetch()\n");
    auto opened = repo::open_updated(folder_.path / "tree", folder_.path / "index");
    ASSERT_TRUE(opened) << opened.error().message;
    index_.emplace(std::move(opened->index));
  }

  std::optional<Answer> ask(std::string_view text) {
    const Question question =
        analyse_question(text, [&](std::string_view name) { return !index_->find_symbols(name).value().empty(); });
    auto answer = structural_answer(*index_, question, nullptr);
    EXPECT_TRUE(answer) << answer.error().message;
    return std::move(*answer);
  }
  static std::vector<std::string> places(const std::optional<Answer>& answer) {
    std::vector<std::string> all;
    if (answer)
      for (const Citation& c : answer->citations) all.push_back(std::format("{}:{}", c.file, c.start_line));
    return all;
  }

  TemporaryFolder folder_;
  std::optional<repo::Index> index_;
};

TEST_F(Structural, WhatAFunctionCalls) {
  const auto answer = ask("What does Box.fetch call?");
  EXPECT_THAT(places(answer), ElementsAre("mail.py:7"));
  EXPECT_THAT(answer->text, HasSubstr("`connect` at `mail.py:7`, defined at `mail.py:1`"));
  EXPECT_THAT(answer->text, HasSubstr("From elsewhere: `sorted`."));
}

TEST_F(Structural, WhoCallsAMethodAndNotAnotherOfItsName) {
  folder_.write("tree/cache.py",
                "class Cache:\n    def fetch(self):\n        return {}\n\n\ndef warm():\n    Cache().fetch()\n"
                "    unknown.fetch()\n");
  ASSERT_TRUE(index_->update());
  EXPECT_THAT(places(ask("Who calls Cache.fetch?")), ElementsAre("cache.py:7"));
  const auto answer = ask("Who calls Box.fetch?");
  EXPECT_THAT(places(answer), ElementsAre("mail.py:12", "tests/test_mail.py:5"));
}

TEST_F(Structural, WhereAConstantIsUsed) {
  folder_.write("tree/box.c",
                "#define CAPACITY 10 /* CAPACITY boxes */\nstatic int boxes[CAPACITY];\nint count(int CAPACITY_) {\n  "
                "return CAPACITY + 1;\n}\n");
  ASSERT_TRUE(index_->update());
  EXPECT_THAT(places(ask("Where is CAPACITY used?")), ElementsAre("box.c:2", "box.c:4"));
}

TEST_F(Structural, WhichUsesOfANameAreMeant) {
  folder_.write("tree/box.c",
                "static int boxes;\nstatic int lost;\nint count(void) {\n  return boxes;\n}\nvoid add(void) {\n"
                "  boxes = boxes + 1;\n}\nint no_more(void) {\n  return lost;\n}\n");
  ASSERT_TRUE(index_->update());
  const auto answer = ask("Which functions set `boxes`?");
  EXPECT_THAT(places(answer), ElementsAre("box.c:7"));
  EXPECT_THAT(answer->text, HasSubstr("used in 1 more line in other ways"));
  const auto both = ask("Which functions set `boxes`, and which read it?");
  EXPECT_THAT(places(both), ElementsAre("box.c:7", "box.c:4"));
  EXPECT_THAT(both->text, HasSubstr("Otherwise it is used here:\n- `count` at `box.c:4`"));
  // Nobody does it: what there is instead.
  EXPECT_THAT(ask("Where is `lost` modified?")->text, HasSubstr("is used in one place"));
}

TEST_F(Structural, HowAFunctionComesToCallAnother) {
  const auto answer = ask("How does main come to call connect?");
  EXPECT_THAT(places(answer), ElementsAre("mail.py:12", "mail.py:7", "mail.py:1"));
  EXPECT_THAT(answer->text, HasSubstr("through 2 calls"));
  EXPECT_THAT(ask("Does connect call main?")->text, HasSubstr("No chain of calls"));
}

TEST_F(Structural, WhichTestsRunIntoAFunction) {
  const auto answer = ask("Which tests cover connect?");
  EXPECT_THAT(places(answer), ElementsAre("tests/test_mail.py:4"));
  EXPECT_THAT(ask("Which tests touch main?")->text, HasSubstr("No test"));
}

TEST_F(Structural, WhatAFileHasAndWhoImportsIt) {
  EXPECT_THAT(places(ask("Which files import mail.py?")), ElementsAre("tests/test_mail.py:1"));
  EXPECT_THAT(ask("What does tests/test_mail.py import?")->text, HasSubstr("`mail.py` at `tests/test_mail.py:1`"));
  EXPECT_THAT(places(ask("What is in mail.py?")), ElementsAre("mail.py:1", "mail.py:5", "mail.py:6", "mail.py:10"));
  EXPECT_FALSE(ask("What is in nothing.py?"));
}

TEST_F(Structural, WhatAClassHasAndDerivesFrom) {
  folder_.write("tree/big.py",
                "from mail import Box\n\n\nclass BigBox(Box):\n    def weigh(self, scale=1):\n        pass\n");
  ASSERT_TRUE(index_->update());
  EXPECT_THAT(places(ask("Which methods does BigBox have?")), ElementsAre("big.py:4", "big.py:5"));
  folder_.write("tree/huge.py", "from big import BigBox\n\n\nclass HugeBox(BigBox):\n    pass\n");
  ASSERT_TRUE(index_->update());
  const auto derived = ask("Which classes derive from Box?");
  EXPECT_THAT(places(derived), ElementsAre("big.py:4", "huge.py:4"));
  EXPECT_THAT(derived->text, HasSubstr("One class derives from `Box` directly, 1 more through it"));
  EXPECT_THAT(places(ask("What does BigBox inherit from?")), ElementsAre("big.py:4", "mail.py:5"));
  EXPECT_THAT(ask("What are the parameters of BigBox.weigh?")->text, HasSubstr("`def weigh(self, scale=1)`"));
}

TEST_F(Structural, WhatOverridesAMethod) {
  folder_.write("tree/big.py", "from mail import Box\n\n\nclass BigBox(Box):\n    def fetch(self):\n        pass\n");
  folder_.write("tree/other.py", "class Other:\n    def fetch(self):\n        pass\n");
  ASSERT_TRUE(index_->update());
  EXPECT_THAT(places(ask("Which classes override `fetch`?")), ElementsAre("big.py:5"));
  EXPECT_THAT(places(ask("Where is Box.fetch overridden?")), ElementsAre("big.py:5"));
  EXPECT_THAT(ask("Who overrides BigBox.fetch?")->text, HasSubstr("Nothing in this repository overrides"));
}

TEST_F(Structural, WhatNothingIsCalled) {
  const auto answer = ask("Who calls fetch_all_mails?");
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->found);
  EXPECT_THAT(answer->text, HasSubstr("does not contain `fetch_all_mails`"));
}

TEST_F(Structural, WhatTheModelHasToReadIsLeftToIt) {
  EXPECT_FALSE(ask("What is the difference between connect and main?"));
  EXPECT_FALSE(ask("How is the mail sorted?"));
}

}  // namespace
}  // namespace strata::agent
