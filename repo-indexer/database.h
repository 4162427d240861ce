// SPDX-License-Identifier: Apache-2.0
// SQLite with errors as values. Statements are prepared once per text and kept. One thread at a time.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/cancel.h"
#include "base/result.h"
#include "base/string_hash.h"

namespace strata::repo {

// The current row of a query; valid inside the row callback only.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }
  std::string text(int column) const;

 private:
  sqlite3_stmt* statement_;
};

class Database {
 public:
  // Creates the file if it is missing. kDamaged if the file is not a database.
  static Result<Database> open(const std::filesystem::path& path);

  // Runs one statement with `values` bound to ?1, ?2, ...; on_row(const Row&) sees each row. A statement must not be
  // run again from its own callback.
  template <typename OnRow, typename... Values>
  Result<void> query(std::string_view sql, OnRow on_row, const Values&... values) {
    auto statement = prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    [[maybe_unused]] int position = 0;
    (bind(*statement, ++position, values), ...);
    int code;
    while ((code = sqlite3_step(*statement)) == SQLITE_ROW) on_row(Row(*statement));
    auto outcome = code == SQLITE_DONE ? Result<void>{} : std::unexpected(error());
    sqlite3_reset(*statement);
    return outcome;
  }
  template <typename... Values>
  Result<void> run(std::string_view sql, const Values&... values) {
    return query(sql, [](const Row&) {}, values...);
  }
  // Several statements without values.
  Result<void> script(const char* sql);

  // Its present content as a new database, whoever else writes meanwhile.
  Result<void> copy_to(const std::filesystem::path& path);

  int64_t last_id() const { return sqlite3_last_insert_rowid(connection_.get()); }
  // While another process writes, waiting ends early when this is requested (nullptr: wait the full time).
  void set_cancel(const Cancel* cancel) { waiting_->cancel = cancel; }

 private:
  struct Waiting {
    const Cancel* cancel = nullptr;
  };
  static int wait_for_writer(void* waiting, int attempts);
  Result<sqlite3_stmt*> prepare(std::string_view sql);
  Error error() const;
  static void bind(sqlite3_stmt* s, int position, int64_t value) { sqlite3_bind_int64(s, position, value); }
  static void bind(sqlite3_stmt* s, int position, int value) { sqlite3_bind_int64(s, position, value); }
  static void bind(sqlite3_stmt* s, int position, double value) { sqlite3_bind_double(s, position, value); }
  static void bind(sqlite3_stmt* s, int position, std::string_view value) {
    sqlite3_bind_text64(s, position, value.data() ? value.data() : "", value.size(), SQLITE_STATIC, SQLITE_UTF8);
  }

  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  struct Close {
    void operator()(sqlite3* c) const { sqlite3_close(c); }
  };
  std::filesystem::path path_;
  std::unique_ptr<Waiting> waiting_ = std::make_unique<Waiting>();
  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, StringHash, std::equal_to<>>
      statements_;  // destroyed before the connection
};

}  // namespace strata::repo
