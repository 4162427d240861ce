// SPDX-License-Identifier: Apache-2.0
#include "agent/ranker.h"

#include <gtest/gtest.h>

#include "agent/file_roles.h"
#include "repo-indexer/terms.h"

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

std::string best(std::vector<Candidate> candidates) { return fuse(std::move(candidates))[0].passage.file; }

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

TEST(Fuse, WhatStandsAsideComesAfterTheProgram) {
  std::vector<Candidate> twins = {candidate("tests/test_parse.py", 0.5, 5.1), candidate("src/parse.py", 0.5, 5),
                                  candidate("src/x.py", 0, 0)};
  EXPECT_EQ(best(twins), "tests/test_parse.py");
  twins[0].aside = true;
  EXPECT_EQ(best(twins), "src/parse.py");
}

TEST(BesideTheProgram, TestsDocumentsAndBuildFilesUnlessAskedFor) {
  for (const char* path :
       {"tests/test_parse.py", "src/parse_test.go", "web/app.spec.ts", "docs/index.rst", "src/dash.1", "man/printf.3p",
        "configure", "aclocal.m4", "Makefile.in", "README.md", "ChangeLog"})
    EXPECT_TRUE(beside_the_program(path, {})) << path;
  for (const char* path : {"src/parse.py", "src/latest.c", "lib/contest.rb", "main.go", "src/protocol.h", "a/x.11"})
    EXPECT_FALSE(beside_the_program(path, {})) << path;
  Question about_tests;
  about_tests.about_tests = true;
  EXPECT_FALSE(beside_the_program("tests/test_parse.py", about_tests));
  EXPECT_TRUE(beside_the_program("docs/index.rst", about_tests));
}

TermWeights question_about(std::initializer_list<const char*> words) {
  TermWeights asked;
  for (const char* word : words)
    for (const std::string& stem : repo::stems_of(word)) asked[stem] = 3;
  return asked;
}

TEST(NameMatch, FormsOfAWordAndPartsOfANameAreTheSame) {
  const TermWeights asked = question_about({"retained", "message", "stored"});
  EXPECT_GT(name_match("retain__store", asked), 0.8);
  EXPECT_GT(name_match("storeRetainedMessage", asked), name_match("retain__store", asked));
  EXPECT_LT(name_match("store", asked), name_match("retain__store", asked));
  EXPECT_EQ(name_match("run", asked), 0);
  EXPECT_EQ(name_match("", asked), 0);
  EXPECT_EQ(name_match("run", {}), 0);
}

Evidence evidence(double coverage, double missing_share, std::optional<double> cosine = {}) {
  Evidence e;
  e.coverage = coverage;
  e.missing_share = missing_share;
  e.cosine = cosine;
  return e;
}

TEST(SeemsAbsent, AnUnknownIdentifierDecides) {
  Evidence e = evidence(1, 0, 0.9);
  e.unknown = {"reticulate_splines"};
  EXPECT_TRUE(seems_absent(e));
}

TEST(SeemsAbsent, AWordThatNothingHasIsEvidenceUnlessTheRestStandsTogether) {
  EXPECT_FALSE(seems_absent(evidence(0.3, 0)));
  EXPECT_TRUE(seems_absent(evidence(0.1, 0.6)));
  EXPECT_FALSE(seems_absent(evidence(0.6, 0.4)));
}

TEST(SeemsAbsent, AParaphraseIsSavedByItsEmbedding) { EXPECT_FALSE(seems_absent(evidence(0.2, 0.5, 0.8))); }

TEST(SeemsAbsent, WhatIsNamedAndDefinedIsThere) {
  Evidence e = evidence(0.4, 0.4);
  e.named = true;
  EXPECT_FALSE(seems_absent(e));
}

}  // namespace
}  // namespace strata::agent
