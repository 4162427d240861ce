// SPDX-License-Identifier: Apache-2.0
#include "engine/attention/retrieval_heads.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace strata {
namespace {

Int8Rows random_rows(int rows, int components, std::mt19937& random) {
  std::uniform_real_distribution<float> any(-2, 2);
  Int8Rows made{.columns = int8_columns(components), .values = {}, .scales = {}};
  std::vector<float> row(static_cast<size_t>(components));
  for (int i = 0; i < rows; ++i) {
    for (float& value : row) value = any(random);
    made.append(row);
  }
  return made;
}

TEST(MaxDots, EqualsPlainLoops) {
  std::mt19937 random(1);
  for (const int components : {64, 80, 128})
    for (const int queries : {1, 3, 4, 11})
      for (const int keys : {1, 5, 64}) {
        const Int8Rows q = random_rows(queries, components, random), k = random_rows(keys, components, random);
        std::vector<float> best(static_cast<size_t>(queries));
        max_dots(q, k, best);
        for (int i = 0; i < queries; ++i) {
          float expected = -INFINITY;
          for (int j = 0; j < keys; ++j) {
            int sum = 0;
            for (int c = 0; c < q.columns; ++c) sum += q.row(i)[c] * k.row(j)[c];
            expected = std::max(expected, static_cast<float>(sum) * q.scales[i] * k.scales[j]);
          }
          EXPECT_NEAR(best[i], expected, 1e-4f * std::abs(expected)) << components << " components, query " << i;
        }
      }
}

TEST(MaxDots, RowsKeepTheirValuesToHalfAStep) {
  const std::vector<float> row{0, 1, -3, 0.5f}, zeros(4);
  Int8Rows rows{.columns = int8_columns(4), .values = {}, .scales = {}};
  rows.append(row);
  rows.append(zeros);
  for (size_t i = 0; i < row.size(); ++i)
    EXPECT_NEAR(static_cast<float>(rows.row(0)[i]) * rows.scales[0], row[i], 3.0f / 127 / 2 + 1e-6f);
  EXPECT_EQ(rows.scales[1], 0);
}

// Two query heads that share a key head of layer 1, and one of layer 0 with another.
class RetrievalHeadsTest : public testing::Test {
 protected:
  static constexpr int kTokens = 40, kDim = 16;
  static ModelParams params() {
    ModelParams p;
    p.heads = 4, p.kv_heads = 2, p.head_dim = kDim, p.layers = 3;
    p.kv = {.layers = 3, .width = 2 * kDim};
    return p;
  }
  RetrievalHeadsTest() : heads_(params(), {{1, 0}, {1, 1}, {0, 3}}), kv_(params().kv) {
    std::uniform_real_distribution<float> any(-1, 1);
    kv_.resize(kTokens);
    for (int layer = 0; layer < 3; ++layer)
      for (int token = 0; token < kTokens; ++token)
        for (int i = 0; i < 2 * kDim; ++i) kv_.k_row(layer, token)[i] = to_f16(any(random_));
    heads_.set_generic_questions(ask([&](int) { return any(random_); }));
  }
  template <typename Value>
  RetrievalHeads::Queries ask(Value value) const {
    auto wanted = heads_.wanted();
    for (HeadQueries& head : wanted)
      for (int i = 0; i < 2 * kDim; ++i) head.rows.push_back(value(i % kDim));
    return heads_.quantize(wanted);
  }

  std::mt19937 random_{7};
  RetrievalHeads heads_;
  KvCache kv_;
};

TEST_F(RetrievalHeadsTest, ThePassageThatHoldsWhatIsAskedForScoresBest) {
  // The key head of query head 3 is 1: its components stand behind those of key head 0.
  const auto queries = ask([&](int i) { return to_f32(kv_.k_row(0, 25)[kDim + i]); });
  float best = -INFINITY;
  int winner = -1;
  for (int first = 0; first < kTokens; first += 10) {
    const auto scores = heads_.score(queries, heads_.keys(kv_, first, first + 10));
    ASSERT_EQ(scores.size(), 3u);
    if (scores[2] > best) best = scores[2], winner = first;
  }
  EXPECT_EQ(winner, 20);
}

TEST_F(RetrievalHeadsTest, WhatAnyQuestionFindsCountsForNothing) {
  const auto generic = ask([](int i) { return i == 0 ? 1.0f : 0.0f; });
  heads_.set_generic_questions(generic);
  for (const float score : heads_.score(generic, heads_.keys(kv_, 3, 9))) EXPECT_EQ(score, 0);
}

TEST_F(RetrievalHeadsTest, PackedKeysComeBackAndForeignBytesDoNot) {
  const RankingKeys keys = heads_.keys(kv_, 5, 12);
  std::vector<std::byte> bytes = heads_.pack(keys);
  const RankingKeys back = heads_.unpack(bytes);
  const auto queries = ask([](int i) { return static_cast<float>(i); });
  EXPECT_EQ(heads_.score(queries, back), heads_.score(queries, keys));
  bytes.pop_back();
  EXPECT_TRUE(heads_.unpack(bytes).keys.empty());
  EXPECT_TRUE(heads_.unpack({}).keys.empty());
}

TEST_F(RetrievalHeadsTest, KeysOfOtherHeadsAreForeignHoweverManyTheyAre) {
  RetrievalHeads others(params(), {{1, 0}, {1, 1}, {0, 2}});
  others.set_generic_questions(ask([&](int) { return 1.0f; }));
  EXPECT_TRUE(heads_.unpack(others.pack(others.keys(kv_, 5, 12))).keys.empty());
}

}  // namespace
}  // namespace strata
