// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/ignore_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace strata::repo {
namespace {

struct Case {
  const char* rules;
  const char* path;  // a trailing '/' makes it a folder
  int expected;      // 1 left out, 0 kept by a "!", -1 no rule fits
};

TEST(IgnoreRules, FitLikeThoseOfGit) {
  const Case cases[] = {
      {"*.log", "a.log", 1},
      {"*.log", "deep/down/a.log", 1},
      {"*.log", "a.logs", -1},
      {"/a.log", "a.log", 1},
      {"/a.log", "b/a.log", -1},
      {"build/", "build/", 1},
      {"build/", "build", -1},
      {"build/", "x/build/", 1},
      {"docs/*.txt", "docs/a.txt", 1},
      {"docs/*.txt", "docs/sub/a.txt", -1},
      {"docs/*.txt", "x/docs/a.txt", -1},
      {"docs/**", "docs/sub/a.txt", 1},
      {"docs/**", "docs/", -1},
      {"**/gen", "gen", 1},
      {"**/gen", "a/b/gen", 1},
      {"a/**/z", "a/z", 1},
      {"a/**/z", "a/b/c/z", 1},
      {"a/**/z", "ab/z", -1},
      {"?.c", "a.c", 1},
      {"?.c", "ab.c", -1},
      {"[a-c].c", "b.c", 1},
      {"[!a-c].c", "b.c", -1},
      {"[]].c", "].c", 1},
      {"[a", "[a", 1},  // never closed: itself
      {"\\#x", "#x", 1},
      {"#x", "#x", -1},
      {"\\!x", "!x", 1},
      {"a\\*b", "a*b", 1},
      {"a\\*b", "axb", -1},
      {"*.c\n!keep.c", "keep.c", 0},
      {"!keep.c\n*.c", "keep.c", 1},
      {"x  \r\n", "x", 1},
      {"\n\n/\n!\n", "x", -1},
      {"a*b*c*d*e", "a1b2c3d4e", 1},
      {"*/x", "a/x", 1},
      {"*/x", "a/b/x", -1},
  };
  for (const Case& c : cases) {
    IgnoreRules rules;
    rules.add("", c.rules);
    std::string path = c.path;
    const bool folder = path.ends_with('/');
    if (folder) path.pop_back();
    const auto found = rules.leaves_out(path, folder);
    EXPECT_EQ(found ? static_cast<int>(*found) : -1, c.expected) << c.rules << " on " << c.path;
  }
}

TEST(IgnoreRules, OfAFolderHoldInsideItAndComeAfterThoseAbove) {
  IgnoreRules rules;
  rules.add("", "*.txt\n");
  rules.add("docs/", "!/a.txt\nb.md\n");
  EXPECT_EQ(rules.leaves_out("docs/a.txt", false), false);
  EXPECT_EQ(rules.leaves_out("a.txt", false), true);
  EXPECT_EQ(rules.leaves_out("docs/x/b.md", false), true);
  EXPECT_FALSE(rules.leaves_out("b.md", false));
}

TEST(IgnoreRules, EndInTimeWhateverThePattern) {
  IgnoreRules rules;
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  rules.add("", pattern + "b");
  EXPECT_FALSE(rules.leaves_out(std::string(4000, 'a'), false));
}

}  // namespace
}  // namespace strata::repo
