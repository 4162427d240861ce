// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/passages.h"

#include <gtest/gtest.h>

#include <random>

namespace strata::repo {
namespace {

ParsedSymbol symbol(std::string kind, int first, int last, int lead = 0) {
  ParsedSymbol s;
  s.kind = std::move(kind);
  s.first_line = first;
  s.last_line = last;
  s.lead_line = lead ? lead : first;
  return s;
}

std::string text_of(int lines, std::string_view line = "word\n") {
  std::string text;
  for (int i = 0; i < lines; ++i) text += line;
  return text;
}

// Every byte and line in exactly one passage, at line starts.
void expect_partition(std::string_view text, const std::vector<PassageRange>& passages) {
  uint32_t byte = 0;
  int line = 1;
  for (const PassageRange& p : passages) {
    EXPECT_EQ(p.first_byte, byte);
    EXPECT_EQ(p.first_line, line);
    EXPECT_GT(p.last_byte, p.first_byte);
    EXPECT_TRUE(p.first_byte == 0 || text[p.first_byte - 1] == '\n');
    EXPECT_EQ(count_lines(text.substr(p.first_byte, p.last_byte - p.first_byte)), p.last_line - p.first_line + 1);
    byte = p.last_byte;
    line = p.last_line + 1;
  }
  EXPECT_EQ(byte, text.size());
  EXPECT_EQ(line, count_lines(text) + 1);
}

TEST(Passages, EmptyFileHasNone) { EXPECT_TRUE(cut_passages("", {}).empty()); }

TEST(Passages, LastLineWithoutNewline) {
  const auto passages = cut_passages("a\nb", {});
  ASSERT_EQ(passages.size(), 1u);
  EXPECT_EQ(passages[0].last_line, 2);
  EXPECT_EQ(passages[0].last_byte, 3u);
}

TEST(Passages, AFunctionTakesItsCommentAlong) {
  const std::string text = text_of(20);
  const auto passages = cut_passages(text, {symbol("function", 8, 12, 6)});
  expect_partition(text, passages);
  ASSERT_EQ(passages.size(), 3u);
  EXPECT_EQ(passages[1].first_line, 6);
  EXPECT_EQ(passages[1].last_line, 12);
  EXPECT_EQ(passages[1].symbol, 0);
  EXPECT_EQ(passages[2].symbol, -1);
}

TEST(Passages, TheHeadOfAClassBelongsToTheClass) {
  const std::string text = text_of(20);
  const auto passages = cut_passages(text, {symbol("class", 1, 20), symbol("method", 5, 10)});
  expect_partition(text, passages);
  ASSERT_EQ(passages.size(), 3u);
  EXPECT_EQ(passages[0].symbol, 0);
  EXPECT_EQ(passages[1].symbol, 1);
  EXPECT_EQ(passages[2].symbol, 0);
}

TEST(Passages, AnInnerFunctionStaysInTheOuter) {
  const auto passages = cut_passages(text_of(20), {symbol("function", 1, 20), symbol("function", 5, 10)});
  ASSERT_EQ(passages.size(), 1u);
  EXPECT_EQ(passages[0].symbol, 0);
}

TEST(Passages, ClosingBracesDoNotStandAlone) {
  const std::string text = text_of(5) + "}\n\n}\n";
  const auto passages = cut_passages(text, {symbol("class", 1, 6), symbol("method", 1, 5)});
  expect_partition(text, passages);
  EXPECT_EQ(passages.size(), 1u);
}

TEST(Passages, LongStretchesAreCutAtBlankLines) {
  const std::string text = text_of(50) + "\n" + text_of(80);
  const auto passages = cut_passages(text, {});
  expect_partition(text, passages);
  EXPECT_EQ(passages[0].last_line, 51);
  for (const PassageRange& p : passages) EXPECT_LE(p.last_line - p.first_line + 1, 60);
}

TEST(Passages, PartsOfALongFunctionKeepItsName) {
  const std::string text = text_of(400);
  const auto passages = cut_passages(text, {symbol("function", 1, 400)});
  expect_partition(text, passages);
  EXPECT_GT(passages.size(), 2u);
  for (const PassageRange& p : passages) {
    EXPECT_EQ(p.symbol, 0);
    EXPECT_LE(p.last_line - p.first_line + 1, 150);
  }
}

TEST(Passages, PartitionWhateverTheSymbols) {
  std::mt19937 random(1);
  const auto any = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = any(0, 300); i > 0; --i)
      text += std::array{"word\n", "\n", "}\n", "\xC3\xA4\r\n", "  x y\n"}[any(0, 4)];
    if (any(0, 1)) text += "end";
    std::vector<ParsedSymbol> symbols;
    for (int i = any(0, 20); i > 0; --i) {
      const int first = any(1, 320), last = first + any(0, 60);
      symbols.push_back(symbol(std::array{"function", "class", "method", "variable", "heading"}[any(0, 4)], first, last,
                               std::max(1, first - any(0, 3))));
    }
    expect_partition(text, cut_passages(text, symbols));
  }
}

}  // namespace
}  // namespace strata::repo
