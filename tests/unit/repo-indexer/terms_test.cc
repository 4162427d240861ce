// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strata::repo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Terms, IdentifiersAreSplitWhereAReaderWould) {
  EXPECT_THAT(split_identifier("parseHTTPHeader2_now"), ElementsAre("parse", "http", "header", "2", "now"));
  EXPECT_THAT(split_identifier("__init__"), ElementsAre("init"));
  EXPECT_THAT(split_identifier("LIMIT"), ElementsAre("limit"));
  EXPECT_THAT(split_identifier("x86_64"), ElementsAre("x", "86", "64"));
  EXPECT_THAT(split_identifier("_"), ElementsAre());
}

TEST(Terms, WordsRunTogetherAreToldApart) {
  EXPECT_THAT(split_identifier("openredirect"), ElementsAre("open", "redirect"));
  EXPECT_THAT(split_identifier("poplocalvars"), ElementsAre("pop", "local", "vars"));
  EXPECT_THAT(split_identifier("changepath_t"), ElementsAre("change", "path", "t"));
  // Words, and what is no words.
  for (const char* whole : {"important", "container", "refused", "together", "strtoul", "tokenizer", "qwerty"})
    EXPECT_THAT(split_identifier(whole), ElementsAre(whole));
}

TEST(Terms, CodeAndCommentsAreToldApart) {
  const std::string text = "int maxRetries; // parsing headers\n";
  const auto terms =
      TermMaker().passage("net/http.c", "retry", text, 0, static_cast<uint32_t>(text.size()), {{16, 34}});
  EXPECT_EQ(terms.code, "int max retri ");
  EXPECT_EQ(terms.comments, "pars header ");
  EXPECT_THAT(terms.words, HasSubstr("maxretries "));
  EXPECT_EQ(terms.name, "retri net http c ");
}

TEST(Terms, AQuestionLosesItsQuestionWords) {
  const std::string query = TermMaker().query("Where are the headers parsed?");
  EXPECT_THAT(query, HasSubstr("\"header\""));
  EXPECT_THAT(query, HasSubstr("\"pars\""));
  EXPECT_THAT(query, Not(HasSubstr("where")));
  EXPECT_EQ(TermMaker().query("What is it? \" ( AND *"), TermMaker().query("and"));
}

TEST(Terms, ANameInAQuestionIsLookedForWhole) {
  EXPECT_THAT(TermMaker().query("what does parseHeader do"), HasSubstr("words : \"parseheader\""));
  EXPECT_THAT(TermMaker().query("what does `the` do"), HasSubstr("words : \"the\""));
}

}  // namespace
}  // namespace strata::repo
