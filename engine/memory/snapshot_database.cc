// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/snapshot_database.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <format>

#include "base/write_ahead_log.h"
#include "engine/memory/kv_page.h"

namespace strata::snapshot {
namespace {

namespace fs = std::filesystem;

// Blobs are hundreds of kB: pages larger than SQLite's 4096 bytes make a blob a few reads instead of a hundred. The
// page map that auto_vacuum needs makes deleting a matter of the map alone, and gives space back without a second copy.
constexpr const char* kPageSize = "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL";

constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS constant(name TEXT PRIMARY KEY, value BLOB NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segment(
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, blob_oid TEXT NOT NULL, path TEXT NOT NULL, part INTEGER NOT NULL,
  parts INTEGER NOT NULL, recipe TEXT NOT NULL, bytes INTEGER NOT NULL, last_used INTEGER NOT NULL,
  repository TEXT NOT NULL, checksum INTEGER NOT NULL, tokens BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS page(
  segment INTEGER NOT NULL REFERENCES segment(id) ON DELETE CASCADE, first_token INTEGER NOT NULL,
  checksum INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE(segment, first_token));
CREATE TABLE IF NOT EXISTS span(
  segment INTEGER NOT NULL REFERENCES segment(id) ON DELETE CASCADE, ordinal INTEGER NOT NULL, first_line INTEGER NOT NULL,
  last_line INTEGER NOT NULL, first_token INTEGER NOT NULL, last_token INTEGER NOT NULL, embedding BLOB NOT NULL,
  PRIMARY KEY(segment, ordinal)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ranking(
  segment INTEGER NOT NULL REFERENCES segment(id) ON DELETE CASCADE, first_token INTEGER NOT NULL,
  checksum INTEGER NOT NULL, keys BLOB NOT NULL, UNIQUE(segment, first_token));
CREATE INDEX IF NOT EXISTS segment_by_blob ON segment(blob_oid);
)sql";

constexpr int kBusyMs = 15'000;
constexpr size_t kDeletedAtOnce = 16;
constexpr const char* kStoring = "storing what was read";
constexpr const char* kOpening = "opening the snapshot database";

bool execute(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

template <typename T>
uint64_t hash(std::span<const T> values, uint64_t seed = 0) {
  return XXH3_64bits_withSeed(values.data(), values.size_bytes(), seed);
}

// Everything that is believed of a segment when it is found. Format 2 did not cover the recipe; then it is empty.
int64_t segment_checksum(const Segment& segment, std::string_view recipe) {
  uint64_t sum = hash(std::span<const TokenId>(segment.tokens));
  for (const std::string* text : {&segment.key, &segment.blob_id, &segment.path})
    sum = hash(std::span<const char>(*text), sum);
  if (!recipe.empty()) sum = hash(std::span<const char>(recipe), sum);
  const int place[] = {segment.part, segment.parts};
  sum = hash(std::span<const int>(place), sum);
  for (const SegmentSpan& span : segment.spans) {
    const int numbers[] = {span.first_line, span.last_line, span.first_token, span.last_token};
    sum = hash(std::span<const int>(numbers), sum);
    sum = hash(std::span<const float>(span.embedding), sum);
  }
  return static_cast<int64_t>(sum);
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

// The file as a URI that tells SQLite to take no locks and look for no log.
std::string unchanging(const fs::path& file) {
  std::string uri = "file:";
  for (const char c : file.string()) {
    if (c == '%' || c == '?' || c == '#')
      uri += std::format("%{:02x}", static_cast<unsigned char>(c));
    else
      uri += c;
  }
  return uri + "?immutable=1";
}

}  // namespace

Error error_of(sqlite3* database, const fs::path& file, std::string_view doing) {
  const int code = sqlite3_extended_errcode(database) & 0xff;
  if (code == SQLITE_FULL)
    return {ErrorKind::kIo, std::format("{}: the disk is full while {}; free some space, what was read before is kept",
                                        file.string(), doing)};
  if (code == SQLITE_BUSY)
    return {ErrorKind::kIo, std::format("{}: {} failed: another program is writing to it; try again when it is done",
                                        file.string(), doing)};
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
    return {ErrorKind::kDamaged, std::format("{}: the snapshot database is damaged", file.string())};
  return {ErrorKind::kIo, std::format("{}: {} failed: {}", file.string(), doing, sqlite3_errmsg(database))};
}

Result<Database> open_database(const fs::path& file, Access access) {
  sqlite3* opened = nullptr;
  const bool writes = access == Access::kWrite || access == Access::kExport;
  const int flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    (access == Access::kUnchanging ? SQLITE_OPEN_URI : 0);
  const std::string name = access == Access::kUnchanging ? unchanging(file) : file.string();
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  if (code != SQLITE_OK) return std::unexpected(error_of(opened, file, kOpening));
  sqlite3_busy_timeout(opened, kBusyMs);
  // Whoever made the file, nothing in it is executed.
  bool good = execute(opened, "PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8192");
  if (writes) {
    Statement tables(opened, "SELECT count(*) FROM sqlite_schema WHERE name = 'segment_by_blob'");
    good = good && tables.row();
    const bool is_new = good && tables.integer(0) == 0;
    tables.reset();
    good = good && (!is_new || execute(opened, kPageSize)) &&
           (access == Access::kExport || use_write_ahead_log(opened) == SQLITE_OK) &&
           (!is_new || execute(opened, kSchema)) &&
           execute(opened, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
  }
  if (!good) return std::unexpected(error_of(opened, file, kOpening));
  return database;
}

Database open_in_memory() {
  sqlite3* opened = nullptr;
  sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  execute(opened, kSchema);
  return Database(opened);
}

Result<void> write_identity(sqlite3* database, const fs::path& file, const KvIdentity& identity) {
  const std::pair<const char*, std::string> rows[] = {{"fingerprint", identity.fingerprint},
                                                      {"format", std::to_string(kFormat)},
                                                      {"layers", std::to_string(identity.layout.layers)},
                                                      {"model", identity.model},
                                                      {"width", std::to_string(identity.layout.width)}};
  Transaction transaction(database);
  bool good = transaction.open();
  Statement insert(database, "INSERT OR IGNORE INTO meta VALUES(?, ?)");
  for (const auto& [name, value] : rows) {
    insert.reset();
    good = good && insert.bind(std::string_view(name)).bind(value).done();
  }
  insert.reset();
  if (!good || !transaction.commit()) return std::unexpected(error_of(database, file, kOpening));
  return {};
}

Result<KvIdentity> read_identity(sqlite3* database, const fs::path& file) {
  Statement select(database, "SELECT value FROM meta ORDER BY name");  // fingerprint, format, layers, model, width
  std::vector<std::string> values;
  while (select.row()) values.push_back(select.text(0));
  if (values.size() != 5)
    return fail(ErrorKind::kDamaged, file.string() + ": this is no file of stored key/value state");
  if (values[1] != std::to_string(kFormat))
    return fail(ErrorKind::kUnsupported,
                std::format("{}: format {}, and this version of Strata reads {}", file.string(), values[1], kFormat));
  return KvIdentity{values[0], {std::atoi(values[2].c_str()), std::atoi(values[4].c_str())}, values[3]};
}

int page_rows(int tokens, int first_token) { return std::min(kPageTokens, tokens - first_token); }

int64_t placed_checksum(std::string_view key, int layer, int first_token, std::span<const std::byte> bytes) {
  const int place[] = {layer, first_token};
  return static_cast<int64_t>(hash(bytes, hash(std::span<const int>(place), hash(std::span<const char>(key)))));
}

Result<Found> read_segment(sqlite3* database, const fs::path& file, std::string_view key, int format) {
  Statement select(database,
                   "SELECT id, blob_oid, path, part, parts, recipe, checksum, tokens FROM segment WHERE key = ?");
  const int code = select.bind(key).step();
  Found found;
  if (code == SQLITE_DONE) return found;
  if (code != SQLITE_ROW) return std::unexpected(error_of(database, file, "looking up a segment"));
  found.present = true;
  found.row.id = select.integer(0);
  found.row.recipe = select.text(5);
  Segment& segment = found.row.segment;
  segment.key = key;
  segment.blob_id = select.text(1);
  segment.path = select.text(2);
  segment.part = static_cast<int>(select.integer(3));
  segment.parts = static_cast<int>(select.integer(4));
  const auto tokens = select.blob(7);
  segment.tokens.resize(tokens.size() / sizeof(TokenId));
  if (!tokens.empty()) std::memcpy(segment.tokens.data(), tokens.data(), segment.tokens.size() * sizeof(TokenId));
  Statement spans(
      database,
      "SELECT first_line, last_line, first_token, last_token, embedding FROM span WHERE segment = ? ORDER BY ordinal");
  spans.bind(found.row.id);
  int span_code;
  while ((span_code = spans.step()) == SQLITE_ROW) {
    segment.spans.push_back({static_cast<int>(spans.integer(0)), static_cast<int>(spans.integer(1)),
                             static_cast<int>(spans.integer(2)), static_cast<int>(spans.integer(3)),
                             from_half(spans.blob(4))});
  }
  if (span_code != SQLITE_DONE) return std::unexpected(error_of(database, file, "looking up a segment"));
  const std::string_view recipe = format == kFormat ? std::string_view(found.row.recipe) : std::string_view();
  found.intact = select.integer(6) == segment_checksum(segment, recipe);
  return found;
}

namespace {
std::unexpected<Error> damaged(const fs::path& file, const Row& row) {
  return fail(ErrorKind::kDamaged,
              std::format("{}: the stored state of {} is damaged", file.string(), row.segment.path));
}
}  // namespace

Result<void> verify_pages(sqlite3* database, const fs::path& file, const Row& row, const KvLayout& layout) {
  Statement select(database, "SELECT first_token, bytes, checksum FROM page WHERE segment = ? ORDER BY first_token");
  select.bind(row.id);
  const int tokens = static_cast<int>(row.segment.tokens.size());
  int next = 0, code;
  for (; (code = select.step()) == SQLITE_ROW; next += kPageTokens) {
    const auto bytes = select.blob(1);
    if (select.integer(0) != next || next >= tokens || bytes.size() != page_bytes(layout, page_rows(tokens, next)) ||
        page_checksum(row.segment.key, next, bytes) != select.integer(2))
      return damaged(file, row);
  }
  if (code != SQLITE_DONE) return std::unexpected(error_of(database, file, "reading stored state"));
  return next < tokens ? Result<void>(damaged(file, row)) : Result<void>();
}

Result<void> read_ranking(sqlite3* database, const fs::path& file, Row& row) {
  Statement select(database, "SELECT first_token, checksum, keys FROM ranking WHERE segment = ?");
  select.bind(row.id);
  int code;
  while ((code = select.step()) == SQLITE_ROW) {
    const auto keys = select.blob(2);
    const auto span = std::ranges::find(row.segment.spans, select.integer(0), &SegmentSpan::first_token);
    if (span == row.segment.spans.end() ||
        ranking_checksum(row.segment.key, span->first_token, keys) != select.integer(1))
      return damaged(file, row);
    span->ranking_keys.assign(keys.begin(), keys.end());
  }
  if (code != SQLITE_DONE) return std::unexpected(error_of(database, file, "reading stored state"));
  return {};
}

Result<void> write_segment(sqlite3* database, const fs::path& file, const Segment& segment, std::string_view recipe,
                           const Use& use, const KvLayout& layout,
                           const std::function<std::span<const std::byte>(int first_token)>& page) {
  Segment stored = segment;  // the checksum is of what a reader will see: embeddings rounded to f16
  for (SegmentSpan& span : stored.spans) {
    const std::vector<f16> halves = to_half(span.embedding);
    span.embedding = from_half(std::as_bytes(std::span(halves)));
  }
  const int tokens = static_cast<int>(segment.tokens.size());
  int64_t bytes = std::ssize(segment.tokens) * static_cast<int64_t>(sizeof(TokenId));
  for (const SegmentSpan& span : segment.spans)
    bytes += std::ssize(span.embedding) * static_cast<int64_t>(sizeof(f16)) + std::ssize(span.ranking_keys);
  for (int first = 0; first < tokens; first += kPageTokens)
    bytes += static_cast<int64_t>(page_bytes(layout, page_rows(tokens, first)));

  Statement insert(
      database,
      "INSERT OR IGNORE INTO segment(key, blob_oid, path, part, parts, recipe, bytes, last_used, repository, "
      "checksum, tokens) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(segment.key).bind(segment.blob_id).bind(segment.path).bind(segment.part).bind(segment.parts).bind(recipe);
  insert.bind(bytes).bind(use.time).bind(use.repository).bind(segment_checksum(stored, recipe));
  if (!insert.bind_blob(std::span<const TokenId>(segment.tokens)).done())
    return std::unexpected(error_of(database, file, kStoring));
  if (sqlite3_changes(database) == 0) return {};  // another process has stored it meanwhile
  const int64_t id = sqlite3_last_insert_rowid(database);

  Statement page_row(database, "INSERT INTO page(segment, first_token, checksum, bytes) VALUES(?, ?, ?, ?)");
  for (int first = 0; first < tokens; first += kPageTokens) {
    const std::span<const std::byte> content = page(first);
    page_row.reset();
    page_row.bind(id).bind(first).bind(page_checksum(segment.key, first, content));
    if (!page_row.bind_blob(content).done()) return std::unexpected(error_of(database, file, kStoring));
  }
  Statement span_row(database, "INSERT INTO span VALUES(?, ?, ?, ?, ?, ?, ?)");
  Statement keys_row(database, "INSERT OR IGNORE INTO ranking VALUES(?, ?, ?, ?)");
  for (size_t i = 0; i < segment.spans.size(); ++i) {
    const SegmentSpan& span = segment.spans[i];
    const std::vector<f16> embedding = to_half(span.embedding);
    span_row.reset();
    span_row.bind(id).bind(static_cast<int64_t>(i)).bind(span.first_line).bind(span.last_line).bind(span.first_token);
    if (!span_row.bind(span.last_token).bind_blob(std::span<const f16>(embedding)).done())
      return std::unexpected(error_of(database, file, kStoring));
    if (span.ranking_keys.empty()) continue;
    keys_row.reset();
    keys_row.bind(id).bind(span.first_token);
    keys_row.bind(ranking_checksum(segment.key, span.first_token, span.ranking_keys));
    if (!keys_row.bind_blob(std::span<const std::byte>(span.ranking_keys)).done())
      return std::unexpected(error_of(database, file, kStoring));
  }
  return {};
}

Result<void> delete_segments(sqlite3* database, const fs::path& file, std::span<const int64_t> ids,
                             const std::function<bool(size_t done)>& go_on) {
  for (size_t first = 0; first < ids.size(); first += kDeletedAtOnce) {
    if (go_on && !go_on(first)) return fail(ErrorKind::kCancelled, "cancelled");
    Transaction transaction(database);
    bool good = transaction.open();
    Statement remove(database, "DELETE FROM segment WHERE id = ?");
    for (const int64_t id : ids.subspan(first, std::min(kDeletedAtOnce, ids.size() - first))) {
      remove.reset();
      good = good && remove.bind(id).done();
    }
    remove.reset();
    if (!good || !transaction.commit()) return std::unexpected(error_of(database, file, "removing stored state"));
  }
  return {};
}

Result<void> shrink(sqlite3* database, const fs::path& file, const std::function<bool()>& go_on) {
  const auto free_pages = [&] {
    Statement count(database, "PRAGMA freelist_count");
    return count.row() ? count.integer(0) : 0;
  };
  for (int64_t left = free_pages(), before = left + 1; left > 0 && left < before; before = left, left = free_pages()) {
    if (go_on && !go_on()) return fail(ErrorKind::kCancelled, "cancelled");
    if (!execute(database, "PRAGMA incremental_vacuum(1024)"))
      return std::unexpected(error_of(database, file, "giving space back"));
  }
  sqlite3_wal_checkpoint_v2(database, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);  // later, if others read
  return {};
}

uint64_t live_bytes(sqlite3* database) {
  Statement pages(database,
                  "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, "
                  "pragma_freelist_count, pragma_page_size");
  return pages.row() ? static_cast<uint64_t>(pages.integer(0)) : 0;
}

}  // namespace strata::snapshot

namespace strata {

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
  add(&snapshot::kKeyFormat, sizeof snapshot::kKeyFormat);
  add(recipe.data(), recipe.size());
  add(head.data(), head.size_bytes());
  add(tokens.data(), tokens.size_bytes());
  const XXH128_hash_t hash = XXH3_128bits_digest(state);
  XXH3_freeState(state);
  return std::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace strata
