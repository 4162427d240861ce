// SPDX-License-Identifier: Apache-2.0
// The files of an index by number, for what asks about all of them, and the table of who imports whom.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "repo-indexer/database.h"
#include "repo-indexer/import_paths.h"

namespace strata::repo {

// They are numbered by path, so that answers do not depend on the order of indexing.
struct Files {
  std::vector<int64_t> ids;
  std::vector<std::string> languages;
  std::unordered_map<int64_t, int> by_id;
  std::unique_ptr<ImportPaths> imports;

  const std::string& path(int file) const { return imports->paths()[file]; }
};

Result<Files> load_files(Database& database);

// Brings import_edge up to date after files were written: of all files if the set of paths changed, else of those in
// `changed`. Inside the transaction that wrote them.
Result<void> resolve_imports(Database& database, bool paths_changed, std::span<const std::string> changed);

}  // namespace strata::repo
