// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/syntax.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <format>
#include <fstream>
#include <sstream>

namespace strata::repo {
namespace {

// "first-last text" of each error by line, the text cut out; "+what" where something is missing.
std::vector<std::string> errors(std::string_view path, std::string_view text) {
  const auto found = syntax_errors(path, text);
  if (!found) return {"not parsed"};
  std::vector<std::string> all;
  for (const SyntaxError& e : *found) {
    all.push_back(std::format(
        "{}-{} {}", e.first_line, e.last_line,
        e.missing.empty() ? std::string(text.substr(e.first_byte, e.last_byte - e.first_byte)) : "+" + e.missing));
  }
  return all;
}

using Errors = std::vector<std::string>;

TEST(Syntax, GoodTextHasNoErrors) {
  EXPECT_EQ(errors("a.py", "def f(x):\n    return x\n"), Errors{});
  EXPECT_EQ(errors("a.cc", "class LIB_EXPORT A {\n  int x_ GUARDED_BY(mutex_);\n};\n"), Errors{});
  EXPECT_EQ(errors("a.rs", "fn main() { println!(\"{}\", 1); }\n"), Errors{});
  EXPECT_EQ(errors("a.json", "{\"a\": [1, 2]}\n"), Errors{});
  EXPECT_EQ(errors("a.go", ""), Errors{});
}

TEST(Syntax, ErrorsSayWhere) {
  EXPECT_EQ(errors("a.c", "int f(void) {\n  return 1\n}\n"), Errors{"2-2 +;"});
  EXPECT_EQ(errors("a.json", "{\"a\": 1,, \"b\": 2}\n"), Errors{"1-1 ,"});
  EXPECT_EQ(errors("a.py", "x = 1\ny = )\n"), Errors{"2-2 y = )"});
}

TEST(Syntax, WhatIsNotParsedHasNoAnswer) {
  EXPECT_EQ(errors("notes.txt", "anything (at all"), Errors{"not parsed"});
  EXPECT_EQ(errors("a.hs", "main = ("), Errors{"not parsed"});
}

// Whatever a model writes: an answer whose ranges lie in the text.
TEST(Syntax, EveryCutSampleIsAnswered) {
  for (const auto& entry : std::filesystem::directory_iterator(SAMPLES)) {
    std::stringstream whole;
    whole << std::ifstream(entry.path()).rdbuf();
    for (size_t size = 0; size < whole.str().size(); size += 37) {
      const std::string text = whole.str().substr(0, size);
      const auto found = syntax_errors(entry.path().filename().string(), text);
      if (!found) continue;
      for (const SyntaxError& e : *found) {
        EXPECT_LE(e.first_byte, e.last_byte) << entry.path() << " cut at " << size;
        EXPECT_LE(e.last_byte, text.size()) << entry.path() << " cut at " << size;
        EXPECT_LE(e.first_line, e.last_line) << entry.path() << " cut at " << size;
      }
    }
  }
}

}  // namespace
}  // namespace strata::repo
