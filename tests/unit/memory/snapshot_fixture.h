// SPDX-License-Identifier: Apache-2.0
// Segments of random rows, and a folder of snapshots to damage.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "engine/memory/kv_page.h"
#include "engine/memory/snapshot_store.h"

namespace strata {
namespace fs = std::filesystem;

inline constexpr KvLayout kLayout{.layers = 2, .width = 16};
inline constexpr int kHeadRows = 5;

struct Stored {
  Segment segment;
  KvCache kv{kLayout};
  KvCache kept{kLayout};  // rows as the store rounds them, without the head
};

inline Stored make(int seed, int tokens) {
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
  made.kept.resize(tokens);
  std::vector<std::byte> page;
  for (int first = 0; first < tokens; first += kPageTokens) {
    const int rows = std::min(kPageTokens, tokens - first);
    encode_page(made.kv, kHeadRows + first, rows, page);
    decode_page(page, rows, 0, rows, made.kept, first);
  }
  return made;
}

class SnapshotTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("strata-snapshots-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path file() const { return SnapshotStore::file_of(folder_, "model"); }
  Result<SnapshotStore> open(std::string_view fingerprint = "model") {
    return SnapshotStore::open(folder_, {std::string(fingerprint), kLayout, "a model"},
                               {[this](const std::string& text) { notices_.push_back(text); }});
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
        ASSERT_EQ(std::memcmp(loaded.k_row(layer, kTarget + i), stored.kept.k_row(layer, first + i), bytes), 0);
        ASSERT_EQ(std::memcmp(loaded.v_row(layer, kTarget + i), stored.kept.v_row(layer, first + i), bytes), 0);
      }
  }

  fs::path folder_;
  std::vector<std::string> notices_;
};

}  // namespace strata
