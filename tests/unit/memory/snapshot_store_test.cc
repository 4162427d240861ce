// SPDX-License-Identifier: Apache-2.0
// What is stored comes back bit for bit or not at all: every kind of damage is made here.
#include "engine/memory/snapshot_store.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>

#include "tests/unit/memory/snapshot_fixture.h"

namespace strata {
namespace {

using testing::HasSubstr;

class SnapshotStoreTest : public SnapshotTest {};

TEST_F(SnapshotStoreTest, KeysThatRankComeBackOfEachSpanOrNotAtAll) {
  Stored stored = make(3, 700);
  stored.segment.spans[1].ranking_keys = {std::byte{1}, std::byte{2}, std::byte{3}};
  auto store = open().value();
  ASSERT_TRUE(store.put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
  EXPECT_EQ(store.ranking_keys(stored.segment.key, 300).value(), stored.segment.spans[1].ranking_keys);
  EXPECT_TRUE(store.ranking_keys(stored.segment.key, 0).value().empty());
  EXPECT_TRUE(store.ranking_keys("unknown", 300).value().empty());
  const std::vector<std::byte> others = {std::byte{4}, std::byte{5}};
  for (const int first_token : {300, 0}) {
    ASSERT_TRUE(store.set_ranking_keys(stored.segment.key, first_token, others).has_value());
    EXPECT_EQ(store.ranking_keys(stored.segment.key, first_token).value(), others);
  }
  ASSERT_TRUE(store.set_ranking_keys("unknown", 0, others).has_value());
  EXPECT_TRUE(store.ranking_keys("unknown", 0).value().empty());
  sql("UPDATE ranking SET keys = x'010203ff'");
  const auto damaged = store.ranking_keys(stored.segment.key, 300);
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error().kind, ErrorKind::kDamaged);
  EXPECT_FALSE(store.find(stored.segment.key).value().has_value()) << "it will be read again as a whole";
}

TEST_F(SnapshotStoreTest, WhatWasPutComesBackAfterReopening) {
  const Stored stored = make(1, 2500);
  {
    auto store = open();
    ASSERT_TRUE(store.has_value()) << store.error().message;
    ASSERT_TRUE(store->put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
    ASSERT_TRUE(store->put(stored.segment, "recipe", stored.kv, kHeadRows).has_value()) << "twice is not an error";
  }
  auto store = open().value();
  const auto found = store.find(stored.segment.key).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->tokens, stored.segment.tokens);
  EXPECT_EQ(found->path, "src/file.cc");
  ASSERT_EQ(found->spans.size(), stored.segment.spans.size());
  EXPECT_EQ(found->spans[3].embedding, stored.segment.spans[3].embedding);
  EXPECT_THAT(store.keys("recipe").value(), testing::ElementsAre(stored.segment.key));
  EXPECT_TRUE(store.keys("another recipe").value().empty());
  EXPECT_EQ(store.find_blob("recipe", "blob-1").value().size(), 1u);
  for (const auto& [first, count] : {std::pair{0, 2500}, {0, 1}, {1000, 100}, {1023, 2}, {2499, 1}})
    expect_rows(store, stored, first, count);
  EXPECT_TRUE(notices_.empty());
}

TEST_F(SnapshotStoreTest, ADamagedRunIsDroppedAndReported) {
  const Stored good = make(1, 1500), bad = make(2, 1500);
  auto store = open().value();
  ASSERT_TRUE(store.put(good.segment, "recipe", good.kv, kHeadRows).has_value());
  ASSERT_TRUE(store.put(bad.segment, "recipe", bad.kv, kHeadRows).has_value());
  sql("UPDATE page SET bytes = zeroblob(length(bytes)) WHERE first_token = 1216 AND segment = 2");
  KvCache kv(kLayout);
  kv.resize(1500);
  const auto loaded = store.load_rows(bad.segment.key, 1200, 100, kv, 0);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().kind, ErrorKind::kDamaged);
  EXPECT_EQ(notices_.size(), 1u);
  EXPECT_FALSE(store.find(bad.segment.key).value().has_value());
  expect_rows(store, good, 0, 1500);
  // Computed again, it is as good as new.
  ASSERT_TRUE(store.put(bad.segment, "recipe", bad.kv, kHeadRows).has_value());
  expect_rows(store, bad, 0, 1500);
}

TEST_F(SnapshotStoreTest, ARunCannotPassForAnother) {
  const Stored stored = make(3, 100);
  auto store = open().value();
  ASSERT_TRUE(store.put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
  sql("UPDATE page SET first_token = -1 WHERE first_token = 0; UPDATE page SET first_token = 0 WHERE first_token = 64; "
      "UPDATE page SET first_token = 64 WHERE first_token = -1");
  KvCache kv(kLayout);
  kv.resize(10);
  EXPECT_EQ(store.load_rows(stored.segment.key, 0, 10, kv, 0).error().kind, ErrorKind::kDamaged);
}

TEST_F(SnapshotStoreTest, APageDamagedInsideTheDatabaseCostsTheCacheNotTheUse) {
  const Stored stored = make(3, 1500);
  for (int page = 2; page < 12; ++page) {
    SetUp();
    {
      auto store = open().value();
      ASSERT_TRUE(store.put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
    }
    std::fstream database(file(), std::ios::in | std::ios::out | std::ios::binary);
    database.seekp((page - 1) * 16384);
    database << std::string(16384, '\x5a');
    database.close();
    auto store = open();
    ASSERT_TRUE(store.has_value()) << "page " << page << ": " << store.error().message;
    KvCache kv(kLayout);
    kv.resize(1500);
    // Whatever was hit: it loads as it was or is reported, and after at most one error the store works again.
    if (store->load_rows(stored.segment.key, 0, 1500, kv, 0)) {
      expect_rows(*store, stored, 0, 1500);
      continue;
    }
    if (!store->put(stored.segment, "recipe", stored.kv, kHeadRows)) {
      const auto again = store->put(stored.segment, "recipe", stored.kv, kHeadRows);
      ASSERT_TRUE(again.has_value()) << "page " << page << ": " << again.error().message;
    }
    expect_rows(*store, stored, 0, 1500);
  }
}

TEST_F(SnapshotStoreTest, AMissingRunIsDamage) {
  const Stored stored = make(3, 1500);
  auto store = open().value();
  ASSERT_TRUE(store.put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
  sql("DELETE FROM page WHERE first_token = 0");
  KvCache kv(kLayout);
  kv.resize(10);
  EXPECT_EQ(store.load_rows(stored.segment.key, 0, 10, kv, 0).error().kind, ErrorKind::kDamaged);
}

TEST_F(SnapshotStoreTest, DamagedTokensOrEmbeddingsAreDroppedAndReported) {
  for (const char* damage :
       {"UPDATE segment SET tokens = zeroblob(length(tokens))", "UPDATE span SET first_token = first_token + 1",
        "UPDATE span SET embedding = zeroblob(length(embedding))", "DELETE FROM span WHERE ordinal = 1"}) {
    const Stored stored = make(4, 700);
    auto store = open().value();
    notices_.clear();
    ASSERT_TRUE(store.put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
    sql(damage);
    EXPECT_FALSE(store.find(stored.segment.key).value().has_value()) << damage;
    EXPECT_EQ(notices_.size(), 1u) << damage;
    EXPECT_TRUE(store.keys("recipe").value().empty()) << damage;
  }
}

TEST_F(SnapshotStoreTest, AFileThatIsNoDatabaseIsPutAside) {
  std::ofstream(file()) << std::string(100'000, 'x');
  auto store = open();
  ASSERT_TRUE(store.has_value()) << store.error().message;
  ASSERT_EQ(notices_.size(), 1u);
  EXPECT_THAT(notices_[0], HasSubstr("damaged-1"));
  EXPECT_TRUE(fs::exists(file().string() + ".damaged-1"));
  const Stored stored = make(5, 100);
  ASSERT_TRUE(store->put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
  expect_rows(*store, stored, 0, 100);
}

TEST_F(SnapshotStoreTest, ADatabaseOfAnotherModelIsNotUsed) {
  const Stored stored = make(6, 100);
  {
    auto store = open("model").value();
    ASSERT_TRUE(store.put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
  }
  fs::rename(file(), SnapshotStore::file_of(folder_, "another model"));
  auto store = open("another model");
  ASSERT_TRUE(store.has_value()) << store.error().message;
  EXPECT_FALSE(store->find(stored.segment.key).value().has_value());
  EXPECT_EQ(notices_.size(), 1u);
}

TEST_F(SnapshotStoreTest, AFullDiskLeavesNothingHalfWritten) {
  const Stored small = make(7, 100), large = make(8, 8000);
  {
    auto store = open().value();
    ASSERT_TRUE(store.put(small.segment, "recipe", small.kv, kHeadRows).has_value());
    const rlimit before = [] {
      rlimit limit;
      getrlimit(RLIMIT_FSIZE, &limit);
      return limit;
    }();
    signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{300'000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    const auto put = store.put(large.segment, "recipe", large.kv, kHeadRows);
    setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(put.has_value());
    EXPECT_EQ(put.error().kind, ErrorKind::kIo);
    EXPECT_FALSE(store.find(large.segment.key).value().has_value());
    expect_rows(store, small, 0, 100);
    // With room again, writing goes on where it stopped.
    ASSERT_TRUE(store.put(large.segment, "recipe", large.kv, kHeadRows).has_value());
  }
  auto store = open().value();
  expect_rows(store, large, 0, 8000);
}

TEST_F(SnapshotStoreTest, AForgottenBlobIsGoneWithItsRowsAndNothingElseIs) {
  // A file in two parts, another file, and the first one as another recipe reads it.
  Stored first = make(1, 1500), second = make(2, 700), other = make(3, 900), masked = make(4, 600);
  second.segment.blob_id = masked.segment.blob_id = first.segment.blob_id;
  {
    auto store = open().value();
    for (const Stored* stored : {&first, &second, &other})
      ASSERT_TRUE(store.put(stored->segment, "recipe", stored->kv, kHeadRows).has_value());
    ASSERT_TRUE(store.put(masked.segment, "masked", masked.kv, kHeadRows).has_value());
    ASSERT_TRUE(store.forget_blob("recipe", first.segment.blob_id).has_value());
    ASSERT_TRUE(store.forget_blob("recipe", "a blob that was never read").has_value());
  }
  auto store = open().value();
  EXPECT_TRUE(store.find_blob("recipe", first.segment.blob_id).value().empty());
  EXPECT_FALSE(store.find(second.segment.key).value().has_value());
  KvCache kv(kLayout);
  kv.resize(1);
  EXPECT_FALSE(store.load_rows(first.segment.key, 0, 1, kv, 0).has_value());
  EXPECT_EQ(store.find_blob("masked", first.segment.blob_id).value().size(), 1u);
  expect_rows(store, other, 0, 900);
  expect_rows(store, masked, 0, 600);
}

TEST_F(SnapshotStoreTest, ConstantsAreKeptAndDamagedOnesForgotten) {
  auto store = open().value();
  EXPECT_FALSE(store.constant("mean").value().has_value());
  const std::vector<float> mean{1.5f, -2.0f, 0.25f};
  ASSERT_TRUE(store.set_constant("mean", mean).has_value());
  EXPECT_EQ(store.constant("mean").value().value(), mean);
  sql("UPDATE constant SET value = zeroblob(12)");
  EXPECT_FALSE(store.constant("mean").value().has_value());
}

TEST(KvPage, Int8IsOffByAtMostHalfAStep) {
  const Stored stored = make(11, 64);
  std::vector<std::byte> bytes;
  encode_page(stored.kv, kHeadRows, 64, bytes);
  EXPECT_EQ(bytes.size(), page_bytes(kLayout, 64));
  KvCache back(kLayout);
  back.resize(64);
  decode_page(bytes, 64, 0, 64, back, 0);
  // The largest value is below 3: half a step of 3 / 127, the rounding of the scale and of the result to f16.
  const float most = 0.5f * 3 / 127 + 3 * 0x1p-11f + 3 * 0x1p-11f;
  for (int layer = 0; layer < kLayout.layers; ++layer)
    for (int row = 0; row < 64; ++row)
      for (int i = 0; i < kLayout.width; ++i) {
        EXPECT_NEAR(back.k_row(layer, row)[i], stored.kv.k_row(layer, kHeadRows + row)[i], most);
        EXPECT_NEAR(back.v_row(layer, row)[i], stored.kv.v_row(layer, kHeadRows + row)[i], most);
      }
}

TEST(SegmentKey, DependsOnEverythingThatShapesTheState) {
  const std::vector<TokenId> head{1, 2}, tokens{3, 4, 5}, moved_head{1, 2, 3}, moved_tokens{4, 5};
  const std::string key = segment_key("model", "recipe", head, tokens);
  EXPECT_EQ(key.size(), 32u);
  EXPECT_EQ(key, segment_key("model", "recipe", head, tokens));
  EXPECT_NE(key, segment_key("other", "recipe", head, tokens));
  EXPECT_NE(key, segment_key("model", "recipe-2", head, tokens));
  EXPECT_NE(key, segment_key("model", "recipe", moved_head, moved_tokens));
}

}  // namespace
}  // namespace strata
