// SPDX-License-Identifier: Apache-2.0
#include "base/write_ahead_log.h"

#include <sqlite3.h>

namespace strata {

int use_write_ahead_log(sqlite3* database) {
  constexpr int kStepMs = 10, kAttempts = 3000;
  int code = SQLITE_BUSY;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    code = sqlite3_exec(database, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (code != SQLITE_BUSY && code != SQLITE_LOCKED) break;
    sqlite3_sleep(kStepMs);
  }
  return code;
}

}  // namespace strata
