// SPDX-License-Identifier: Apache-2.0
// Plans and maps of a small repository; a token is a word here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <format>

#include "repo-indexer/index.h"
#include "tests/unit/repo-indexer/temporary_tree.h"

namespace strata::repo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

int64_t words(std::string_view text) {
  int64_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    count += !std::isspace(static_cast<unsigned char>(text[i])) &&
             (i == 0 || std::isspace(static_cast<unsigned char>(text[i - 1])));
  }
  return count;
}

class PackingPlanTest : public testing::Test {
 protected:
  void SetUp() override {
    tree_.git("init");
    tree_.write("README.md", "# Parcel\n\nSends parcels.\n");
    tree_.write("pyproject.toml", "[project]\nname = \"parcel\"\n");
    tree_.write(
        "src/courier.py",
        "class Courier:\n    def pick_up(self):\n        return 1\n\n\ndef call_courier():\n    return Courier()\n");
    tree_.write("src/sender.py",
                "from courier import *\n\n\ndef send_parcel():\n    call_courier()\n    return Courier()\n");
    std::string many = "from courier import call_courier\n";
    for (int i = 0; i < 60; ++i)
      many += std::format(
          "\n\ndef step_{0}():\n    # a long way of saying nothing at all {0}\n    return call_courier()\n", i);
    tree_.write("src/long.py", many);
    tree_.git("add . && git -c user.name=t -c user.email=t@t commit -m first");
    for (int i = 0; i < 3; ++i) {
      tree_.write(
          "src/sender.py",
          std::format("from courier import *\n\n\ndef send_parcel():\n    call_courier()\n    return Courier()  # {}\n",
                      i));
      tree_.git("commit -am more");
    }
    tree_.write("src/new.py", "def brand_new():\n    return 1\n\n");
  }
  Index indexed() {
    Index index = tree_.open();
    EXPECT_TRUE(index.update());
    return index;
  }
  static std::vector<std::string> segments(const PackingPlan& plan, PackedSegment::Kind kind) {
    std::vector<std::string> all;
    for (const PackedSegment& s : plan.segments)
      if (s.kind == kind) all.push_back(s.path);
    return all;
  }
  static std::string reason(const PackingPlan& plan, std::string_view path) {
    for (const auto& left_out : plan.left_out)
      if (left_out.path == path) return left_out.reason;
    return "";
  }
  TemporaryTree tree_;
};

TEST_F(PackingPlanTest, EverythingFromStableToVolatile) {
  const auto plan = indexed().pack(10'000, words);
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->segments[0].kind, PackedSegment::Kind::kPreamble);
  const std::string& preamble = plan->segments[0].text;
  for (const char* part : {"Sends parcels.", "name = \"parcel\"", "src/sender.py (6 lines)", "│def call_courier()"}) {
    EXPECT_THAT(preamble, HasSubstr(part));
  }
  const auto files = segments(*plan, PackedSegment::Kind::kFile);
  ASSERT_EQ(files.size(), 6u);
  EXPECT_EQ(files[0], "src/courier.py");  // once touched, most used
  EXPECT_EQ(files[4], "src/sender.py");   // four commits
  EXPECT_EQ(files[5], "src/new.py");      // in none
  EXPECT_TRUE(plan->left_out.empty());
  int64_t tokens = 0;
  for (const PackedSegment& s : plan->segments) {
    EXPECT_EQ(s.tokens, words(s.text)) << s.path;
    tokens += s.tokens;
  }
  EXPECT_EQ(plan->tokens, tokens);
  EXPECT_THAT(plan->segments[1].text, testing::StartsWith("File: src/courier.py\nclass Courier:"));
}

TEST_F(PackingPlanTest, WhatDoesNotFitIsOutlinedOrListed) {
  const Index index = indexed();
  const std::vector<File> all = *index.files();
  for (const int64_t budget : {0, 10, 40, 80, 150, 250, 400, 700, 1000}) {
    const auto plan = index.pack(budget, words);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_LE(plan->tokens, budget);
    for (const File& file : all) {
      const bool whole = testing::Value(segments(*plan, PackedSegment::Kind::kFile), testing::Contains(file.path));
      EXPECT_NE(whole, !reason(*plan, file.path).empty()) << file.path << " at " << budget;
    }
  }
  const auto plan = index.pack(400, words);
  EXPECT_THAT(segments(*plan, PackedSegment::Kind::kOutline), ElementsAre("src/long.py"));
  EXPECT_THAT(reason(*plan, "src/long.py"), HasSubstr("only its outline"));
  EXPECT_THAT(plan->segments.back().text, HasSubstr("def step_59()"));
}

TEST_F(PackingPlanTest, FilesInQuestionComeIn) {
  const auto plan = indexed().pack(60, words, {"src/new.py"});
  EXPECT_THAT(segments(*plan, PackedSegment::Kind::kFile), testing::Contains("src/new.py"));
}

TEST_F(PackingPlanTest, SecretsAreMaskedAndListed) {
  const std::string token = "gh" + std::string("p_q8Zr2KdX7mWc4Tn9YbVf3Lh6PsJg1Ua5RxEo");
  tree_.write("README.md", "# Parcel\n\nUse " + token + " to log in.\n");
  tree_.write("src/deploy.py", "KEY = '" + token + "'\n");
  const auto plan = indexed().pack(10'000, words);
  for (const PackedSegment& s : plan->segments) EXPECT_THAT(s.text, Not(HasSubstr(token))) << s.path;
  ASSERT_EQ(plan->secrets.size(), 2u);
  EXPECT_EQ(plan->secrets[1].path, "src/deploy.py");
}

TEST_F(PackingPlanTest, TheMapShowsWhatIsUsedMostWithinTheBudget) {
  const Index index = indexed();
  const auto small = index.map(6, words);
  ASSERT_TRUE(small);
  EXPECT_EQ(*small, "src/courier.py:\n⋮\n│def call_courier()\n⋮\n");
  std::string before;
  for (const int64_t budget : {0, 3, 12, 20, 50, 100, 1000}) {
    const auto map = index.map(budget, words);
    EXPECT_LE(words(*map), budget);
    EXPECT_GE(map->size(), before.size());
    before = *map;
  }
  EXPECT_THAT(before, HasSubstr("│class Courier\n│    def pick_up(self)\n│def call_courier()"));
  EXPECT_THAT(before, HasSubstr("step_59"));
  EXPECT_THAT(*index.map(1000, words, {"src/long.py"}), Not(HasSubstr("step_59")));  // it is being looked at
}

}  // namespace
}  // namespace strata::repo
