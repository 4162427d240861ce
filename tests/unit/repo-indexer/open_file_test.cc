// SPDX-License-Identifier: Apache-2.0
// The property that matters: whatever was typed, an open file says what the same text says that is opened anew.
#include "repo-indexer/open_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <format>
#include <fstream>
#include <random>
#include <sstream>

namespace strata::repo {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string described(const OpenFile& file) {
  std::string all;
  for (const Symbol& s : file.symbols())
    all += std::format("{} {} {}-{} {} {}\n", s.kind, s.qualified_name, s.first_line, s.last_line, s.signature, s.doc);
  if (const auto errors = file.errors()) {
    for (const SyntaxError& e : *errors) all += std::format("error {}-{} {}\n", e.first_byte, e.last_byte, e.missing);
  }
  return all;
}

TEST(OpenFile, AfterAnyEditsAsIfOpenedAnew) {
  std::mt19937 random(20);
  const auto below = [&](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  const std::vector<std::string> pieces = {"{",  "}",    "(",  ")",     ";",      "\n", "\"",       "'",
                                           "/*", "*/",   "//", "#",     "x",      " ",  "\n    ",   "if (a) {\n",
                                           "é",  "\t\t", "::", "LIMIT", "class ", "<",  "return 1", "`"};
  for (const auto& entry : fs::directory_iterator(SAMPLES)) {
    const std::string path = entry.path().filename().string(), original = content(entry.path());
    OpenFile file(path, original);
    for (int i = 0; i < 60; ++i) {
      const std::string before = file.text();
      const size_t first = below(before.size() + 1), last = std::min(before.size(), first + below(i % 5 == 0 ? 60 : 4));
      // Something typed, something deleted, something copied from elsewhere, or all back as it was.
      const std::string piece = i % 4 == 0   ? original.substr(below(original.size()), below(80))
                                : i % 4 == 1 ? ""
                                             : pieces[below(pieces.size())];
      const bool back = i % 10 == 9;
      ASSERT_TRUE(back ? file.edit(0, before.size(), original) : file.edit(first, last, piece));
      ASSERT_EQ(described(file), described(OpenFile(path, file.text())))
          << path << " after edit " << i << ", " << first << "-" << last << " -> " << piece << ":\n"
          << file.text();
    }
  }
}

TEST(OpenFile, AnEditSaysWhatItBroke) {
  OpenFile file("a.c", "int f(void) {\n  return 1;\n}\n");
  EXPECT_EQ(file.errors()->size(), 0u);
  ASSERT_TRUE(file.edit(24, 25, ""));  // the semicolon
  ASSERT_EQ(file.errors()->size(), 1u);
  EXPECT_EQ(file.errors()->front().missing, ";");
  EXPECT_EQ(file.errors()->front().first_line, 2);
  ASSERT_TRUE(file.edit(24, 24, ";"));
  EXPECT_EQ(file.errors()->size(), 0u);
  ASSERT_TRUE(file.edit(4, 5, "renamed"));
  EXPECT_EQ(file.symbols().at(0).name, "renamed");
}

TEST(OpenFile, WhatIsNotThereCannotBeReplaced) {
  OpenFile file("a.c", "int x;\n");
  EXPECT_EQ(file.edit(3, 8, "").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(file.edit(5, 4, "").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(file.text(), "int x;\n");
  EXPECT_EQ(OpenFile("notes.txt", "text").errors(), std::nullopt);
}

TEST(OpenFile, AHeaderMayBecomeCpp) {
  OpenFile file("a.h", "int f(void);\n");
  ASSERT_TRUE(file.edit(0, 0, "class A { void g() {} };\n"));
  EXPECT_EQ(file.symbols().at(0).kind, "class");
  EXPECT_EQ(file.symbols().at(1).qualified_name, "A::g");
}

TEST(OpenFile, TypingInALongFileCostsLessThanParsingIt) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += std::format("def f{}(a, b):\n    return a + b * {}\n\n", i, i);
  using Clock = std::chrono::steady_clock;
  Clock::duration opening = Clock::duration::max(), typing = opening;
  for (int i = 0; i < 3; ++i) {
    auto start = Clock::now();
    OpenFile file("long.py", text);
    opening = std::min(opening, Clock::now() - start);
    start = Clock::now();
    ASSERT_TRUE(file.edit(text.find("f2000(") + 1, text.find("f2000(") + 2, "9"));
    typing = std::min(typing, Clock::now() - start);
  }
  EXPECT_LT(typing * 2, opening);
}

}  // namespace
}  // namespace strata::repo
