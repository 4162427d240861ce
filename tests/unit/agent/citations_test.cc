// SPDX-License-Identifier: Apache-2.0
#include "agent/citations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strata::agent {
namespace {

TEST(FindMentions, ReadsPathsWithLines) {
  const auto mentions = find_mentions("It is in `src/app.py:12-20`, and lib/x.c:7; see util.h, lines 3-4.");
  ASSERT_EQ(mentions.size(), 3u);
  EXPECT_EQ(mentions[0].file, "src/app.py");
  EXPECT_EQ(mentions[0].first_line, 12);
  EXPECT_EQ(mentions[0].last_line, 20);
  EXPECT_EQ(mentions[1].first_line, 7);
  EXPECT_EQ(mentions[1].last_line, 7);
  EXPECT_EQ(mentions[2].file, "util.h");
  EXPECT_EQ(mentions[2].last_line, 4);
}

TEST(FindMentions, NeverLeavesTheTree) {
  EXPECT_TRUE(find_mentions("see ../../etc/passwd:1 and /etc/passwd:2").empty());
}

TEST(FindMentions, SurvivesNonsense) {
  for (const char* text : {"a.py:99999999999999999999", "a.py:-1", "a.py:", ".:.:", "x.py:5-3"})
    for (const Mention& m : find_mentions(text)) EXPECT_LE(m.first_line, m.last_line) << text;
}

TEST(FindNames, TakesIdentifiersAndLeavesWordsAndPaths) {
  EXPECT_THAT(find_names("The function `run` in src/my_file/x.py calls parse_header and close() in Berlin."),
              testing::ElementsAre("run", "parse_header", "close"));
}

}  // namespace
}  // namespace strata::agent
