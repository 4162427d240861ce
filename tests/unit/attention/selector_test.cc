// SPDX-License-Identifier: Apache-2.0
// What a long context reads: the sinks, the window, and the blocks whose keys answer the query.
#include "engine/attention/selector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "engine/models/rope.h"

namespace strata {
namespace {

constexpr int kDim = 16, kWidth = 2 * kDim, kTrained = 2048;
constexpr SelectorOptions kSmall{
    .dense = 256, .sinks = 32, .window = 64, .least = 32, .most = 256, .mass = 0.5, .run = 32, .fine = 2048};

class SelectorTest : public testing::Test {
 protected:
  static ModelParams params() {
    ModelParams p;
    p.layers = 2, p.heads = 4, p.kv_heads = 2, p.head_dim = kDim, p.trained_context = kTrained;
    p.kv = {.layers = 2, .width = kWidth};
    return p;
  }

  // Keys that mean little.
  void fill(int tokens) {
    std::normal_distribution<float> any(0, 0.3f);
    const int before = kv_.tokens();
    kv_.resize(tokens);
    for (int layer = 0; layer < 2; ++layer)
      for (int token = before; token < tokens; ++token)
        for (int i = 0; i < kWidth; ++i) {
          kv_.k_row(layer, token)[i] = to_f16(any(random_));
          kv_.v_row(layer, token)[i] = to_f16(any(random_));
        }
  }

  // One query that asks both KV heads for the direction `asked`.
  std::vector<KeySelector::Run> ask(Selector& selector, std::vector<int> positions, float asked = 4) {
    std::vector<float> q(positions.size() * 4 * kDim);
    for (size_t i = kDim / 2 - 1; i < q.size(); i += kDim) q[i] = asked;  // a component that turns slowly
    positions_ = std::move(positions);
    EXPECT_TRUE(selector.begin(positions_));
    return selector.select(0, kv_, {}, table_, q, positions_).value();
  }

  // The rows of the cache that a run reads, told by where their keys lie.
  std::vector<int> rows_of(const KeySelector::Run& run) const {
    std::vector<int> rows;
    for (const KvBlock& block : run.blocks)
      for (int row = 0; row < kv_.tokens(); ++row)
        if (block.k <= kv_.k_row(0, row) && kv_.k_row(0, row) < block.k + block.rows * kWidth) rows.push_back(row);
    return rows;
  }

  void plant(int token) {
    for (int at = token; at < token + 4; ++at)
      for (int head = 0; head < 2; ++head) kv_.k_row(0, at)[head * kDim + kDim / 2 - 1] = to_f16(20);
  }

  KvCache kv_{params().kv};
  std::mt19937 random_{7};
  RopeTable table_ = make_rope_table({.dim = kDim, .base = 1e6f, .factor = 1, .frequency_factors = {}}, kTrained);
  std::vector<int> positions_;
};

TEST_F(SelectorTest, ShortContextsAreReadWhole) {
  Selector selector(params(), 1, kSmall);
  const std::vector<int> positions{255}, next{256};
  EXPECT_FALSE(selector.begin(positions));
  EXPECT_TRUE(selector.begin(next));
}

TEST_F(SelectorTest, FindsWhatAnswersTheQueryBesideSinksAndWindow) {
  fill(1500);
  plant(805);
  Selector selector(params(), 2, kSmall);
  const auto runs = ask(selector, {1499});
  ASSERT_EQ(runs.size(), 2u);
  for (const auto& run : runs) {
    const std::vector<int> rows = rows_of(run);
    EXPECT_TRUE(std::ranges::is_sorted(rows));
    EXPECT_EQ(std::set<int>(rows.begin(), rows.end()).size(), rows.size());
    for (const int row : {0, 31, 805, 808, 1499 - 64, 1499}) EXPECT_TRUE(std::ranges::contains(rows, row)) << row;
    EXPECT_LE(std::ssize(rows), 32 + 256 + 64 + 16 + 1);
    for (size_t i = 0; i + 1 < run.blocks.size(); ++i)
      EXPECT_LE(run.blocks[i].position + run.blocks[i].rows, run.blocks[i + 1].position);
  }
  EXPECT_EQ(selector.rotated(1499), 1499);
}

TEST_F(SelectorTest, AFlatHeadReadsMoreThanASharpOne) {
  fill(1500);
  Selector flat(params(), 1, kSmall);
  const size_t of_flat = rows_of(ask(flat, {1499}, 0)[0]).size();
  plant(805);
  Selector sharp(params(), 1, kSmall);
  EXPECT_LT(rows_of(ask(sharp, {1499})[0]).size(), of_flat);
}

TEST_F(SelectorTest, QueriesOfAPrefillChooseInRunsAndSeeTheirOwnRows) {
  fill(1500);
  Selector selector(params(), 2, kSmall);
  std::vector<int> positions;
  for (int p = 1420; p < 1500; ++p) positions.push_back(p);
  const auto runs = ask(selector, positions);
  ASSERT_EQ(runs.size(), 6u);  // 32 + 32 + 16 queries, two KV heads
  int covered = 0;
  for (const auto& run : runs) {
    covered += run.count;
    const auto rows = rows_of(run);
    for (int p = 1420 + run.first - 64; p < 1420 + run.first + run.count; ++p)
      EXPECT_TRUE(std::ranges::contains(rows, p)) << p;
    EXPECT_LE(rows.back(), 1420 + run.first + run.count - 1);
  }
  EXPECT_EQ(covered, 160);
}

TEST_F(SelectorTest, BeyondWhatWasTrainedFarKeysStandBetweenSinksAndNearOnes) {
  fill(6000);
  plant(805);
  Selector selector(params(), 2, kSmall);
  const auto runs = ask(selector, {5999});
  EXPECT_EQ(selector.rotated_positions(), kTrained);
  EXPECT_EQ(selector.rotated(5999), kTrained - 1);
  for (const auto& run : runs) {
    EXPECT_TRUE(std::ranges::contains(rows_of(run), 805));
    for (size_t i = 0; i < run.blocks.size(); ++i) {
      const KvBlock& block = run.blocks[i];
      EXPECT_GE(block.position, i == 0 ? 0 : run.blocks[i - 1].position + run.blocks[i - 1].rows);
      EXPECT_LE(block.position + block.rows, kTrained);
    }
    EXPECT_EQ(run.blocks.back().position + run.blocks.back().rows, kTrained);  // the query itself
  }
}

TEST_F(SelectorTest, ForgetsRowsThatChange) {
  fill(1500);
  plant(805);
  Selector selector(params(), 1, kSmall);
  EXPECT_TRUE(std::ranges::contains(rows_of(ask(selector, {1499})[0]), 805));
  kv_.truncate(700);
  selector.truncate(700);
  fill(1500);
  plant(1205);
  Selector fresh(params(), 1, kSmall);
  EXPECT_EQ(rows_of(ask(selector, {1499})[0]), rows_of(ask(fresh, {1499})[0]));
}

// Blocks in which one key answers the query and the others cancel it out, so that their means are silent, and blocks
// that say more than they have.
class MisledSelectorTest : public SelectorTest {
 protected:
  static constexpr SelectorOptions kChecking{.dense = 256,
                                             .sinks = 32,
                                             .window = 64,
                                             .least = 32,
                                             .most = 1024,
                                             .mass = 0.5,
                                             .run = 32,
                                             .fine = 2048,
                                             .check = 16};

  void SetUp() override {
    fill(1500);
    for (int block = 10; block < 60; ++block)
      for (int at = 0; at < 16; ++at)
        for (int head = 0; head < 2; ++head)
          kv_.k_row(0, block * 16 + at)[head * kDim + kDim / 2 - 1] = to_f16(at == 5 ? 7.5f : -0.5f);
    for (int token = 62 * 16; token < 82 * 16; ++token)
      for (int head = 0; head < 2; ++head) kv_.k_row(0, token)[head * kDim + kDim / 2 - 1] = to_f16(3);
  }

  // Keys that are read for each of the last of some passes, a few of single queries and then a few of many.
  std::vector<std::vector<int>> read(Selector& selector) {
    std::vector<std::vector<int>> rows;
    for (int pass = 0; pass < 24; ++pass) {
      std::vector<int> positions;
      for (int p = 1400; p < (pass < 12 ? 1401 : 1464); ++p) positions.push_back(p + pass);
      for (const auto& run : ask(selector, positions)) rows.push_back(rows_of(run));
    }
    return rows;
  }
};

TEST_F(MisledSelectorTest, HeadsThatMissTooMuchOfExactAttentionReadMoreAndSaySo) {
  Selector selector(params(), 2, kChecking);
  const auto rows = read(selector);
  EXPECT_GT(selector.counters().checked, 0);
  EXPECT_GT(selector.counters().low, 0);
  const auto raised = selector.raised();
  ASSERT_EQ(raised.size(), 1u);
  EXPECT_EQ(raised[0].layer, 0);
  EXPECT_EQ(raised[0].heads, 4);
  EXPECT_GT(raised[0].share, 0.6);
  EXPECT_GT(rows[22].size(), rows[0].size() + 64);      // of single queries, the last and the first
  EXPECT_GT(rows.back().size(), rows[24].size() + 16);  // of runs
}

TEST_F(MisledSelectorTest, WhatIsReadDependsOnThePassesAlone) {
  Selector one(params(), 1, kChecking), another(params(), 3, kChecking);
  EXPECT_EQ(read(one), read(another));
}

TEST_F(MisledSelectorTest, WithoutChecksNothingIsRaised) {
  SelectorOptions options = kChecking;
  options.check = 0;
  Selector selector(params(), 1, options);
  read(selector);
  EXPECT_EQ(selector.counters().checked, 0);
  EXPECT_TRUE(selector.raised().empty());
}

}  // namespace
}  // namespace strata
