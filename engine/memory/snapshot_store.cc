// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/snapshot_store.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <format>

#include "engine/memory/kv_page.h"
#include "engine/memory/snapshot_care.h"
#include "engine/memory/snapshot_conversion.h"
#include "engine/memory/snapshot_database.h"

namespace strata {
namespace {

namespace fs = std::filesystem;
using namespace snapshot;

// As exactly is known when something was used: enough to tell what was used longest ago, and it spares writes.
constexpr int64_t kHour = 3600;
// Evicted at once beyond what is needed, as a share of the limit: so that not every put has to look for something.
constexpr uint64_t kEvictedShare = 32;

int64_t checksum(std::span<const std::byte> bytes) {
  return static_cast<int64_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

// Waits for nobody while it lives: for what is nice to have written.
class WithoutWaiting {
 public:
  WithoutWaiting(sqlite3* database, int wait_ms) : database_(database), wait_ms_(wait_ms) {
    sqlite3_busy_timeout(database, 0);
  }
  ~WithoutWaiting() { sqlite3_busy_timeout(database_, wait_ms_); }

 private:
  sqlite3* database_;
  int wait_ms_;
};

}  // namespace

struct SnapshotStore::Impl {
  fs::path file;
  KvIdentity identity;
  SnapshotOptions options;
  std::string repository;
  std::unordered_set<std::string> kept;
  Database database;
  std::string unwritable;  // why nothing can be stored; empty if it can
  bool corrupt = false;    // noticed by the last operation; the next one starts afresh

  Result<void> open_file();
  Result<void> read_only(const Error& why);
  Result<void> start_afresh(const std::string& why);
  Result<void> ready();
  Error error(std::string_view doing);
  Error seen(Error error);
  Result<void> make_room(uint64_t bytes);
  Result<void> remove(std::string_view key, std::string_view why);
};

Error SnapshotStore::Impl::seen(Error error) {
  corrupt = corrupt || (sqlite3_errcode(database.get()) & 0xff) == SQLITE_CORRUPT ||
            (sqlite3_errcode(database.get()) & 0xff) == SQLITE_NOTADB;
  return error;
}

Error SnapshotStore::Impl::error(std::string_view doing) { return seen(error_of(database.get(), file, doing)); }

Result<void> SnapshotStore::Impl::open_file() {
  auto opened = open_database(file, Access::kWrite);
  if (!opened) return std::unexpected(opened.error());
  sqlite3_busy_timeout(opened->get(), options.wait_ms);
  Statement known(opened->get(), "SELECT count(*) FROM meta");
  if (known.row() && known.integer(0) == 0) {
    known.reset();
    if (auto written = write_identity(opened->get(), file, identity); !written) return written;
  }
  auto found = read_identity(opened->get(), file);
  if (!found) return fail(ErrorKind::kDamaged, found.error().message);
  if (found->fingerprint != identity.fingerprint || found->layout != identity.layout)
    return fail(ErrorKind::kDamaged, file.string() + ": this snapshot database belongs to another model");
  database = std::move(*opened);
  return {};
}

// Without a place to write to, what is there can still be read, and everything else computed.
Result<void> SnapshotStore::Impl::read_only(const Error& why) {
  unwritable = why.message;
  options.notice(why.message + "; what is read now is not kept");
  // In a folder that cannot be written SQLite reads a database only if it need take no locks. Without a log nobody is
  // writing; if somebody begins to, checksums find what does not fit together.
  std::error_code ignored;
  const bool logged = fs::exists(file.string() + "-wal", ignored);
  for (const Access access : {Access::kRead, Access::kUnchanging}) {
    if (access == Access::kUnchanging && logged) break;
    auto opened = open_database(file, access);
    const auto found = opened ? read_identity(opened->get(), file) : std::unexpected(opened.error());
    if (!found || found->fingerprint != identity.fingerprint || found->layout != identity.layout) continue;
    database = std::move(*opened);
    return {};
  }
  database = open_in_memory();
  return {};
}

// It is a cache: put the damaged file aside for whoever wants to look, and begin a new one.
Result<void> SnapshotStore::Impl::start_afresh(const std::string& why) {
  database.reset();
  corrupt = false;
  std::error_code ignored;
  fs::path aside;
  for (int i = 1; aside.empty() || fs::exists(aside, ignored); ++i)
    aside = std::format("{}.damaged-{}", file.string(), i);
  std::error_code error;
  fs::rename(file, aside, error);
  if (error && fs::exists(file, ignored)) {
    unwritable = std::format("{}; it cannot be moved aside: {}", why, error.message());
    options.notice(unwritable + "; what is read now is not kept");
    database = open_in_memory();
    return {};
  }
  for (const char* suffix : {"-wal", "-shm"}) fs::remove(file.string() + suffix, ignored);
  options.notice(std::format("{}; it was moved to {} and what it held will be read again", why, aside.string()));
  auto opened = open_file();
  return opened || opened.error().kind == ErrorKind::kDamaged ? opened : read_only(opened.error());
}

// Every operation begins with this: damage inside the file shows only when its pages are read.
Result<void> SnapshotStore::Impl::ready() {
  if (!corrupt) return {};
  return start_afresh(file.string() + ": the snapshot database is damaged");
}

fs::path SnapshotStore::file_of(const fs::path& folder, std::string_view fingerprint) {
  return folder / std::format("{}-{}.sqlite", fingerprint, kFormat);
}

Result<SnapshotStore> SnapshotStore::open(const fs::path& folder, const KvIdentity& identity,
                                          const SnapshotOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->file = file_of(folder, identity.fingerprint);
  impl->identity = identity;
  impl->options = options;
  if (!impl->options.notice) impl->options.notice = [](const std::string&) {};
  std::error_code error;
  fs::create_directories(folder, error);
  auto opened = error ? fail(ErrorKind::kIo, folder.string() + ": cannot create this folder: " + error.message())
                      : impl->open_file();
  if (!opened) {
    opened = opened.error().kind == ErrorKind::kDamaged ? impl->start_afresh(opened.error().message)
                                                        : impl->read_only(opened.error());
  }
  if (!opened) return std::unexpected(opened.error());
  if (impl->unwritable.empty()) convert_older(folder, identity, impl->database.get(), impl->file, impl->options.notice);
  return SnapshotStore(std::move(impl));
}

SnapshotStore::SnapshotStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SnapshotStore::SnapshotStore(SnapshotStore&&) noexcept = default;
SnapshotStore& SnapshotStore::operator=(SnapshotStore&&) noexcept = default;
SnapshotStore::~SnapshotStore() = default;

void SnapshotStore::keep(std::string repository, std::unordered_set<std::string> blob_ids) {
  impl_->repository = std::move(repository);
  impl_->kept = std::move(blob_ids);
  if (impl_->corrupt || !impl_->unwritable.empty()) return;
  sqlite3* database = impl_->database.get();
  const WithoutWaiting quickly(database, impl_->options.wait_ms);
  Transaction transaction(database);
  if (!transaction.open()) return;
  Statement touch(database,
                  "UPDATE segment SET last_used = ?1, repository = ?2 WHERE blob_oid = ?3 AND "
                  "(last_used < ?1 - ?4 OR repository <> ?2)");
  for (const std::string& blob : impl_->kept) {
    touch.reset();
    touch.bind(static_cast<int64_t>(std::time(nullptr))).bind(impl_->repository).bind(blob).bind(kHour).step();
  }
  touch.reset();
  (void)transaction.commit();
}

Result<void> SnapshotStore::Impl::make_room(uint64_t bytes) {
  const uint64_t limit = options.limit_bytes;
  const auto held = [&] { return live_bytes(database.get()) + folder_bytes(file.parent_path(), file); };
  if (limit == std::numeric_limits<uint64_t>::max() || held() + bytes <= limit) return {};
  const uint64_t wanted = bytes + limit / kEvictedShare;
  auto evicted = evict(file.parent_path(), limit - std::min(limit, wanted), {kept, file, options.notice, {}, {}});
  if (!evicted) return std::unexpected(evicted.error());
  if (held() + bytes <= limit) return {};
  return fail(
      ErrorKind::kIo,
      std::format(
          "{}: what was read fills the cache up to its limit of {} MB, so nothing more is kept; what has been read "
          "stays usable; raise the limit with `strata cache limit SIZE`",
          file.parent_path().string(), limit / 1'000'000));
}

Result<void> SnapshotStore::put(const Segment& segment, std::string_view recipe, const KvCache& kv, int first_row) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  if (!impl_->unwritable.empty()) return fail(ErrorKind::kIo, impl_->unwritable);
  sqlite3* database = impl_->database.get();
  const KvLayout& layout = impl_->identity.layout;
  const int tokens = static_cast<int>(segment.tokens.size());
  uint64_t bytes = 0;
  for (int first = 0; first < tokens; first += kPageTokens) bytes += page_bytes(layout, page_rows(tokens, first));
  if (auto room = impl_->make_room(bytes); !room) return room;
  Transaction transaction(database);
  if (!transaction.open()) return std::unexpected(impl_->error("storing what was read"));
  std::vector<std::byte> encoded;
  auto written = write_segment(database, impl_->file, segment, recipe, {impl_->repository, std::time(nullptr)}, layout,
                               [&](int first) {
                                 encode_page(kv, first_row + first, page_rows(tokens, first), encoded);
                                 return std::span<const std::byte>(encoded);
                               });
  if (!written) return std::unexpected(impl_->seen(written.error()));
  if (!transaction.commit()) return std::unexpected(impl_->error("storing what was read"));
  return {};
}

// What does not verify is never used: it goes, and the caller computes it again.
Result<void> SnapshotStore::Impl::remove(std::string_view key, std::string_view why) {
  if (!unwritable.empty()) return {};
  Statement statement(database.get(), "DELETE FROM segment WHERE key = ?");
  if (!statement.bind(key).done()) return std::unexpected(error("dropping a damaged segment"));
  options.notice(std::format("{}: {}; it was dropped and will be read again", file.string(), why));
  return {};
}

Result<std::optional<Segment>> SnapshotStore::find(std::string_view key) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  auto found = read_segment(impl_->database.get(), impl_->file, key);
  if (!found) return std::unexpected(impl_->seen(found.error()));
  if (!found->present) return std::nullopt;
  if (found->intact) return std::move(found->row.segment);
  if (auto removed = impl_->remove(key, "the stored state of " + found->row.segment.path + " is damaged"); !removed)
    return std::unexpected(removed.error());
  return std::nullopt;
}

Result<std::vector<Segment>> SnapshotStore::find_blob(std::string_view recipe, std::string_view blob_id) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Statement select(impl_->database.get(), "SELECT key FROM segment WHERE blob_oid = ? AND recipe = ?");
  select.bind(blob_id).bind(recipe);
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
  if (!impl_->unwritable.empty()) return {};
  Statement statement(impl_->database.get(), "DELETE FROM segment WHERE blob_oid = ? AND recipe = ?");
  if (!statement.bind(blob_id).bind(recipe).done())
    return std::unexpected(impl_->error("dropping what was read of a file"));
  return {};
}

Result<std::vector<std::string>> SnapshotStore::keys(std::string_view recipe) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  Statement select(impl_->database.get(), "SELECT key FROM segment WHERE recipe = ?");
  select.bind(recipe);
  std::vector<std::string> keys;
  int code;
  while ((code = select.step()) == SQLITE_ROW) keys.push_back(select.text(0));
  if (code != SQLITE_DONE) return std::unexpected(impl_->error("listing what is stored"));
  return keys;
}

Result<void> SnapshotStore::load_rows(std::string_view key, int first, int count, KvCache& kv, int to_row) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  sqlite3* database = impl_->database.get();
  const KvLayout& layout = impl_->identity.layout;
  Statement segment(database, "SELECT id, length(tokens) FROM segment WHERE key = ?");
  const int present = segment.bind(key).step();
  if (present == SQLITE_DONE)
    return fail(ErrorKind::kDamaged, impl_->file.string() + ": a piece of stored state is no longer there");
  if (present != SQLITE_ROW) return std::unexpected(impl_->error("loading stored state"));
  const int tokens = static_cast<int>(segment.integer(1) / static_cast<int64_t>(sizeof(TokenId)));
  const int64_t id = segment.integer(0);
  segment.reset();
  Statement select(database,
                   "SELECT first_token, bytes, checksum FROM page WHERE segment = ? AND first_token >= ? AND "
                   "first_token < ? ORDER BY first_token");
  int next = first / kPageTokens * kPageTokens;
  select.bind(id).bind(next).bind(first + count);
  int code;
  bool whole = true;
  while (whole && (code = select.step()) == SQLITE_ROW) {
    const auto bytes = select.blob(1);
    const int rows = page_rows(tokens, next);
    whole = select.integer(0) == next && rows > 0 && bytes.size() == page_bytes(layout, rows) &&
            page_checksum(key, next, bytes) == select.integer(2);
    if (!whole) break;
    const int begin = std::max(first, next), end = std::min(first + count, next + rows);
    decode_page(bytes, rows, begin - next, end - begin, kv, to_row + begin - first);
    next += rows;
  }
  if (whole && code != SQLITE_DONE) return std::unexpected(impl_->error("loading stored state"));
  select.reset();
  if (!whole || next < first + count) {
    if (auto removed = impl_->remove(key, "a piece of stored state is damaged"); !removed) return removed;
    return fail(ErrorKind::kDamaged,
                impl_->file.string() + ": a piece of stored state was damaged and has been dropped");
  }
  if (impl_->unwritable.empty()) {
    const WithoutWaiting quickly(database, impl_->options.wait_ms);
    Statement touch(database, "UPDATE segment SET last_used = ?1 WHERE id = ?2 AND last_used < ?1 - ?3");
    touch.bind(static_cast<int64_t>(std::time(nullptr))).bind(id).bind(kHour).step();
  }
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
  if (ranking_checksum(key, first_token, keys) == select.integer(1)) return std::vector(keys.begin(), keys.end());
  select.reset();
  if (auto removed = impl_->remove(key, "a piece of stored state is damaged"); !removed)
    return std::unexpected(removed.error());
  return fail(ErrorKind::kDamaged, impl_->file.string() + ": a piece of stored state was damaged and has been dropped");
}

Result<void> SnapshotStore::set_ranking_keys(std::string_view key, int first_token, std::span<const std::byte> keys) {
  if (auto ready = impl_->ready(); !ready) return std::unexpected(ready.error());
  if (!impl_->unwritable.empty()) return {};
  sqlite3* database = impl_->database.get();
  const WithoutWaiting quickly(database, impl_->options.wait_ms);
  Statement insert(database, "INSERT OR REPLACE INTO ranking SELECT id, ?, ?, ? FROM segment WHERE key = ?");
  insert.bind(first_token).bind(ranking_checksum(key, first_token, keys)).bind_blob(keys).bind(key).step();
  return {};
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
  if (!insert.bind(name).bind_blob(values).bind(checksum(std::as_bytes(values))).done() && impl_->unwritable.empty())
    impl_->options.notice(impl_->error("storing a constant").message);
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
