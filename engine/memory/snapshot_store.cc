// SPDX-License-Identifier: Apache-2.0
// The tables are described in the header; beside them are constant(name, value, checksum) and meta(name, value).
// A segment with its runs and spans is one transaction: a reader, or a process killed at any point, finds all of it or
// nothing. segment.checksum covers tokens and spans; each run has its own, so that a context that needs a few rows
// verifies only what it reads. Runs of 1024 tokens: rows of one layer then lie together (512 kB for the 0.5B), large
// enough that opening a row costs nothing beside reading it.
#include "engine/memory/snapshot_store.h"

#include <sqlite3.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <format>

#include "base/write_ahead_log.h"

namespace strata {
namespace {

namespace fs = std::filesystem;

constexpr int kFormat = 2;
constexpr int kRunTokens = 1024;

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS constant(name TEXT PRIMARY KEY, value BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segment(
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, blob_oid TEXT NOT NULL, path TEXT NOT NULL, part INTEGER NOT NULL,
  parts INTEGER NOT NULL, tokens BLOB NOT NULL, recipe TEXT NOT NULL, format INTEGER NOT NULL, last_used INTEGER NOT NULL,
  checksum INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS run(
  segment INTEGER NOT NULL REFERENCES segment(id) ON DELETE CASCADE, layer INTEGER NOT NULL, first_token INTEGER NOT NULL,
  blob BLOB NOT NULL, checksum INTEGER NOT NULL, UNIQUE(segment, layer, first_token));
CREATE TABLE IF NOT EXISTS span(
  segment INTEGER NOT NULL REFERENCES segment(id) ON DELETE CASCADE, ordinal INTEGER NOT NULL, first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL, first_token INTEGER NOT NULL, last_token INTEGER NOT NULL, embedding BLOB NOT NULL,
  PRIMARY KEY(segment, ordinal)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ranking(
  segment INTEGER NOT NULL REFERENCES segment(id) ON DELETE CASCADE, first_token INTEGER NOT NULL, keys BLOB NOT NULL,
  checksum INTEGER NOT NULL, UNIQUE(segment, first_token));
CREATE INDEX IF NOT EXISTS segment_by_blob ON segment(blob_oid);
)sql";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

// A prepared statement; binds in order, steps, and resets itself when it goes out of use.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
    statement_.reset(statement);
  }
  Statement& bind(int64_t value) { return sqlite3_bind_int64(get(), ++bound_, value), *this; }
  Statement& bind(std::string_view text) {
    return sqlite3_bind_text(get(), ++bound_, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT), *this;
  }
  template <typename T>
  Statement& bind_blob(std::span<const T> values) {  // the values must live until step()
    return sqlite3_bind_blob64(get(), ++bound_, values.data(), values.size_bytes(), SQLITE_STATIC), *this;
  }
  int step() { return statement_ ? sqlite3_step(get()) : SQLITE_ERROR; }
  bool row() { return step() == SQLITE_ROW; }
  void reset() {
    sqlite3_reset(get());
    bound_ = 0;
  }
  int64_t integer(int column) const { return sqlite3_column_int64(get(), column); }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(get(), column));
    return bytes ? std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(get(), column))) : std::string();
  }
  std::span<const std::byte> blob(int column) const {
    const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(get(), column));
    return {bytes, bytes ? static_cast<size_t>(sqlite3_column_bytes(get(), column)) : 0};
  }

 private:
  sqlite3_stmt* get() const { return statement_.get(); }
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement_;
  int bound_ = 0;
};

// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(sqlite3* database) : database_(database) {
    open_ = sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  ~Transaction() {
    if (open_) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  bool open() const { return open_; }
  bool commit() {
    if (sqlite3_exec(database_, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) return false;
    open_ = false;
    return true;
  }

 private:
  sqlite3* database_;
  bool open_;
};

template <typename T>
int64_t checksum(std::span<const T> values, uint64_t seed = 0) {
  return static_cast<int64_t>(XXH3_64bits_withSeed(values.data(), values.size_bytes(), seed));
}

// Everything that is believed of a segment when it is found.
int64_t segment_checksum(const Segment& segment) {
  int64_t sum = checksum(std::span<const TokenId>(segment.tokens));
  for (const std::string* text : {&segment.key, &segment.blob_id, &segment.path})
    sum = checksum(std::span<const char>(*text), static_cast<uint64_t>(sum));
  const int place[] = {segment.part, segment.parts};
  sum = checksum(std::span<const int>(place), static_cast<uint64_t>(sum));
  for (const SegmentSpan& span : segment.spans) {
    const int numbers[] = {span.first_line, span.last_line, span.first_token, span.last_token};
    sum = checksum(std::span<const int>(numbers), static_cast<uint64_t>(sum));
    sum = checksum(std::span<const float>(span.embedding), static_cast<uint64_t>(sum));
  }
  return sum;
}

// Covers the place as well, so that a run can not pass for another.
int64_t run_checksum(std::string_view key, int layer, int first_token, std::span<const std::byte> blob) {
  const int place[] = {layer, first_token};
  const int64_t seed =
      checksum(std::span<const int>(place), static_cast<uint64_t>(checksum(std::span<const char>(key))));
  return checksum(blob, static_cast<uint64_t>(seed));
}

int64_t keys_checksum(std::string_view key, int first_token, std::span<const std::byte> keys) {
  constexpr int kNoLayer = -1;
  return run_checksum(key, kNoLayer, first_token, keys);
}

// Embeddings are stored as f16: the ranking needs no more, and they are what a reopened repository loads.
std::vector<f16> to_half(std::span<const float> values) {
  std::vector<f16> halves(values.size());
  std::ranges::transform(values, halves.begin(), [](float value) { return to_f16(value); });
  return halves;
}

std::vector<float> from_half(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(f16));
  for (size_t i = 0; i < values.size(); ++i) {
    f16 half;
    std::memcpy(&half, bytes.data() + i * sizeof(f16), sizeof(f16));
    values[i] = to_f32(half);
  }
  return values;
}

}  // namespace

std::string segment_key(std::string_view model_fingerprint, std::string_view recipe, std::span<const TokenId> head,
                        std::span<const TokenId> tokens) {
  XXH3_state_t* state = XXH3_createState();
  XXH3_128bits_reset(state);
  const auto add = [&](const void* data, size_t size) {  // lengths keep neighbouring fields apart
    const uint64_t length = size;
    XXH3_128bits_update(state, &length, sizeof length);
    XXH3_128bits_update(state, data, size);
  };
  add(model_fingerprint.data(), model_fingerprint.size());
  add(&kFormat, sizeof kFormat);
  add(recipe.data(), recipe.size());
  add(head.data(), head.size_bytes());
  add(tokens.data(), tokens.size_bytes());
  const XXH128_hash_t hash = XXH3_128bits_digest(state);
  XXH3_freeState(state);
  return std::format("{:016x}{:016x}", hash.high64, hash.low64);
}

struct SnapshotStore::Impl {
  fs::path file;
  KvLayout layout;
  std::function<void(const std::string&)> notice;
  std::string fingerprint;
  Database database;
  bool corrupt = false;  // noticed by the last operation; the next one starts afresh

  Result<void> open_database();
  Result<void> start_afresh(const std::string& why);
  Result<void> ready();
  Error error(std::string_view doing);
  Result<void> remove(std::string_view key, std::string_view why);
  Result<void> write(const Segment& segment, std::string_view recipe, const KvCache& kv, int first_row);
};

Error SnapshotStore::Impl::error(std::string_view doing) {
  const int code = sqlite3_extended_errcode(database.get());
  if ((code & 0xff) == SQLITE_FULL)
    return {ErrorKind::kIo, std::format("{}: the disk is full while {}; free some space, what was read before is kept",
                                        file.string(), doing)};
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
    corrupt = true;
    return {ErrorKind::kDamaged, std::format("{}: the snapshot database is damaged", file.string())};
  }
  return {ErrorKind::kIo, std::format("{}: {} failed: {}", file.string(), doing, sqlite3_errmsg(database.get()))};
}

// It is a cache: put the damaged file aside for whoever wants to look, and begin a new one.
Result<void> SnapshotStore::Impl::start_afresh(const std::string& why) {
  database.reset();
  corrupt = false;
  std::error_code ignored;
  fs::path aside;
  for (int i = 1; aside.empty() || fs::exists(aside, ignored); ++i)
    aside = std::format("{}.damaged-{}", file.string(), i);
  fs::rename(file, aside, ignored);
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(file.string() + suffix, ignored);
  notice(std::format("{}; it was moved to {} and what it held will be read again", why, aside.string()));
  return open_database();
}

// Every operation begins with this: damage inside the file shows only when its pages are read.
Result<void> SnapshotStore::Impl::ready() {
  if (!corrupt) return {};
  return start_afresh(file.string() + ": the snapshot database is damaged");
}

Result<void> SnapshotStore::Impl::open_database() {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database.reset(opened);
  if (code != SQLITE_OK) return std::unexpected(error("opening the snapshot database"));
  sqlite3_busy_timeout(opened, 60'000);
  const auto run = [&](const char* sql) { return sqlite3_exec(opened, sql, nullptr, nullptr, nullptr) == SQLITE_OK; };
  if (use_write_ahead_log(opened) != SQLITE_OK || !run("PRAGMA synchronous = NORMAL") ||
      !run("PRAGMA foreign_keys = ON") || !run("PRAGMA cache_size = -8192") || !run(kSchema))
    return std::unexpected(error("opening the snapshot database"));
  const std::string identity =
      std::format("{} format {} layers {} width {}", fingerprint, kFormat, layout.layers, layout.width);
  Statement insert(opened, "INSERT OR IGNORE INTO meta VALUES('identity', ?)");
  if (insert.bind(identity).step() != SQLITE_DONE) return std::unexpected(error("opening the snapshot database"));
  Statement select(opened, "SELECT value FROM meta WHERE name = 'identity'");
  if (!select.row()) return std::unexpected(error("opening the snapshot database"));
  if (select.text(0) != identity)
    return fail(ErrorKind::kDamaged, file.string() + ": this snapshot database belongs to another model");
  return {};
}

Result<SnapshotStore> SnapshotStore::open(const fs::path& file, std::string_view model_fingerprint,
                                          const KvLayout& layout, std::function<void(const std::string&)> notice) {
  auto impl = std::make_unique<Impl>();
  impl->file = file;
  impl->layout = layout;
  impl->notice = notice ? std::move(notice) : [](const std::string&) {};
  impl->fingerprint = model_fingerprint;
  auto opened = impl->open_database();
  if (!opened && opened.error().kind == ErrorKind::kDamaged) opened = impl->start_afresh(opened.error().message);
  if (!opened) return std::unexpected(opened.error());
  return SnapshotStore(std::move(impl));
}

SnapshotStore::SnapshotStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SnapshotStore::SnapshotStore(SnapshotStore&&) noexcept = default;
SnapshotStore& SnapshotStore::operator=(SnapshotStore&&) noexcept = default;
SnapshotStore::~SnapshotStore() = default;

Result<void> SnapshotStore::put(const Segment& segment, std::string_view recipe, const KvCache& kv, int first_row) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Transaction transaction(impl_->database.get());
  if (!transaction.open()) return std::unexpected(impl_->error("storing what was read"));
  if (auto written = impl_->write(segment, recipe, kv, first_row); !written) return written;
  if (!transaction.commit()) return std::unexpected(impl_->error("storing what was read"));
  return {};
}

Result<void> SnapshotStore::Impl::write(const Segment& segment, std::string_view recipe, const KvCache& kv,
                                        int first_row) {
  Segment stored = segment;  // the checksum is of what a reader will see: embeddings rounded to f16
  for (SegmentSpan& span : stored.spans) {
    const std::vector<f16> halves = to_half(span.embedding);
    span.embedding = from_half(std::as_bytes(std::span(halves)));
  }
  Statement insert(
      database.get(),
      "INSERT OR IGNORE INTO segment(key, blob_oid, path, part, parts, tokens, recipe, format, last_used, checksum) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(segment.key).bind(segment.blob_id).bind(segment.path).bind(segment.part).bind(segment.parts);
  insert.bind_blob(std::span<const TokenId>(segment.tokens)).bind(recipe).bind(kFormat).bind(std::time(nullptr));
  if (insert.bind(segment_checksum(stored)).step() != SQLITE_DONE)
    return std::unexpected(error("storing what was read"));
  if (sqlite3_changes(database.get()) == 0) return {};  // another process has stored it meanwhile
  const int64_t id = sqlite3_last_insert_rowid(database.get());

  const int tokens = static_cast<int>(segment.tokens.size());
  const size_t width = static_cast<size_t>(layout.width);
  Statement run(database.get(), "INSERT INTO run(segment, layer, first_token, blob, checksum) VALUES(?, ?, ?, ?, ?)");
  std::vector<f16> rows;
  for (int layer = 0; layer < layout.layers; ++layer) {
    for (int first = 0; first < tokens; first += kRunTokens) {
      const int count = std::min(kRunTokens, tokens - first);
      rows.resize(2 * count * width);
      for (int i = 0; i < count; ++i) {
        std::copy_n(kv.k_row(layer, first_row + first + i), width, rows.data() + i * width);
        std::copy_n(kv.v_row(layer, first_row + first + i), width, rows.data() + (count + i) * width);
      }
      run.reset();
      run.bind(id).bind(layer).bind(first).bind_blob(std::span<const f16>(rows));
      const int64_t sum = run_checksum(segment.key, layer, first, std::as_bytes(std::span(rows)));
      if (run.bind(sum).step() != SQLITE_DONE) return std::unexpected(error("storing what was read"));
    }
  }
  Statement span_row(database.get(), "INSERT INTO span VALUES(?, ?, ?, ?, ?, ?, ?)");
  Statement keys_row(database.get(), "INSERT OR IGNORE INTO ranking VALUES(?, ?, ?, ?)");
  for (size_t i = 0; i < segment.spans.size(); ++i) {
    const SegmentSpan& span = segment.spans[i];
    const std::vector<f16> embedding = to_half(span.embedding);
    span_row.reset();
    span_row.bind(id).bind(static_cast<int64_t>(i)).bind(span.first_line).bind(span.last_line).bind(span.first_token);
    if (span_row.bind(span.last_token).bind_blob(std::span<const f16>(embedding)).step() != SQLITE_DONE)
      return std::unexpected(error("storing what was read"));
    if (span.ranking_keys.empty()) continue;
    keys_row.reset();
    keys_row.bind(id).bind(span.first_token).bind_blob(std::span<const std::byte>(span.ranking_keys));
    if (keys_row.bind(keys_checksum(segment.key, span.first_token, span.ranking_keys)).step() != SQLITE_DONE)
      return std::unexpected(error("storing what was read"));
  }
  return {};
}

// What does not verify is never used: it goes, and the caller computes it again.
Result<void> SnapshotStore::Impl::remove(std::string_view key, std::string_view why) {
  Statement statement(database.get(), "DELETE FROM segment WHERE key = ?");
  if (statement.bind(key).step() != SQLITE_DONE) return std::unexpected(error("dropping a damaged segment"));
  notice(std::format("{}: {}; it was dropped and will be read again", file.string(), why));
  return {};
}

Result<std::optional<Segment>> SnapshotStore::find(std::string_view key) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  sqlite3* database = impl_->database.get();
  Statement select(database,
                   "SELECT id, blob_oid, path, part, parts, tokens, format, checksum FROM segment WHERE key = ?");
  const int code = select.bind(key).step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return std::unexpected(impl_->error("looking up a segment"));
  Segment segment;
  segment.key = key;
  segment.blob_id = select.text(1);
  segment.path = select.text(2);
  segment.part = static_cast<int>(select.integer(3));
  segment.parts = static_cast<int>(select.integer(4));
  const auto tokens = select.blob(5);
  segment.tokens.resize(tokens.size() / sizeof(TokenId));
  if (!tokens.empty()) std::memcpy(segment.tokens.data(), tokens.data(), segment.tokens.size() * sizeof(TokenId));
  Statement spans(
      database,
      "SELECT first_line, last_line, first_token, last_token, embedding FROM span WHERE segment = ? ORDER BY ordinal");
  spans.bind(select.integer(0));
  int span_code;
  while ((span_code = spans.step()) == SQLITE_ROW) {
    segment.spans.push_back({static_cast<int>(spans.integer(0)), static_cast<int>(spans.integer(1)),
                             static_cast<int>(spans.integer(2)), static_cast<int>(spans.integer(3)),
                             from_half(spans.blob(4))});
  }
  if (span_code != SQLITE_DONE) return std::unexpected(impl_->error("looking up a segment"));
  if (select.integer(6) != kFormat || select.integer(7) != segment_checksum(segment)) {
    const std::string path = segment.path;
    select.reset();
    if (auto removed = impl_->remove(key, "the stored state of " + path + " is damaged"); !removed)
      return std::unexpected(removed.error());
    return std::nullopt;
  }
  return segment;
}

Result<std::vector<Segment>> SnapshotStore::find_blob(std::string_view recipe, std::string_view blob_id) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Statement select(impl_->database.get(), "SELECT key FROM segment WHERE blob_oid = ? AND recipe = ? AND format = ?");
  select.bind(blob_id).bind(recipe).bind(kFormat);
  std::vector<std::string> keys;
  int code;
  while ((code = select.step()) == SQLITE_ROW) keys.push_back(select.text(0));
  if (code != SQLITE_DONE) return std::unexpected(impl_->error("looking up what was read of a file"));
  std::vector<Segment> segments;
  for (const std::string& key : keys) {
    auto segment = find(key);
    if (!segment) return std::unexpected(segment.error());
    if (*segment) segments.push_back(std::move(**segment));
  }
  return segments;
}

Result<void> SnapshotStore::forget_blob(std::string_view recipe, std::string_view blob_id) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Statement statement(impl_->database.get(), "DELETE FROM segment WHERE blob_oid = ? AND recipe = ?");
  if (statement.bind(blob_id).bind(recipe).step() != SQLITE_DONE)
    return std::unexpected(impl_->error("dropping what was read of a file"));
  return {};
}

Result<std::vector<std::string>> SnapshotStore::keys(std::string_view recipe) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Statement select(impl_->database.get(), "SELECT key FROM segment WHERE recipe = ? AND format = ?");
  select.bind(recipe).bind(kFormat);
  std::vector<std::string> keys;
  int code;
  while ((code = select.step()) == SQLITE_ROW) keys.push_back(select.text(0));
  if (code != SQLITE_DONE) return std::unexpected(impl_->error("listing what is stored"));
  return keys;
}

Result<void> SnapshotStore::load_rows(std::string_view key, int first, int count, KvCache& kv, int to_row) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  sqlite3* database = impl_->database.get();
  Statement select(database,
                   "SELECT layer, first_token, blob, run.checksum FROM run JOIN segment ON segment.id = run.segment "
                   "WHERE key = ? AND first_token < ? AND first_token > ?");
  select.bind(key).bind(first + count).bind(first - kRunTokens);
  const size_t width = static_cast<size_t>(impl_->layout.width);
  int64_t loaded = 0;
  int code;
  bool whole = true;
  while (whole && (code = select.step()) == SQLITE_ROW) {
    const int layer = static_cast<int>(select.integer(0)), run_first = static_cast<int>(select.integer(1));
    const auto blob = select.blob(2);
    const int rows = static_cast<int>(blob.size() / (2 * width * sizeof(f16)));
    const int begin = std::max(first, run_first), end = std::min(first + count, run_first + rows);
    whole =
        layer >= 0 && layer < impl_->layout.layers && run_checksum(key, layer, run_first, blob) == select.integer(3);
    if (!whole) break;
    for (int row = begin; row < end; ++row) {
      const std::byte* k = blob.data() + static_cast<size_t>(row - run_first) * width * sizeof(f16);
      std::memcpy(kv.k_row(layer, to_row + row - first), k, width * sizeof(f16));
      std::memcpy(kv.v_row(layer, to_row + row - first), k + static_cast<size_t>(rows) * width * sizeof(f16),
                  width * sizeof(f16));
    }
    loaded += std::max(0, end - begin);
  }
  if (whole && code != SQLITE_DONE) return std::unexpected(impl_->error("loading stored state"));
  if (!whole || loaded != static_cast<int64_t>(count) * impl_->layout.layers) {
    select.reset();
    if (auto removed = impl_->remove(key, "a piece of stored state is damaged"); !removed) return removed;
    return fail(ErrorKind::kDamaged,
                impl_->file.string() + ": a piece of stored state was damaged and has been dropped");
  }
  // Once a day is enough for least-recently-used eviction, and spares a write for every question.
  Statement touch(database, "UPDATE segment SET last_used = ?1 WHERE key = ?2 AND last_used < ?1 - 86400");
  touch.bind(static_cast<int64_t>(std::time(nullptr))).bind(key).step();
  return {};
}

Result<std::vector<std::byte>> SnapshotStore::ranking_keys(std::string_view key, int first_token) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Statement select(impl_->database.get(),
                   "SELECT keys, ranking.checksum FROM ranking JOIN segment ON segment.id = ranking.segment "
                   "WHERE key = ? AND first_token = ?");
  const int code = select.bind(key).bind(first_token).step();
  if (code == SQLITE_DONE) return std::vector<std::byte>();
  if (code != SQLITE_ROW) return std::unexpected(impl_->error("loading what ranks"));
  const auto keys = select.blob(0);
  if (keys_checksum(key, first_token, keys) == select.integer(1)) return std::vector(keys.begin(), keys.end());
  select.reset();
  if (auto removed = impl_->remove(key, "a piece of stored state is damaged"); !removed)
    return std::unexpected(removed.error());
  return fail(ErrorKind::kDamaged, impl_->file.string() + ": a piece of stored state was damaged and has been dropped");
}

Result<std::optional<std::vector<float>>> SnapshotStore::constant(std::string_view name) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Statement select(impl_->database.get(), "SELECT value, checksum FROM constant WHERE name = ?");
  const int code = select.bind(name).step();
  if (code == SQLITE_DONE) return std::nullopt;
  if (code != SQLITE_ROW) return std::unexpected(impl_->error("reading a constant"));
  const auto bytes = select.blob(0);
  if (checksum(bytes) != select.integer(1)) return std::nullopt;  // the caller computes and stores it again
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

Result<void> SnapshotStore::set_constant(std::string_view name, std::span<const float> values) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Statement insert(impl_->database.get(), "INSERT OR REPLACE INTO constant VALUES(?, ?, ?)");
  if (insert.bind(name).bind_blob(values).bind(checksum(values)).step() != SQLITE_DONE)
    return std::unexpected(impl_->error("storing a constant"));
  return {};
}

Result<uint64_t> SnapshotStore::bytes_on_disk() const {
  uint64_t bytes = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code error;
    const auto size = fs::file_size(impl_->file.string() + suffix, error);
    if (!error) bytes += size;
  }
  return bytes;
}

}  // namespace strata
