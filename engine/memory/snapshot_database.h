// SPDX-License-Identifier: Apache-2.0
// The database of a snapshot file, as snapshot_store.cc and snapshot_care.cc share it; its tables are in
// snapshot_database.cc. Not for use outside of engine/memory.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/memory/segment.h"
#include "engine/memory/snapshot_store.h"

namespace strata::snapshot {

// Of the file: its tables and how rows are rounded. Names the file too, so that an older Strata goes on with its own.
inline constexpr int kFormat = 3;
// Of what is computed: part of every segment's key.
inline constexpr int kKeyFormat = 2;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

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
  bool done() { return step() == SQLITE_DONE; }
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
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3_stmt* get() const { return statement_.get(); }
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
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
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
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

// The sentence for what SQLite refused last. kDamaged if the database itself is broken, else kIo.
Error error_of(sqlite3* database, const std::filesystem::path& file, std::string_view doing);

enum class Access {
  kWrite,   // created if absent
  kExport,  // as kWrite, for a file that is not seen before it is complete: no write-ahead log
  kRead,
  kUnchanging,  // as kRead, where not even locks can be taken: nobody may be writing
};
// Nothing is written to a database that has its tables, so opening needs no lock.
Result<Database> open_database(const std::filesystem::path& file, Access access);
// An empty database in memory, for when the file cannot be used.
Database open_in_memory();
Result<void> write_identity(sqlite3* database, const std::filesystem::path& file, const KvIdentity& identity);
// kDamaged if this is no snapshot database, kUnsupported if it is one of another format.
Result<KvIdentity> read_identity(sqlite3* database, const std::filesystem::path& file);

// A segment as it stands in a database: what segment_checksum() covers has been checked.
struct Row {
  int64_t id = 0;
  std::string recipe;
  Segment segment;
};
// Nothing if the key is absent. `intact` tells whether the checksum holds.
struct Found {
  bool present = false, intact = false;
  Row row;
};
Result<Found> read_segment(sqlite3* database, const std::filesystem::path& file, std::string_view key,
                           int format = kFormat);

// Reads all pages of a segment; kDamaged if one is missing or does not verify.
Result<void> verify_pages(sqlite3* database, const std::filesystem::path& file, const Row& row, const KvLayout& layout);

// Adds to the spans of a segment what retrieval heads look at; kDamaged if it does not verify.
Result<void> read_ranking(sqlite3* database, const std::filesystem::path& file, Row& row);

// By whom and when something was used last; seconds since 1970.
struct Use {
  std::string repository;  // top of the work tree; empty if it has not been opened since
  int64_t time = 0;
};

// Writes a segment inside a transaction of the caller's; `page` gives the bytes of the page that begins with a token,
// valid until it is called again. Writing one that exists does nothing. Embeddings are rounded to f16.
Result<void> write_segment(sqlite3* database, const std::filesystem::path& file, const Segment& segment,
                           std::string_view recipe, const Use& use, const KvLayout& layout,
                           const std::function<std::span<const std::byte>(int first_token)>& page);

// Covers the place as well, so that a page can not pass for another.
int64_t placed_checksum(std::string_view key, int layer, int first_token, std::span<const std::byte> bytes);
inline int64_t page_checksum(std::string_view key, int first_token, std::span<const std::byte> bytes) {
  return placed_checksum(key, 0, first_token, bytes);
}
inline int64_t ranking_checksum(std::string_view key, int first_token, std::span<const std::byte> keys) {
  return placed_checksum(key, -1, first_token, keys);
}

// Rows of the page of a segment of so many tokens that begins with `first_token`.
int page_rows(int tokens, int first_token);

// Deletes segments by id, a few a transaction, so that nobody waits for long.
Result<void> delete_segments(sqlite3* database, const std::filesystem::path& file, std::span<const int64_t> ids,
                             const std::function<bool(size_t done)>& go_on = {});
// Gives free pages back to the file system, a few MB a transaction.
Result<void> shrink(sqlite3* database, const std::filesystem::path& file, const std::function<bool()>& go_on = {});
// Bytes in use, without pages that are free.
uint64_t live_bytes(sqlite3* database);

}  // namespace strata::snapshot
