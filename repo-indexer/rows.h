// SPDX-License-Identifier: Apache-2.0
// Reading symbols from rows of the database.
#pragma once

#include "repo-indexer/database.h"
#include "repo-indexer/index.h"

namespace strata::repo {

#define STRATA_SYMBOL_COLUMNS                                                                                 \
  "symbol.id, symbol.file_id, file.path, symbol.name, symbol.qualified_name, symbol.kind, symbol.signature, " \
  "symbol.doc,"                                                                                               \
  " symbol.name_line, symbol.first_line, symbol.last_line, symbol.definition"

inline constexpr int kSymbolColumns = 12;

inline Symbol symbol_of(const Row& row) {
  Symbol s;
  s.id = row.integer(0);
  s.file_id = row.integer(1);
  s.file = row.text(2);
  s.name = row.text(3);
  s.qualified_name = row.text(4);
  s.kind = row.text(5);
  s.signature = row.text(6);
  s.doc = row.text(7);
  s.name_line = static_cast<int>(row.integer(8));
  s.first_line = static_cast<int>(row.integer(9));
  s.last_line = static_cast<int>(row.integer(10));
  s.definition = row.integer(11) != 0;
  return s;
}

}  // namespace strata::repo
