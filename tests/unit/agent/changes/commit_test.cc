// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/agent/changes/work_area.h"

namespace strata::agent {
namespace {

using testing::HasSubstr;

class CommitTest : public testing::Test {
 protected:
  void SetUp() override {
    area_.git("init");
    area_.git("config user.name T");
    area_.git("config user.email t@t");
    for (int i = 0; i < 30; ++i) before_ += "line " + std::to_string(i) + "\n";
    area_.write("tree/a", before_);
    area_.write("tree/b", "b\n");
    area_.git("add -A");
    area_.git("commit -m one");
  }
  // What the accepted change makes of a text.
  static std::string accepted(std::string text) { return text.replace(text.find("line 3\n"), 7, "three\n"); }
  std::string git_output(const std::string& arguments) {
    EXPECT_EQ(std::system(("cd '" + area_.tree.string() + "' && git " + arguments + " > ../out 2>&1").c_str()), 0);
    return area_.read("out");
  }
  void hook(const std::string& name, const std::string& text) {
    area_.write("tree/.git/hooks/" + name, "#!/bin/sh\n" + text);
    chmod((area_.tree / ".git/hooks" / name).c_str(), 0755);
  }
  Result<CommitReport> commit(const std::string& before, const std::string& after) {
    return commit_changes(area_.tree, {{"a", FileContent{before}, FileContent{after}}}, "Three\n");
  }

  WorkArea area_;
  std::string before_;
};

TEST_F(CommitTest, HoldsTheAcceptedPartOnlyAndLeavesEverythingElseAsItIs) {
  std::string edited = before_;
  edited.replace(edited.find("line 20\n"), 8, "not committed\n");  // the user's own
  area_.write("tree/b", "staged\n");
  area_.git("add b");
  area_.write("tree/a", accepted(edited));
  const auto done = commit(edited, accepted(edited));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(git_output("show HEAD:a"), accepted(before_));
  EXPECT_EQ(git_output("show HEAD:b"), "b\n");
  EXPECT_EQ(git_output("show :b"), "staged\n");
  EXPECT_EQ(git_output("show :a"), accepted(before_));
  EXPECT_EQ(area_.read("tree/a"), accepted(edited));
  EXPECT_EQ(git_output("log -1 --format=%s"), "Three\n");
  EXPECT_EQ(git_output("rev-parse HEAD"), done->id + "\n");
  EXPECT_EQ(git_output("rev-parse --abbrev-ref HEAD"), "main\n");
}

TEST_F(CommitTest, HooksDecide) {
  area_.write("tree/a", accepted(before_));
  hook("pre-commit", "echo not today; exit 1\n");
  const auto refused = commit(before_, accepted(before_));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("not today"));
  EXPECT_EQ(git_output("rev-list --count HEAD"), "1\n");
  EXPECT_EQ(git_output("show :a"), before_) << "nothing is staged either";
  hook("pre-commit", "git diff --cached --name-only HEAD > seen\n");
  hook("commit-msg", "echo signed >> \"$1\"\n");
  ASSERT_TRUE(commit(before_, accepted(before_)));
  EXPECT_EQ(area_.read("tree/seen"), "a\n");
  EXPECT_THAT(git_output("log -1 --format=%B"), HasSubstr("signed"));
}

TEST_F(CommitTest, WhatCannotBeToldApartIsNotCommitted) {
  std::string edited = before_;
  edited.replace(edited.find("line 3\n"), 7, "mine\n");
  std::string after = edited;
  after.replace(after.find("mine\n"), 5, "ours\n");
  const auto refused = commit(edited, after);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("a: "));
  EXPECT_EQ(git_output("rev-list --count HEAD"), "1\n");
}

TEST_F(CommitTest, NewDeletedAndExecutableFiles) {
  area_.write("tree/new", "new\n");
  std::filesystem::remove(area_.tree / "b");
  const auto done = commit_changes(area_.tree,
                                   {{"new", {}, FileContent{"new\n"}},
                                    {"b", FileContent{"b\n"}, {}},
                                    {"a", FileContent{before_}, FileContent{before_, kExecutableFile}}},
                                   "all kinds");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(git_output("ls-tree --name-only HEAD"), "a\nnew\n");
  EXPECT_THAT(git_output("ls-tree HEAD a"), HasSubstr("100755"));
}

TEST_F(CommitTest, AMergeInProgressOrAMissingMessageIsSaid) {
  EXPECT_FALSE(commit_changes(area_.tree, {}, " \n"));
  area_.write("tree/.git/MERGE_HEAD", git_output("rev-parse HEAD"));
  EXPECT_THAT(commit(before_, accepted(before_)).error().message, HasSubstr("merge"));
}

}  // namespace
}  // namespace strata::agent
