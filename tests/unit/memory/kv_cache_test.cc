// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/kv_cache.h"

#include <gtest/gtest.h>

#include <array>

namespace strata {
namespace {

constexpr KvLayout kLayout{.layers = 3, .width = 8};

// A value that tells where it belongs.
f16 mark(int layer, int token, int column, bool value) {
  return to_f16(static_cast<float>(layer * 500 + token * 2 + (value ? 1 : 0)) + static_cast<float>(column) / 16);
}

KvCache filled(int tokens) {
  KvCache kv(kLayout);
  kv.resize(tokens);
  for (int layer = 0; layer < kLayout.layers; ++layer)
    for (int token = 0; token < tokens; ++token)
      for (int column = 0; column < kLayout.width; ++column) {
        kv.k_row(layer, token)[column] = mark(layer, token, column, false);
        kv.v_row(layer, token)[column] = mark(layer, token, column, true);
      }
  return kv;
}

TEST(KvCache, BlocksCoverTheRowsInOrder) {
  KvCache kv = filled(150);
  std::vector<KvBlock> blocks;
  ASSERT_TRUE(kv.blocks(1, 130, blocks).has_value());
  int position = 0;
  for (const KvBlock& block : blocks) {
    EXPECT_EQ(block.position, position);
    for (int row = 0; row < block.rows; ++row, ++position) {
      EXPECT_EQ(block.k[row * kLayout.width + 3], mark(1, position, 3, false));
      EXPECT_EQ(block.v[row * kLayout.width + 3], mark(1, position, 3, true));
    }
  }
  EXPECT_EQ(position, 130);
}

TEST(KvCache, GrowingKeepsRowsWhereTheyAre) {
  KvCache kv = filled(10);
  const f16* row = kv.k_row(2, 9);
  kv.resize(1000);
  EXPECT_EQ(kv.k_row(2, 9), row);
  EXPECT_EQ(row[0], mark(2, 9, 0, false));
}

TEST(KvCache, RowsCanBeCopiedToAnyPosition) {
  const KvCache from = filled(200);
  for (const auto& [source, target, count] : {std::array{0, 0, 200}, {60, 3, 100}, {5, 61, 70}, {199, 0, 1}}) {
    KvCache to(kLayout);
    to.resize(target + count);
    to.copy_rows(from, source, target, count);
    for (int layer = 0; layer < kLayout.layers; ++layer)
      for (int i = 0; i < count; ++i) {
        ASSERT_EQ(to.k_row(layer, target + i)[7], mark(layer, source + i, 7, false)) << source << " to " << target;
        ASSERT_EQ(to.v_row(layer, target + i)[0], mark(layer, source + i, 0, true)) << source << " to " << target;
      }
  }
}

TEST(KvCache, TruncatingFreesPages) {
  KvCache kv = filled(640);
  const size_t before = kv.bytes();
  kv.truncate(64);
  EXPECT_EQ(kv.tokens(), 64);
  EXPECT_EQ(kv.bytes(), before / 10);
  EXPECT_EQ(kv.k_row(0, 63)[1], mark(0, 63, 1, false));
}

TEST(KvCache, RoundedPagesAreNearWhatTheyWere) {
  KvCache kv = filled(300);
  kv.round(60, 200);  // pages 1 and 2
  EXPECT_LT(kv.bytes(), filled(300).bytes());
  std::vector<KvBlock> blocks;
  ASSERT_TRUE(kv.blocks(2, 300, blocks).has_value());
  ASSERT_EQ(blocks.size(), 5u);
  std::vector<f16> keys(16 * kLayout.width);
  for (int page = 0; page < 5; ++page) {
    EXPECT_EQ(blocks[page].k == nullptr, page == 1 || page == 2) << page;
    ASSERT_TRUE(kv.read_keys(2, page * 64 + 16, 16, keys.data()).has_value());
    for (int row = 0; row < 16; ++row)
      EXPECT_NEAR(keys[row * kLayout.width], mark(2, page * 64 + 16 + row, 0, false), 8);
  }
  const RoundedRows& rounded = blocks[2].rounded;
  EXPECT_NEAR(to_f32(rounded.v_scales[9]) * rounded.v[9 * kLayout.width + 5], mark(2, 137, 5, true), 8);

  ASSERT_TRUE(kv.unround(130, 131).has_value());
  EXPECT_NEAR(kv.k_row(0, 130)[1], mark(0, 130, 1, false), 2);
  kv.truncate(100);
  kv.resize(200);
  kv.round(0, 200);
  EXPECT_EQ(kv.tokens(), 200);
}

}  // namespace
}  // namespace strata
