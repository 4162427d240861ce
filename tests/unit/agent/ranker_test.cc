// SPDX-License-Identifier: Apache-2.0
#include "agent/ranker.h"

#include <gtest/gtest.h>

namespace strata::agent {
namespace {

Candidate candidate(std::string file, std::optional<double> cosine, double bm25, double identifier = 0) {
  Candidate c;
  c.passage.file = std::move(file);
  c.cosine = cosine;
  c.bm25 = bm25;
  c.identifier = identifier;
  return c;
}

std::string best(std::vector<Candidate> candidates, const Question& question = {}) {
  return fuse(std::move(candidates), question)[0].passage.file;
}

TEST(Fuse, BothSignalsCount) {
  EXPECT_EQ(best({candidate("embedding", 0.9, 0), candidate("both", 0.8, 9), candidate("words", 0.1, 10),
                  candidate("none", 0, 0)}),
            "both");
}

TEST(Fuse, WhatTheQuestionNamesComesFirst) {
  EXPECT_EQ(best({candidate("near", 0.6, 5), candidate("named", 0.5, 4, 1), candidate("far", 0.1, 0)}), "named");
}

TEST(Fuse, APassageThatHasNotBeenReadIsNotShutOut) {
  EXPECT_EQ(best({candidate("read", 0.3, 2), candidate("unread", {}, 12), candidate("other", 0.2, 1),
                  candidate("more", 0.1, 1)}),
            "unread");
}

TEST(Fuse, TestsComeAfterTheProgramUnlessAskedFor) {
  const std::vector<Candidate> twins = {candidate("tests/test_parse.py", 0.5, 5.1), candidate("src/parse.py", 0.5, 5),
                                        candidate("src/x.py", 0, 0)};
  EXPECT_EQ(best(twins), "src/parse.py");
  Question about_tests;
  about_tests.about_tests = true;
  EXPECT_EQ(best(twins, about_tests), "tests/test_parse.py");
}

TEST(SeemsAbsent, AnUnknownIdentifierDecides) {
  EXPECT_TRUE(seems_absent({.coverage = 1, .cosine = 0.9, .unknown = {"reticulate_splines"}, .missing = {}}));
}

TEST(SeemsAbsent, WordsThatStandTogetherAreEvidence) {
  EXPECT_FALSE(seems_absent({.coverage = 0.9, .cosine = {}, .unknown = {}, .missing = {}}));
  EXPECT_TRUE(seems_absent({.coverage = 0.1, .cosine = {}, .unknown = {}, .missing = {"kafk"}}));
}

TEST(SeemsAbsent, AParaphraseIsSavedByItsEmbedding) {
  EXPECT_FALSE(seems_absent({.coverage = 0.2, .cosine = 0.8, .unknown = {}, .missing = {}}));
}

}  // namespace
}  // namespace strata::agent
