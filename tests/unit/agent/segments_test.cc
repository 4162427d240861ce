// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>

#include "agent/workspace.h"

namespace strata::agent {
namespace {

// Tokens of `width` bytes each, and passages of these byte ranges.
struct Text {
  std::vector<TokenId> tokens;
  std::vector<uint32_t> ends;
  std::vector<repo::Passage> passages;

  Text(uint32_t bytes, uint32_t width, const std::vector<uint32_t>& cuts) {
    for (uint32_t end = width; end <= bytes; end += width) {
      tokens.push_back(static_cast<TokenId>(100 + tokens.size()));
      ends.push_back(end);
    }
    uint32_t begin = 0;
    for (const uint32_t cut : cuts) {
      repo::Passage p;
      p.first_line = p.last_line = static_cast<int>(passages.size()) + 1;
      p.first_byte = begin;
      p.last_byte = begin = cut;
      passages.push_back(p);
    }
  }
  std::vector<Segment> cut(int limit) const {
    return cut_segments(std::vector<TokenId>{1, 2}, tokens, ends, passages, limit);
  }
};

TEST(CutSegments, ATokenBelongsToThePassageInWhichItStarts) {
  const auto segments = Text(12, 4, {6, 12}).cut(100);  // the second token covers bytes 4-8
  ASSERT_EQ(segments.size(), 1u);
  ASSERT_EQ(segments[0].spans.size(), 2u);
  EXPECT_EQ(segments[0].spans[0].first_token, 2);
  EXPECT_EQ(segments[0].spans[0].last_token, 4);
  EXPECT_EQ(segments[0].spans[1].last_token, 5);
}

TEST(CutSegments, PartsEndBetweenPassagesAndBeginWithThePath) {
  const Text text(30, 1, {10, 20, 30});
  const auto segments = text.cut(22);
  ASSERT_EQ(segments.size(), 2u);
  std::vector<TokenId> all;
  for (const Segment& s : segments) {
    EXPECT_EQ(s.parts, 2);
    EXPECT_LE(s.tokens.size(), 22u);
    EXPECT_EQ(s.tokens[0], 1);
    EXPECT_EQ(s.tokens[1], 2);
    EXPECT_EQ(s.spans.back().last_token, static_cast<int>(s.tokens.size()));
    all.insert(all.end(), s.tokens.begin() + 2, s.tokens.end());
  }
  EXPECT_EQ(all, text.tokens);
}

TEST(CutSegments, APassageLongerThanASegmentGoesOnInTheNext) {
  const Text text(50, 1, {50});
  const auto segments = text.cut(22);
  ASSERT_EQ(segments.size(), 3u);
  size_t tokens = 0;
  for (const Segment& s : segments) tokens += s.tokens.size() - 2;
  EXPECT_EQ(tokens, text.tokens.size());
}

TEST(CutSegments, AnEmptyFileHasNone) { EXPECT_TRUE(Text(0, 1, {}).cut(22).empty()); }

TEST(ReadPassages, FindsTheNearestAndForgetsNothing) {
  ReadPassages read;
  for (int i = 0; i < 40; ++i) {
    Segment s;
    s.path = "f" + std::to_string(i);
    s.blob_id = "b";
    s.key = "k" + std::to_string(i);
    s.spans.push_back({1, 10, 0, 5, {5.0f + (i == 7 ? 3.0f : 0.0f), static_cast<float>(i % 5), 1.0f}});
    read.add(s);
    read.add(s);  // a second time is no second passage
  }
  EXPECT_EQ(read.size(), 40u);
  const std::vector<float> direction = {1, 0, 0};
  const auto near = read.nearest(direction, 3);
  ASSERT_EQ(near.size(), 3u);
  EXPECT_EQ(near[0].path, "f7");
  EXPECT_EQ(read.cosine(direction, "f7", 4), near[0].cosine);
  EXPECT_FALSE(read.cosine(direction, "f7", 11));
  EXPECT_TRUE(read.has_segment("f7", "k7"));
  EXPECT_FALSE(read.has_segment("f7", "k8"));
}

}  // namespace
}  // namespace strata::agent
