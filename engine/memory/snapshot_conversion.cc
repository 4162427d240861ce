// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/snapshot_conversion.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <format>

#include "engine/memory/kv_page.h"

namespace strata::snapshot {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kRunTokens = 1024;

bool execute(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

// Nothing if somebody else has it open, or it is no database of format 2 of this model.
Database open_exclusively(const fs::path& file, const KvIdentity& identity, std::string& why_not) {
  sqlite3* opened = nullptr;
  sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  const bool mine = execute(opened,
                            "PRAGMA trusted_schema = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;"
                            "CREATE TABLE IF NOT EXISTS ranking(segment INTEGER NOT NULL, first_token INTEGER NOT NULL,"
                            " keys BLOB NOT NULL, checksum INTEGER NOT NULL, UNIQUE(segment, first_token)); COMMIT");
  if (!mine) {
    why_not = (sqlite3_errcode(opened) & 0xff) == SQLITE_BUSY
                  ? "another program has it open; it is taken over when that program has ended"
                  : std::format("it cannot be taken over ({})", sqlite3_errmsg(opened));
    return {};
  }
  const KvLayout& layout = identity.layout;
  Statement select(opened, "SELECT value FROM meta WHERE name = 'identity'");
  if (select.row() && select.text(0) == std::format("{} format 2 layers {} width {}", identity.fingerprint,
                                                    layout.layers, layout.width))
    return database;
  why_not = "it is in a format that this version cannot read; it can be deleted, and what it holds will be read again";
  return {};
}

// All rows of a segment; false if they are not what was written.
bool read_runs(sqlite3* database, const Row& row, KvCache& kv) {
  const KvLayout& layout = kv.layout();
  const int tokens = static_cast<int>(row.segment.tokens.size());
  const size_t width_bytes = static_cast<size_t>(layout.width) * sizeof(f16);
  kv.resize(tokens);
  Statement select(database, "SELECT layer, first_token, blob, checksum FROM run WHERE segment = ?");
  select.bind(row.id);
  int64_t read = 0;
  int code;
  while ((code = select.step()) == SQLITE_ROW) {
    const int layer = static_cast<int>(select.integer(0)), first = static_cast<int>(select.integer(1));
    const auto blob = select.blob(2);
    if (layer < 0 || layer >= layout.layers || first < 0 || first >= tokens || first % kRunTokens != 0) return false;
    const size_t rows = static_cast<size_t>(std::min(kRunTokens, tokens - first));
    if (blob.size() != 2 * rows * width_bytes ||
        placed_checksum(row.segment.key, layer, first, blob) != select.integer(3))
      return false;
    for (size_t i = 0; i < rows; ++i) {
      const int token = first + static_cast<int>(i);
      std::memcpy(kv.k_row(layer, token), blob.data() + i * width_bytes, width_bytes);
      std::memcpy(kv.v_row(layer, token), blob.data() + (rows + i) * width_bytes, width_bytes);
    }
    read += static_cast<int64_t>(rows);
  }
  return code == SQLITE_DONE && read == static_cast<int64_t>(tokens) * layout.layers;
}

struct Older {
  std::string key;
  int64_t last_used;
};

std::vector<Older> what_is_left(sqlite3* from, sqlite3* to) {
  std::vector<Older> left;
  Statement select(from, "SELECT key, last_used FROM segment WHERE format = 2 ORDER BY last_used DESC, id");
  Statement known(to, "SELECT 1 FROM segment WHERE key = ?");
  while (select.row()) {
    Older older{select.text(0), select.integer(1)};
    known.reset();
    if (!known.bind(older.key).row()) left.push_back(std::move(older));
  }
  return left;
}

void move_constants(sqlite3* from, sqlite3* to) {
  Statement select(from, "SELECT name, value, checksum FROM constant");
  while (select.row()) {
    Statement insert(to, "INSERT OR IGNORE INTO constant VALUES(?, ?, ?)");
    insert.bind(select.text(0)).bind_blob(select.blob(1)).bind(select.integer(2)).step();
  }
}

enum class Moved { kYes, kDamaged };
Result<Moved> move_segment(sqlite3* from, const fs::path& from_file, const Older& older, const KvLayout& layout,
                           sqlite3* to, const fs::path& to_file) {
  auto found = read_segment(from, from_file, older.key, 2);
  if (!found || !found->intact || !read_ranking(from, from_file, found->row)) return Moved::kDamaged;
  KvCache kv(layout);
  if (!read_runs(from, found->row, kv)) return Moved::kDamaged;
  Transaction transaction(to);
  if (!transaction.open()) return std::unexpected(error_of(to, to_file, "taking over what was read"));
  const Segment& segment = found->row.segment;
  std::vector<std::byte> encoded;
  auto written = write_segment(to, to_file, segment, found->row.recipe, {{}, older.last_used}, layout, [&](int first) {
    encode_page(kv, first, page_rows(static_cast<int>(segment.tokens.size()), first), encoded);
    return std::span<const std::byte>(encoded);
  });
  if (!written) return std::unexpected(written.error());
  if (!transaction.commit()) return std::unexpected(error_of(to, to_file, "taking over what was read"));
  return Moved::kYes;
}

}  // namespace

fs::path older_file(const fs::path& folder, std::string_view fingerprint) {
  return folder / std::format("{}.sqlite", fingerprint);
}

void convert_older(const fs::path& folder, const KvIdentity& identity, sqlite3* to, const fs::path& to_file,
                   const std::function<void(const std::string&)>& notice) {
  const fs::path file = older_file(folder, identity.fingerprint);
  std::error_code error;
  const uint64_t bytes = fs::file_size(file, error);
  if (error) return;
  const auto say = [&](const std::string& what) {
    notice(std::format("{} ({} MB, read by an earlier version of Strata): {}", file.string(), bytes / 1'000'000, what));
  };
  std::string why_not;
  Database from = open_exclusively(file, identity, why_not);
  if (!from) return say(why_not);
  const std::vector<Older> left = what_is_left(from.get(), to);
  // Of the rows a little more than half is left; some of it may have been taken over before.
  const uint64_t room = fs::space(folder, error).available;
  if (const uint64_t needed = bytes / 10 * 6; !left.empty() && !error && room < needed)
    return say(
        std::format("to take it over needs {} MB of free disk space, and there are {} MB; free some, or delete "
                    "it, and what it holds will be read again",
                    needed / 1'000'000, room / 1'000'000));
  // Little is done before anybody would wonder.
  if (bytes > 200'000'000)
    say("it is converted to a format of half the size, once; if that is interrupted, the next start goes on");
  size_t damaged = 0, done = 0;
  auto last_said = std::chrono::steady_clock::now();
  for (const Older& older : left) {
    auto moved = move_segment(from.get(), file, older, identity.layout, to, to_file);
    if (!moved) return say(moved.error().message + "; the rest is taken over at the next start");
    damaged += *moved == Moved::kDamaged;
    ++done;
    if (const auto now = std::chrono::steady_clock::now(); now - last_said > 10s) {
      last_said = now;
      say(std::format("{} of {} pieces are converted", done, left.size()));
    }
  }
  move_constants(from.get(), to);
  // It has to be on the disk before the other goes.
  if (sqlite3_wal_checkpoint_v2(to, nullptr, SQLITE_CHECKPOINT_FULL, nullptr, nullptr) != SQLITE_OK) return;
  say(damaged == 0 ? std::format("converted; the file in the old format is deleted")
                   : std::format("converted, and the file in the old format is deleted; {} of {} pieces were damaged "
                                 "and will be read again",
                                 damaged, left.size()));
  from.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix, error);
}

}  // namespace strata::snapshot
