// SPDX-License-Identifier: Apache-2.0
// The folder of snapshots stays within its limit, travels in one file, survives being killed at anything, and takes
// over what an earlier version left.
#include "engine/memory/snapshot_care.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <xxhash.h>

#include <cstdlib>
#include <fstream>

#include "tests/unit/memory/snapshot_fixture.h"

namespace strata {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
const KvIdentity kModel{"model", kLayout, "a model"};

class SnapshotCareTest : public SnapshotTest {
 protected:
  static void put(SnapshotStore& store, const Stored& stored) {
    const auto put = store.put(stored.segment, "recipe", stored.kv, kHeadRows);
    ASSERT_TRUE(put.has_value()) << put.error().message;
  }
  void set_used(int seed, int64_t time) {
    sql(("UPDATE segment SET last_used = " + std::to_string(time) + " WHERE blob_oid = 'blob-" + std::to_string(seed) +
         "'")
            .c_str());
  }
};

TEST_F(SnapshotCareTest, BeyondTheLimitTheRepositoryUsedLongestAgoGoesButNotTheOpenOne) {
  std::vector<Stored> all;
  for (int i = 0; i < 8; ++i) all.push_back(make(200 + i, 4000));
  auto store = SnapshotStore::open(folder_, kModel, {{}, 1'800'000}).value();
  // Three repositories; a piece of the old one was used before everything else, and one of the older at another time.
  for (int i : {1, 2}) store.keep("/recent", {}), put(store, all[i]), set_used(200 + i, 3000 - 1000 * i);
  store.keep("/old", {}), put(store, all[0]), set_used(200, 2500);
  store.keep("/open", {"blob-203", "blob-204", "blob-205", "blob-206", "blob-207"});
  for (int i = 3; i < 6; ++i) put(store, all[i]), set_used(200 + i, 1);
  // /recent was used last at 2000, so it goes before /old (2500), and /open (1) stays.
  EXPECT_FALSE(store.find(all[1].segment.key).value().has_value());
  EXPECT_FALSE(store.find(all[2].segment.key).value().has_value());
  expect_rows(store, all[0], 0, 4000);
  for (int i = 3; i < 6; ++i) expect_rows(store, all[i], 0, 4000);
  // What is open fills it: nothing of it goes, and the reader is told what to do.
  Result<void> full;
  for (int i = 6; i < 8 && full; ++i) full = store.put(all[i].segment, "recipe", all[i].kv, kHeadRows);
  const auto more = make(207, 8000);
  if (full) full = store.put(more.segment, "recipe", more.kv, kHeadRows);
  ASSERT_FALSE(full.has_value());
  EXPECT_THAT(full.error().message, HasSubstr("strata cache limit"));
  for (int i = 3; i < 6; ++i) expect_rows(store, all[i], 0, 4000);
  EXPECT_LE(fs::file_size(file()), 1'800'000u);
}

TEST_F(SnapshotCareTest, WhatIsListedIsWhatWasStoredByRepository) {
  auto store = open().value();
  store.keep("/one", {});
  put(store, make(1, 1500));
  put(store, make(2, 500));
  store.keep("/two", {"blob-2"});  // a clone: what it uses counts as its own
  const auto listed = list_snapshots(folder_).value();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].identity.model, "a model");
  ASSERT_EQ(listed[0].repositories.size(), 2u);
  const bool first = listed[0].repositories[0].root == "/one";
  const StoredRepository& one = listed[0].repositories[first ? 0 : 1];
  EXPECT_EQ(one.root, "/one");
  EXPECT_EQ(one.tokens, 1500);
  EXPECT_EQ(listed[0].repositories[first ? 1 : 0].tokens, 500);
  EXPECT_EQ(clear_snapshots(file(), "/one").value().segments, 1);
  EXPECT_EQ(list_snapshots(folder_).value()[0].repositories.size(), 1u);
}

TEST_F(SnapshotCareTest, VerifyingFindsEveryKindOfDamageAndAnExportBringsItBack) {
  Stored one = make(1, 1500), two = make(2, 300), three = make(3, 300);
  one.segment.spans[1].ranking_keys = three.segment.spans[0].ranking_keys = {std::byte{1}, std::byte{2}};
  const fs::path exported = folder_ / "exported";
  {
    auto store = open().value();
    store.keep("/home/somebody/secret", {});
    for (const Stored* stored : {&one, &two, &three}) put(store, *stored);
  }
  EXPECT_EQ(export_snapshots(file(), {{"recipe", "blob-1"}, {"recipe", "blob-3"}, {"masked", "blob-2"}}, exported)
                .value()
                .segments,
            2);
  std::ifstream in(exported, std::ios::binary);
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(in), {}), testing::Not(HasSubstr("/home/somebody")));
  EXPECT_FALSE(export_snapshots(file(), {{"recipe", "blob-1"}}, exported).has_value()) << "nothing is overwritten";
  EXPECT_EQ(export_snapshots(file(), {{"recipe", "blob-7"}}, folder_ / "none").error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(fs::exists(folder_ / "none"));

  sql("UPDATE page SET bytes = zeroblob(length(bytes)) WHERE first_token = 640");
  sql("UPDATE ranking SET keys = x'0103' WHERE segment = (SELECT id FROM segment WHERE blob_oid = 'blob-3')");
  const Verified verified = verify_snapshots(file()).value();
  EXPECT_EQ(verified.segments, 3);
  EXPECT_EQ(verified.damaged, 2);

  const auto foreign = import_snapshots(exported, folder_, {"another", kLayout, "other"}, kNoLimit);
  ASSERT_FALSE(foreign.has_value());
  EXPECT_EQ(foreign.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(foreign.error().message, HasSubstr("a model"));
  EXPECT_EQ(import_snapshots(exported, folder_, kModel, 1000).error().kind, ErrorKind::kUnsupported) << "no room";
  EXPECT_EQ(import_snapshots(exported, folder_, kModel, kNoLimit).value().segments, 2);
  EXPECT_EQ(import_snapshots(exported, folder_, kModel, kNoLimit).value().present, 2);
  auto store = open().value();
  expect_rows(store, one, 0, 1500);
  expect_rows(store, two, 0, 300);
  EXPECT_EQ(store.ranking_keys(one.segment.key, 300).value(), one.segment.spans[1].ranking_keys);
}

TEST_F(SnapshotCareTest, AnExportOfAnotherFormatOrDamagedIsRefusedOrTakenInPart) {
  const Stored one = make(1, 1500), two = make(2, 1500);
  const fs::path exported = folder_ / "exported", broken = folder_ / "broken";
  {
    auto store = open().value();
    put(store, one);
    put(store, two);
  }
  ASSERT_TRUE(export_snapshots(file(), {{"recipe", "blob-1"}, {"recipe", "blob-2"}}, exported).has_value());
  ASSERT_TRUE(clear_snapshots(file(), std::nullopt).has_value());
  const auto size = fs::file_size(exported);
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {  // a flipped byte anywhere, and a file that was cut off
    fs::copy_file(exported, broken, fs::copy_options::overwrite_existing);
    if (round % 4 == 0) {
      fs::resize_file(broken, random() % size);
    } else {
      std::fstream damage(broken, std::ios::in | std::ios::out | std::ios::binary);
      damage.seekp(static_cast<std::streamoff>(round == 1 ? 20 : random() % size));
      damage.put(static_cast<char>(random()));
    }
    const auto imported = import_snapshots(broken, folder_, kModel, kNoLimit);
    if (!imported) {
      EXPECT_THAT(imported.error().message, HasSubstr("broken"));
    }
    auto store = open().value();
    for (const Stored* stored : {&one, &two})
      if (store.find(stored->segment.key).value()) expect_rows(store, *stored, 0, 1500);
    ASSERT_TRUE(clear_snapshots(file(), std::nullopt).has_value());
  }
  EXPECT_TRUE(notices_.empty()) << notices_[0];
  std::ofstream(broken) << "no database at all";
  EXPECT_EQ(import_snapshots(broken, folder_, kModel, kNoLimit).error().kind, ErrorKind::kDamaged);
  EXPECT_EQ(import_snapshots(folder_ / "nowhere", folder_, kModel, kNoLimit).error().kind, ErrorKind::kNotFound);
}

// Everything that writes, over and over, killed at random: whatever is found afterwards is what was stored. 30 rounds,
// or as many as STRATA_KILL_ROUNDS says.
TEST_F(SnapshotCareTest, KilledAtAnythingKeepsWholeSegmentsOnly) {
  std::vector<Stored> all;
  for (int i = 0; i < 6; ++i) all.push_back(make(100 + i, 1200));
  const fs::path exported = folder_ / "exported";
  const char* wanted = std::getenv("STRATA_KILL_ROUNDS");
  const int rounds = wanted ? std::atoi(wanted) : 30;
  std::mt19937 random(9);
  int kept = 0;
  for (int round = 0; round < rounds; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      auto store = SnapshotStore::open(folder_, kModel, {{}, 450'000});  // room for about five, so it evicts as well
      if (!store) _exit(1);
      store->keep("/repository", {"blob-100"});
      for (;;) {
        for (const Stored& stored : all) (void)store->put(stored.segment, "recipe", stored.kv, kHeadRows);
        std::error_code error;
        fs::remove(exported, error);
        (void)export_snapshots(file(), {{"recipe", "blob-100"}, {"recipe", "blob-105"}}, exported);
        (void)evict(folder_, 200'000);
        (void)import_snapshots(exported, folder_, kModel, kNoLimit);
        (void)clear_snapshots(file(), "/repository");
      }
    }
    usleep(static_cast<useconds_t>(random() % 60'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    auto store = open();
    ASSERT_TRUE(store.has_value()) << store.error().message;
    for (const Stored& stored : all) {
      if (!store->find(stored.segment.key).value()) continue;
      expect_rows(*store, stored, 0, 1200);
      ++kept;
    }
    if (fs::exists(exported)) {  // it appears when it is complete
      const auto whole = verify_snapshots(exported);
      ASSERT_TRUE(whole.has_value()) << whole.error().message;
      EXPECT_EQ(whole->damaged, 0);
    }
  }
  EXPECT_GT(kept, rounds / 4) << "the children were killed before they did anything";
  EXPECT_TRUE(notices_.empty()) << notices_[0];
}

TEST_F(SnapshotCareTest, ALockedDatabaseIsReadAndSaysSo) {
  const Stored one = make(1, 300), two = make(2, 300);
  {
    auto store = open().value();
    put(store, one);
  }
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  auto store = SnapshotStore::open(folder_, kModel, {{}, kNoLimit, 50}).value();
  expect_rows(store, one, 0, 300);
  const auto refused = store.put(two.segment, "recipe", two.kv, kHeadRows);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("another program"));
  sqlite3_close(other);
  put(store, two);
}

// As format 2 was written: f16 rows in runs of 1024 tokens of a layer, its checksums and its tables.
class OlderDatabase {
 public:
  explicit OlderDatabase(const fs::path& file) {
    sqlite3_open(file.c_str(), &database_);
    run("CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE constant(name TEXT PRIMARY KEY, value BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE segment(id INTEGER PRIMARY KEY, key TEXT, blob_oid TEXT, path TEXT, part INTEGER, parts INTEGER,"
        " tokens BLOB, recipe TEXT, format INTEGER, last_used INTEGER, checksum INTEGER);"
        "CREATE TABLE run(segment INTEGER, layer INTEGER, first_token INTEGER, blob BLOB, checksum INTEGER);"
        "CREATE TABLE span(segment INTEGER, ordinal INTEGER, first_line INTEGER, last_line INTEGER, first_token "
        "INTEGER,"
        " last_token INTEGER, embedding BLOB);"
        "CREATE TABLE ranking(segment INTEGER, first_token INTEGER, keys BLOB, checksum INTEGER);"
        "INSERT INTO meta VALUES('identity', 'model format 2 layers 2 width 16')");
  }
  ~OlderDatabase() { sqlite3_close(database_); }
  void run(const char* sql) { EXPECT_EQ(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql; }

  void put(const Stored& stored) {
    const Segment& s = stored.segment;
    uint64_t sum = XXH3_64bits(s.tokens.data(), s.tokens.size() * sizeof(TokenId));
    for (const std::string* text : {&s.key, &s.blob_id, &s.path})
      sum = XXH3_64bits_withSeed(text->data(), text->size(), sum);
    const int place[] = {s.part, s.parts};
    sum = XXH3_64bits_withSeed(place, sizeof place, sum);
    for (const SegmentSpan& span : s.spans) {
      const int numbers[] = {span.first_line, span.last_line, span.first_token, span.last_token};
      sum = XXH3_64bits_withSeed(numbers, sizeof numbers, sum);
      sum = XXH3_64bits_withSeed(span.embedding.data(), span.embedding.size() * sizeof(float), sum);
    }
    const int64_t id = insert("INSERT INTO segment VALUES(NULL, ?, ?, ?, ?, ?, ?, 'recipe', 2, 777, ?)", s.key,
                              s.blob_id, s.path, s.part, s.parts, bytes_of(s.tokens), static_cast<int64_t>(sum));
    const int tokens = static_cast<int>(s.tokens.size());
    for (int layer = 0; layer < kLayout.layers; ++layer)
      for (int first = 0; first < tokens; first += 1024) {
        std::vector<f16> rows;
        for (const bool keys : {true, false})
          for (int row = kHeadRows + first; row < kHeadRows + std::min(tokens, first + 1024); ++row) {
            const f16* from = keys ? stored.kv.k_row(layer, row) : stored.kv.v_row(layer, row);
            rows.insert(rows.end(), from, from + kLayout.width);
          }
        insert("INSERT INTO run VALUES(?, ?, ?, ?, ?)", id, layer, first, bytes_of(rows),
               checksum(s.key, layer, first, bytes_of(rows)));
      }
    for (size_t i = 0; i < s.spans.size(); ++i) {
      const SegmentSpan& span = s.spans[i];
      std::vector<f16> halves;
      for (const float value : span.embedding) halves.push_back(to_f16(value));
      insert("INSERT INTO span VALUES(?, ?, ?, ?, ?, ?, ?)", id, static_cast<int>(i), span.first_line, span.last_line,
             span.first_token, span.last_token, bytes_of(halves));
      if (span.ranking_keys.empty()) continue;
      const std::span<const std::byte> keys(span.ranking_keys);
      insert("INSERT INTO ranking VALUES(?, ?, ?, ?)", id, span.first_token, keys,
             checksum(s.key, -1, span.first_token, keys));
    }
  }
  void put_constant(const std::vector<float>& values) {
    insert("INSERT INTO constant VALUES('mean', ?, ?)", bytes_of(values),
           static_cast<int64_t>(XXH3_64bits(values.data(), values.size() * sizeof(float))));
  }

 private:
  template <typename T>
  static std::span<const std::byte> bytes_of(const std::vector<T>& values) {
    return std::as_bytes(std::span(values));
  }
  static int64_t checksum(const std::string& key, int layer, int first, std::span<const std::byte> bytes) {
    const int place[] = {layer, first};
    const uint64_t seed = XXH3_64bits_withSeed(place, sizeof place, XXH3_64bits(key.data(), key.size()));
    return static_cast<int64_t>(XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed));
  }
  static void bind(sqlite3_stmt* to, int at, const std::string& text) {
    sqlite3_bind_text(to, at, text.c_str(), -1, SQLITE_TRANSIENT);
  }
  static void bind(sqlite3_stmt* to, int at, int64_t number) { sqlite3_bind_int64(to, at, number); }
  static void bind(sqlite3_stmt* to, int at, std::span<const std::byte> bytes) {
    sqlite3_bind_blob64(to, at, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  }
  template <typename... T>
  int64_t insert(const char* sql, const T&... values) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr), SQLITE_OK) << sql;
    int at = 0;
    (bind(statement, ++at, values), ...);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    return sqlite3_last_insert_rowid(database_);
  }
  sqlite3* database_ = nullptr;
};

TEST_F(SnapshotCareTest, WhatAnEarlierVersionReadIsConvertedNotReadAgain) {
  Stored one = make(1, 2500), two = make(2, 300), damaged = make(3, 300);
  one.segment.spans[1].ranking_keys = {std::byte{1}, std::byte{2}};
  const fs::path older = folder_ / "model.sqlite";
  {
    OlderDatabase database(older);
    for (const Stored* stored : {&one, &two, &damaged}) database.put(*stored);
    database.put_constant({1.5f, 2.5f});
    database.run("UPDATE run SET blob = zeroblob(length(blob)) WHERE segment = 3 AND layer = 1");
  }
  {
    sqlite3* other = nullptr;  // another program has it open
    sqlite3_open(older.c_str(), &other);
    sqlite3_exec(other, "BEGIN; SELECT count(*) FROM segment", nullptr, nullptr, nullptr);
    auto store = open().value();
    EXPECT_FALSE(store.find(one.segment.key).value().has_value());
    ASSERT_EQ(notices_.size(), 1u);
    EXPECT_THAT(notices_[0], HasSubstr("another program"));
    sqlite3_close(other);
  }
  EXPECT_TRUE(fs::exists(older));
  notices_.clear();
  auto store = open().value();
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("1 of 3 pieces were damaged")));
  EXPECT_FALSE(fs::exists(older));
  EXPECT_EQ(list_snapshots(folder_).value()[0].repositories[0].last_used, 777);
  expect_rows(store, one, 0, 2500);
  expect_rows(store, two, 0, 300);
  EXPECT_FALSE(store.find(damaged.segment.key).value().has_value());
  EXPECT_EQ(store.find(one.segment.key).value()->spans[2].embedding, one.segment.spans[2].embedding);
  EXPECT_EQ(store.ranking_keys(one.segment.key, 300).value(), one.segment.spans[1].ranking_keys);
  EXPECT_EQ(store.constant("mean").value().value(), (std::vector<float>{1.5f, 2.5f}));
}

TEST_F(SnapshotCareTest, WhatCannotBeConvertedStaysAndIsNamed) {
  const fs::path older = folder_ / "model.sqlite";
  {
    OlderDatabase database(older);
    database.run("UPDATE meta SET value = 'model format 1'");
  }
  auto store = open().value();
  EXPECT_THAT(notices_, ElementsAre(HasSubstr("cannot read")));
  EXPECT_TRUE(fs::exists(older));
  std::vector<std::string> told;
  ASSERT_TRUE(evict(folder_, 0, {{}, {}, [&](const std::string& text) { told.push_back(text); }, {}, {}}).has_value());
  EXPECT_THAT(told, ElementsAre(HasSubstr("older format")));
  EXPECT_FALSE(fs::exists(older));
}

}  // namespace
}  // namespace strata
