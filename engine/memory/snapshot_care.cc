// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/snapshot_care.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <format>

#include "engine/memory/kv_page.h"
#include "engine/memory/snapshot_database.h"

namespace strata {
namespace {

namespace fs = std::filesystem;
using namespace snapshot;

// What a file in the folder is, told by its name.
enum class Kind {
  kCurrent,    // a database of this format
  kOlder,      // of an older format: it is converted when its model is used next
  kDamaged,    // put aside: nobody reads it again
  kCompanion,  // -wal, -shm
  kOther,
};

Kind kind_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.ends_with("-wal") || name.ends_with("-shm")) return Kind::kCompanion;
  if (name.find(".sqlite.damaged-") != name.npos) return Kind::kDamaged;
  if (!name.ends_with(".sqlite")) return Kind::kOther;
  const std::string stem = name.substr(0, name.size() - 7);
  int format = 0;
  if (const size_t dash = stem.rfind('-'); dash != stem.npos)
    std::from_chars(stem.data() + dash + 1, stem.data() + stem.size(), format);
  return format == kFormat ? Kind::kCurrent : format < kFormat ? Kind::kOlder : Kind::kOther;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file(error)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;
}

uint64_t size_with_companions(const fs::path& file) {
  return size_of(file) + size_of(file.string() + "-wal") + size_of(file.string() + "-shm");
}

bool cancelled(const Cancel* cancel) { return cancel && cancel->requested(); }

std::unexpected<Error> stopped() { return fail(ErrorKind::kCancelled, "stopped; what is done is kept"); }

uint64_t remove_with_companions(const fs::path& file) {
  const uint64_t bytes = size_with_companions(file);
  std::error_code error;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix, error);
  return bytes - size_with_companions(file);
}

struct Candidate {
  size_t database;
  int64_t id, repository_used, last_used;
  uint64_t bytes;
};

struct Opened {
  fs::path file;
  Database database;
};

std::vector<Candidate> candidates(std::span<const Opened> databases, const BlobIds& kept) {
  std::vector<Candidate> all;
  for (size_t i = 0; i < databases.size(); ++i) {
    // What no repository has used yet stands for itself.
    Statement select(databases[i].database.get(),
                     "SELECT id, last_used, bytes, blob_oid, CASE repository WHEN '' THEN last_used ELSE "
                     "max(last_used) OVER (PARTITION BY repository) END FROM segment");
    while (select.row())
      if (!kept.contains(select.text(3)))
        all.push_back(
            {i, select.integer(0), select.integer(4), select.integer(1), static_cast<uint64_t>(select.integer(2))});
  }
  std::ranges::sort(all, {},
                    [](const Candidate& c) { return std::tuple(c.repository_used, c.database, c.last_used, c.id); });
  return all;
}

}  // namespace

uint64_t folder_bytes(const fs::path& folder, const fs::path& except) {
  uint64_t bytes = 0;
  for (const fs::path& file : files_in(folder))
    if (except.empty() || !file.string().starts_with(except.string())) bytes += size_of(file);
  return bytes;
}

uint64_t default_cache_limit(const fs::path& folder) {
  constexpr uint64_t kMost = 50'000'000'000;
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return error ? kMost : std::min(kMost, (space.available + folder_bytes(folder)) / 4);
}

Result<std::vector<SnapshotFile>> list_snapshots(const fs::path& folder) {
  std::vector<SnapshotFile> all;
  for (const fs::path& file : files_in(folder)) {
    const Kind kind = kind_of(file);
    if (kind == Kind::kCompanion || kind == Kind::kOther) continue;
    SnapshotFile& listed = all.emplace_back(SnapshotFile{file, {}, size_with_companions(file), {}, {}});
    if (kind != Kind::kCurrent) {
      listed.problem = kind == Kind::kOlder ? "of an older format; it is converted when its model is used next"
                                            : "damaged, and put aside; nothing reads it";
      continue;
    }
    auto database = open_database(file, Access::kRead);
    auto identity = database ? read_identity(database->get(), file) : std::unexpected(database.error());
    if (!identity) {
      listed.problem = identity.error().message;
      continue;
    }
    listed.identity = std::move(*identity);
    Statement select(database->get(),
                     "SELECT repository, count(*), sum(length(tokens)), max(last_used), sum(bytes) FROM segment "
                     "GROUP BY repository ORDER BY max(last_used) DESC");
    int code;
    while ((code = select.step()) == SQLITE_ROW)
      listed.repositories.push_back({select.text(0), select.integer(1),
                                     select.integer(2) / static_cast<int64_t>(sizeof(TokenId)), select.integer(3),
                                     static_cast<uint64_t>(select.integer(4))});
    if (code != SQLITE_DONE) listed.problem = error_of(database->get(), file, "listing what is stored").message;
  }
  return all;
}

Result<Freed> evict(const fs::path& folder, uint64_t target, const EvictOptions& options) {
  Freed freed;
  uint64_t fixed = 0;  // of what is no database we can open
  std::vector<Opened> databases;
  std::vector<fs::path> leftovers;
  for (const fs::path& file : files_in(folder)) {
    const Kind kind = kind_of(file);
    if (kind == Kind::kCompanion) continue;
    if (kind == Kind::kCurrent) {
      if (auto database = open_database(file, Access::kWrite)) {
        databases.push_back({file, std::move(*database)});
        continue;
      }
    }
    fixed += size_with_companions(file);
    if (kind == Kind::kOlder || kind == Kind::kDamaged) leftovers.push_back(file);
  }
  const auto used = [&] {
    uint64_t bytes = fixed;
    for (const Opened& opened : databases) bytes += live_bytes(opened.database.get());
    return bytes;
  };
  const uint64_t at_first = used();
  for (const fs::path& file : leftovers) {
    if (used() <= target) break;
    if (options.notice)
      options.notice(std::format("{} ({} MB, {}) is deleted, as the cache needs the room", file.string(),
                                 size_with_companions(file) / 1'000'000,
                                 kind_of(file) == Kind::kOlder ? "in an older format" : "damaged"));
    fixed -= remove_with_companions(file);
  }
  const std::vector<Candidate> oldest = candidates(databases, options.kept);
  const auto freed_bytes = [&](uint64_t now) { return at_first - std::min(at_first, now); };
  for (size_t next = 0; next < oldest.size();) {
    uint64_t now = used();
    if (now <= target) break;
    if (cancelled(options.cancel)) return stopped();
    if (options.progress) options.progress(freed_bytes(now), at_first - target);
    // A part of what is too much at a time, so that nobody waits for long, and the true sizes are looked at again.
    std::vector<std::vector<int64_t>> ids(databases.size());
    for (size_t taken = 0; next < oldest.size() && now > target && taken < 256; ++next, ++taken) {
      ids[oldest[next].database].push_back(oldest[next].id);
      now -= std::min(now, oldest[next].bytes);
    }
    for (size_t i = 0; i < databases.size(); ++i) {
      if (auto gone = delete_segments(databases[i].database.get(), databases[i].file, ids[i]); !gone)
        return std::unexpected(gone.error());
      freed.segments += std::ssize(ids[i]);
    }
  }
  for (const Opened& opened : databases) {
    if (opened.file == options.growing) continue;
    if (auto shrunk = shrink(opened.database.get(), opened.file, [&] { return !cancelled(options.cancel); }); !shrunk)
      return std::unexpected(shrunk.error());
  }
  freed.bytes = freed_bytes(used());
  return freed;
}

Result<Freed> clear_snapshots(const fs::path& file, const std::optional<std::string>& repository,
                              const CareProgress& progress, const Cancel* cancel) {
  auto database = open_database(file, Access::kWrite);
  if (!database) return std::unexpected(database.error());
  std::vector<int64_t> ids;
  Statement select(database->get(), "SELECT id, repository FROM segment");
  int code;
  while ((code = select.step()) == SQLITE_ROW)
    if (!repository || select.text(1) == *repository) ids.push_back(select.integer(0));
  if (code != SQLITE_DONE) return std::unexpected(error_of(database->get(), file, "listing what is stored"));
  select.reset();
  const uint64_t before = size_with_companions(file);
  auto gone = delete_segments(database->get(), file, ids, [&](size_t done) {
    if (progress) progress(done, ids.size());
    return !cancelled(cancel);
  });
  if (gone) gone = shrink(database->get(), file, [&] { return !cancelled(cancel); });
  if (!gone) return std::unexpected(gone.error());
  return Freed{std::ssize(ids), before - std::min(before, size_with_companions(file))};
}

Result<Freed> clear_leftovers(const fs::path& folder) {
  auto listed = list_snapshots(folder);
  if (!listed) return std::unexpected(listed.error());
  Freed freed;
  for (const SnapshotFile& file : *listed)
    if (kind_of(file.file) == Kind::kOlder || kind_of(file.file) == Kind::kDamaged)
      freed.bytes += remove_with_companions(file.file);
  return freed;
}

namespace {

struct Listed {
  std::string key;
  uint64_t bytes;
};

Result<std::vector<Listed>> keys_of(sqlite3* database, const fs::path& file) {
  std::vector<Listed> keys;
  Statement select(database, "SELECT key, bytes FROM segment ORDER BY id");
  int code;
  while ((code = select.step()) == SQLITE_ROW)
    keys.push_back({select.text(0), static_cast<uint64_t>(select.integer(1))});
  if (code != SQLITE_DONE) return std::unexpected(error_of(database, file, "listing what is stored"));
  return keys;
}

// The damage is the database's own, not a row's.
bool broken(sqlite3* database) {
  const int code = sqlite3_errcode(database) & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

// Copies one segment, verified on the way; false if it was there already.
Result<bool> copy_segment(sqlite3* from, const fs::path& from_file, sqlite3* to, const fs::path& to_file, Row& row,
                          const KvLayout& layout) {
  Statement known(to, "SELECT 1 FROM segment WHERE key = ?");
  if (known.bind(row.segment.key).row()) return false;
  known.reset();
  if (auto ranking = read_ranking(from, from_file, row); !ranking) return std::unexpected(ranking.error());
  Transaction transaction(to);
  if (!transaction.open()) return std::unexpected(error_of(to, to_file, "storing what was read"));
  Statement page(from, "SELECT bytes, checksum FROM page WHERE segment = ? AND first_token = ?");
  const int tokens = static_cast<int>(row.segment.tokens.size());
  bool whole = true;
  auto written = write_segment(to, to_file, row.segment, row.recipe, {{}, std::time(nullptr)}, layout, [&](int first) {
    page.reset();
    page.bind(row.id).bind(first).row();
    const auto bytes = page.blob(0);
    whole = whole && bytes.size() == page_bytes(layout, page_rows(tokens, first)) &&
            page_checksum(row.segment.key, first, bytes) == page.integer(1);
    return bytes;
  });
  if (!whole)
    return fail(ErrorKind::kDamaged,
                std::format("{}: the stored state of {} is damaged", from_file.string(), row.segment.path));
  if (!written) return std::unexpected(written.error());
  if (!transaction.commit()) return std::unexpected(error_of(to, to_file, "storing what was read"));
  return true;
}

Result<Transferred> copy(sqlite3* from, const fs::path& from_file, sqlite3* to, const fs::path& to_file,
                         const KvLayout& layout, const std::function<bool(const Row&)>& wanted,
                         const CareProgress& progress, const Cancel* cancel) {
  auto keys = keys_of(from, from_file);
  if (!keys) return std::unexpected(keys.error());
  uint64_t total = 0, done = 0;
  for (const Listed& listed : *keys) total += listed.bytes;
  Transferred transferred;
  for (const Listed& listed : *keys) {
    if (cancelled(cancel)) return stopped();
    if (progress) progress(done, total);
    done += listed.bytes;
    auto found = read_segment(from, from_file, listed.key);
    if (!found) return std::unexpected(found.error());
    if (!found->present || !wanted(found->row)) continue;
    Result<bool> copied = false;
    if (found->intact) copied = copy_segment(from, from_file, to, to_file, found->row, layout);
    if (!found->intact || (!copied && copied.error().kind == ErrorKind::kDamaged && !broken(from) && !broken(to))) {
      ++transferred.damaged;
      continue;
    }
    if (!copied) return std::unexpected(copied.error());
    ++(*copied ? transferred.segments : transferred.present);
    if (*copied) transferred.tokens += std::ssize(found->row.segment.tokens);
  }
  return transferred;
}

}  // namespace

Result<Verified> verify_snapshots(const fs::path& file, const CareProgress& progress, const Cancel* cancel) {
  auto database = open_database(file, Access::kWrite);
  auto identity = database ? read_identity(database->get(), file) : std::unexpected(database.error());
  auto keys = identity ? keys_of(database->get(), file) : std::unexpected(identity.error());
  if (!keys) return std::unexpected(keys.error());
  uint64_t total = 0;
  for (const Listed& listed : *keys) total += listed.bytes;
  Verified verified;
  std::vector<int64_t> damaged;
  for (const Listed& listed : *keys) {
    if (cancelled(cancel)) return stopped();
    if (progress) progress(verified.bytes, total);
    auto found = read_segment(database->get(), file, listed.key);
    if (!found) return std::unexpected(found.error());
    if (!found->present) continue;  // evicted meanwhile
    ++verified.segments;
    verified.bytes += listed.bytes;
    Result<void> whole = fail(ErrorKind::kDamaged, "its tokens or spans are not what was written");
    if (found->intact) whole = read_ranking(database->get(), file, found->row);
    if (whole) whole = verify_pages(database->get(), file, found->row, identity->layout);
    if (whole) continue;
    if (whole.error().kind != ErrorKind::kDamaged || broken(database->get())) return std::unexpected(whole.error());
    ++verified.damaged;
    verified.damaged_paths.push_back(found->row.segment.path);
    if (auto gone = delete_segments(database->get(), file, {&found->row.id, 1}); !gone)
      return std::unexpected(gone.error());
  }
  return verified;
}

Result<Transferred> export_snapshots(const fs::path& file, const std::vector<RecipeAndBlob>& wanted, const fs::path& to,
                                     const CareProgress& progress, const Cancel* cancel) {
  auto from = open_database(file, Access::kRead);
  auto identity = from ? read_identity(from->get(), file) : std::unexpected(from.error());
  if (!identity) return std::unexpected(identity.error());
  std::unordered_set<std::string> chosen;
  for (const RecipeAndBlob& pair : wanted) chosen.insert(pair.recipe + ' ' + pair.blob_id);
  const fs::path part = to.string() + ".part";
  std::error_code error;
  if (fs::exists(to, error))
    return fail(ErrorKind::kInvalid, to.string() + ": this file exists; delete it, or choose another name");
  fs::remove(part, error);  // of an export that was killed
  Result<Transferred> transferred;
  {
    auto target = open_database(part, Access::kExport);
    if (!target) return std::unexpected(target.error());
    if (auto written = write_identity(target->get(), part, *identity); !written)
      return std::unexpected(written.error());
    transferred = copy(
        from->get(), file, target->get(), part, identity->layout,
        [&](const Row& row) { return chosen.contains(row.recipe + ' ' + row.segment.blob_id); }, progress, cancel);
  }
  if (transferred && transferred->segments == 0)
    transferred = fail(ErrorKind::kNotFound, "nothing of this repository has been read by " + identity->model + " yet");
  if (transferred) {
    fs::rename(part, to, error);
    if (!error) return transferred;
    transferred = fail(ErrorKind::kIo, to.string() + ": cannot be written: " + error.message());
  }
  fs::remove(part, error);
  return transferred;
}

Result<Transferred> import_snapshots(const fs::path& from, const fs::path& folder, const KvIdentity& expected,
                                     uint64_t limit_bytes, const CareProgress& progress, const Cancel* cancel) {
  std::error_code error;
  if (!fs::is_regular_file(from, error)) return fail(ErrorKind::kNotFound, from.string() + ": there is no such file");
  auto source = open_database(from, Access::kRead);
  auto identity = source ? read_identity(source->get(), from) : std::unexpected(source.error());
  if (!identity) return std::unexpected(identity.error());
  if (identity->fingerprint != expected.fingerprint || identity->layout != expected.layout)
    return fail(
        ErrorKind::kUnsupported,
        std::format("{}: read by the model {} ({}), which is not {} ({}); state of one model is of no use to "
                    "another, so nothing was imported",
                    from.string(), identity->model, identity->fingerprint, expected.model, expected.fingerprint));
  const uint64_t bytes = size_of(from);
  if (bytes > limit_bytes)
    return fail(ErrorKind::kUnsupported,
                std::format("{}: {} MB, and the cache is limited to {} MB, so nothing was imported; raise the limit "
                            "with `strata cache limit SIZE`",
                            from.string(), bytes / 1'000'000, limit_bytes / 1'000'000));
  if (auto evicted = evict(folder, limit_bytes - bytes, {{}, {}, {}, {}, cancel}); !evicted)
    return std::unexpected(evicted.error());
  // Makes the database if there is none.
  if (auto store = SnapshotStore::open(folder, expected); !store) return std::unexpected(store.error());
  const fs::path file = SnapshotStore::file_of(folder, expected.fingerprint);
  auto target = open_database(file, Access::kWrite);
  if (!target) return std::unexpected(target.error());
  return copy(
      source->get(), from, target->get(), file, identity->layout, [](const Row&) { return true; }, progress, cancel);
}

}  // namespace strata
