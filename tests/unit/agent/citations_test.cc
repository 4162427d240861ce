// SPDX-License-Identifier: Apache-2.0
#include "agent/citations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/temporary_folder.h"

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

TEST(RepairFiles, ASymbolStandsInItsOwnFile) {
  TemporaryFolder folder;
  folder.write("tree/src/graph.c", "void load_deps(void) {\n}\n");
  folder.write("tree/src/build.c", "void finish(void) {\n}\n");
  folder.write("tree/src/main.c", "int main(void) {\n  load_deps();\n  finish();\n}\n");
  auto opened = repo::open_updated(folder.path / "tree", folder.path / "index");
  ASSERT_TRUE(opened) << opened.error().message;
  TextCache texts(opened->index);
  const auto repaired = [&](std::string answer) {
    EXPECT_TRUE(repair_files(opened->index, {}, texts, answer));
    return answer;
  };
  EXPECT_EQ(repaired("`finish` is first. The `load_deps` function in `src/build.c` reads `src/build.c`."),
            "`finish` is first. The `load_deps` function in `src/graph.c` reads `src/build.c`.");
  // A plain word may be anything, unless it is said to be code.
  EXPECT_EQ(repaired("The `finish` function in `src/graph.c` ends it."),
            "The `finish` function in `src/build.c` ends it.");
  for (const char* right :
       {"A `finish` in `src/graph.c`.", "`load_deps` is called in `src/main.c`.",
        "`load_deps` is in `src/graph.c`, graph.c.", "`load_deps` is no Session.get.", "It is in `src/build.c`."})
    EXPECT_EQ(repaired(right), right);
}

}  // namespace
}  // namespace strata::agent
