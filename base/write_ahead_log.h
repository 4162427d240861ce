// SPDX-License-Identifier: Apache-2.0
// Several processes on one SQLite database.
#pragma once

struct sqlite3;

namespace strata {

// Puts the database into WAL mode and returns SQLite's result code. Two connections that change a new database's mode
// at the same time get SQLITE_BUSY at once, whatever busy handler is set (SQLite sees a deadlock coming): this tries
// again for a while.
int use_write_ahead_log(sqlite3* database);

}  // namespace strata
