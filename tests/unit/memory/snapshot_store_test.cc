// SPDX-License-Identifier: Apache-2.0
// What is stored comes back bit for bit or not at all: every kind of damage is made here.
#include "engine/memory/snapshot_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <random>

namespace strata {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr KvLayout kLayout{.layers = 2, .width = 16};
constexpr int kHeadRows = 5;

struct Stored {
  Segment segment;
  KvCache kv{kLayout};
};

Stored make(int seed, int tokens) {
  std::mt19937 random(static_cast<unsigned>(seed));
  std::uniform_real_distribution<float> any(-3, 3);
  Stored made;
  for (int i = 0; i < tokens; ++i) made.segment.tokens.push_back(static_cast<TokenId>(random() % 50000));
  made.segment.key = segment_key("model", "recipe", {}, made.segment.tokens);
  made.segment.blob_id = "blob-" + std::to_string(seed);
  made.segment.path = "src/file.cc";
  for (int first = 0; first < tokens; first += 300) {
    SegmentSpan span{first + 1, first + 10, first, std::min(tokens, first + 300), std::vector<float>(24)};
    for (float& value : span.embedding) value = to_f32(to_f16(any(random)));
    made.segment.spans.push_back(span);
  }
  made.kv.resize(kHeadRows + tokens);
  for (int layer = 0; layer < kLayout.layers; ++layer)
    for (int row = 0; row < kHeadRows + tokens; ++row)
      for (int column = 0; column < kLayout.width; ++column) {
        made.kv.k_row(layer, row)[column] = to_f16(any(random));
        made.kv.v_row(layer, row)[column] = to_f16(any(random));
      }
  return made;
}

class SnapshotStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("strata-snapshots-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file() const { return folder_ / "model.sqlite"; }
  Result<SnapshotStore> open(std::string_view fingerprint = "model") {
    return SnapshotStore::open(file(), fingerprint, kLayout,
                               [this](const std::string& text) { notices_.push_back(text); });
  }
  void sql(const char* statement) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    char* error = nullptr;
    sqlite3_exec(database, "PRAGMA foreign_keys = ON", nullptr, nullptr, nullptr);
    EXPECT_EQ(sqlite3_exec(database, statement, nullptr, nullptr, &error), SQLITE_OK) << (error ? error : "");
    sqlite3_close(database);
  }
  static void expect_rows(SnapshotStore& store, const Stored& stored, int first, int count) {
    KvCache loaded(kLayout);
    constexpr int kTarget = 77;
    loaded.resize(kTarget + count);
    const auto done = store.load_rows(stored.segment.key, first, count, loaded, kTarget);
    ASSERT_TRUE(done.has_value()) << done.error().message;
    for (int layer = 0; layer < kLayout.layers; ++layer)
      for (int i = 0; i < count; ++i) {
        const size_t bytes = kLayout.width * sizeof(f16);
        ASSERT_EQ(std::memcmp(loaded.k_row(layer, kTarget + i), stored.kv.k_row(layer, kHeadRows + first + i), bytes),
                  0);
        ASSERT_EQ(std::memcmp(loaded.v_row(layer, kTarget + i), stored.kv.v_row(layer, kHeadRows + first + i), bytes),
                  0);
      }
  }

  fs::path folder_;
  std::vector<std::string> notices_;
};

TEST_F(SnapshotStoreTest, KeysThatRankComeBackOfEachSpanOrNotAtAll) {
  Stored stored = make(3, 700);
  stored.segment.spans[1].ranking_keys = {std::byte{1}, std::byte{2}, std::byte{3}};
  auto store = open().value();
  ASSERT_TRUE(store.put(stored.segment, "recipe", stored.kv, kHeadRows).has_value());
  EXPECT_EQ(store.ranking_keys(stored.segment.key, 300).value(), stored.segment.spans[1].ranking_keys);
  EXPECT_TRUE(store.ranking_keys(stored.segment.key, 0).value().empty());
  EXPECT_TRUE(store.ranking_keys("unknown", 300).value().empty());
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
  sql("UPDATE run SET blob = zeroblob(length(blob)) WHERE layer = 1 AND first_token = 1024 AND segment = 2");
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
  sql("UPDATE run SET layer = 1 - layer + 10; UPDATE run SET layer = layer - 10");
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
    database.seekp((page - 1) * 4096);
    database << std::string(4096, '\x5a');
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
  sql("DELETE FROM run WHERE layer = 0 AND first_token = 0");
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

TEST_F(SnapshotStoreTest, KilledAtAnyMomentKeepsWholeSegmentsOnly) {
  std::vector<Stored> all;
  for (int i = 0; i < 6; ++i) all.push_back(make(100 + i, 1200));
  std::mt19937 random(9);
  for (int round = 0; round < 30; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      auto store = SnapshotStore::open(file(), "model", kLayout);
      while (store) {
        for (const Stored& stored : all) (void)store->put(stored.segment, "recipe", stored.kv, kHeadRows);
        for (const Stored& stored : all) (void)store->find(stored.segment.key);
        _exit(0);
      }
      _exit(1);
    }
    usleep(static_cast<useconds_t>(random() % 40'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    auto store = open();
    ASSERT_TRUE(store.has_value()) << store.error().message;
    for (const Stored& stored : all)
      if (store->find(stored.segment.key).value()) expect_rows(*store, stored, 0, 1200);
    if (round % 5 == 4) sql("DELETE FROM segment");
  }
  auto store = open().value();
  for (const Stored& stored : all) {
    const auto put = store.put(stored.segment, "recipe", stored.kv, kHeadRows);
    ASSERT_TRUE(put.has_value()) << put.error().message;
    expect_rows(store, stored, 0, 1200);
  }
  EXPECT_TRUE(notices_.empty()) << notices_[0];
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
