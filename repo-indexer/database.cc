// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/database.h"

#include <format>

#include "base/write_ahead_log.h"

namespace strata::repo {
namespace {

constexpr int kWaitStepMs = 20;
constexpr int kWaitLimitMs = 120'000;  // a first index of a large repository by another process

}  // namespace

std::string Row::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text ? std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

int Database::wait_for_writer(void* waiting, int attempts) {
  const Cancel* cancel = static_cast<Waiting*>(waiting)->cancel;
  if (attempts * kWaitStepMs > kWaitLimitMs || (cancel && cancel->requested())) return 0;
  sqlite3_sleep(kWaitStepMs);
  return 1;
}

Result<Database> Database::open(const std::filesystem::path& path) {
  Database database;
  database.path_ = path;
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database.connection_.reset(connection);
  if (code != SQLITE_OK) {
    return fail(ErrorKind::kIo, std::format("{}: cannot be opened: {}", path.string(), sqlite3_errstr(code)));
  }
  sqlite3_busy_handler(connection, wait_for_writer, database.waiting_.get());
  if (use_write_ahead_log(connection) != SQLITE_OK) return std::unexpected(database.error());
  if (auto done = database.script("PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
                                  "PRAGMA cache_size = -65536; PRAGMA mmap_size = 268435456;");
      !done) {
    return std::unexpected(done.error());
  }
  return database;
}

Result<void> Database::script(const char* sql) {
  if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return std::unexpected(error());
  return {};
}

Result<void> Database::copy_to(const std::filesystem::path& path) {
  sqlite3* connection = nullptr;
  const int opened = sqlite3_open(path.c_str(), &connection);
  const std::unique_ptr<sqlite3, Close> copy(connection);
  sqlite3_backup* backup =
      opened == SQLITE_OK ? sqlite3_backup_init(copy.get(), "main", connection_.get(), "main") : nullptr;
  if (backup) sqlite3_backup_step(backup, -1);
  if (!backup || sqlite3_backup_finish(backup) != SQLITE_OK) {
    return fail(ErrorKind::kIo, std::format("{}: {}", path.string(), sqlite3_errmsg(copy.get())));
  }
  return {};
}

Result<sqlite3_stmt*> Database::prepare(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return known->second.get();
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK) {
    return std::unexpected(error());
  }
  statements_[std::string(sql)].reset(statement);
  return statement;
}

Error Database::error() const {
  const std::string message = std::format("{}: {}", path_.string(), sqlite3_errmsg(connection_.get()));
  switch (sqlite3_errcode(connection_.get())) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // a table is missing or has another shape
      return {ErrorKind::kDamaged, message};
    case SQLITE_BUSY:
      if (waiting_->cancel && waiting_->cancel->requested()) return {ErrorKind::kCancelled, "cancelled"};
      return {ErrorKind::kIo, message + "; another Strata is still writing this index, try again"};
    default: return {ErrorKind::kIo, message};
  }
}

}  // namespace strata::repo
