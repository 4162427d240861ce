// SPDX-License-Identifier: Apache-2.0
#include "agent/follow_up.h"

#include <gtest/gtest.h>

#include "tests/unit/agent/temporary_folder.h"

namespace strata::agent {
namespace {

class FollowUp : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("tree/mail.c", "int fetch_mail(void) {\n  return 0;\n}\n\nint open_box(void) {\n  return 1;\n}\n");
    auto opened = repo::open_updated(folder_.path / "tree", folder_.path / "index");
    ASSERT_TRUE(opened) << opened.error().message;
    index_.emplace(std::move(opened->index));
    earlier_.question = "Where is fetch_mail defined?";
    earlier_.citations = {{"mail.c", 5, 7, "open_box", true}};
  }
  std::string complete(std::string_view question) { return complete_question(*index_, question, earlier_); }

  TemporaryFolder folder_;
  std::optional<repo::Index> index_;
  Answer earlier_;
};

TEST_F(FollowUp, WhatItMeansWasNamedInTheQuestionBefore) {
  EXPECT_EQ(complete("Who calls it?"), "Who calls `fetch_mail`?");
  EXPECT_EQ(complete("What does it return?"), "What does `fetch_mail` return?");
  EXPECT_EQ(complete("Which tests cover this function?"), "Which tests cover `fetch_mail`?");
  EXPECT_EQ(complete("what calls that"), "what calls `fetch_mail`");
}

TEST_F(FollowUp, OrIsWhatTheAnswerStandsOn) {
  earlier_.question = "Where is the box opened?";
  EXPECT_EQ(complete("Who calls it?"), "Who calls `open_box`?");
}

TEST_F(FollowUp, AQuestionThatStandsByItselfIsLeftAlone) {
  for (const char* whole : {"How is the cache filled, and when is it emptied?", "Where is open_box and who calls it?",
                            "Where are the settings that are read first?", "Who calls fetch_mail?"})
    EXPECT_EQ(complete(whole), whole);
}

TEST_F(FollowUp, NothingWasNamedBefore) {
  earlier_ = {};
  EXPECT_EQ(complete("Who calls it?"), "Who calls it?");
}

}  // namespace
}  // namespace strata::agent
