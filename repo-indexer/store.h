// SPDX-License-Identifier: Apache-2.0
// The tables of an index and how they are written. Everything known about a file hangs on its row, so it goes with it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "repo-indexer/database.h"
#include "repo-indexer/index.h"
#include "repo-indexer/parse.h"
#include "repo-indexer/passages.h"
#include "repo-indexer/walk.h"

namespace strata::repo {

// A file ready to be stored.
struct IndexedFile {
  std::string path, blob_id, language;
  FileStamp stamp;
  int lines = 0;
  ParsedFile parsed;
  std::vector<PassageRange> passages;
  std::vector<PassageTerms> terms;  // of each passage
  std::string skipped;              // why nothing of it is indexed; such a row only keeps it from being read again
  std::string remark;               // indexed, but not as it should be
};

struct KnownFile {
  int64_t id = 0;
  std::string blob_id;
  FileStamp stamp;
};

class Store {
 public:
  // A database of another schema version, or one that is damaged, is replaced; `notice` then says so.
  static Result<Store> open(const std::filesystem::path& path, std::string& notice);

  Database& database() { return database_; }

  Result<std::map<std::string, KnownFile>> known_files();
  // Between begin() and commit(). A transaction that is not committed leaves the index as it was.
  Result<void> begin() { return database_.script("BEGIN IMMEDIATE"); }
  Result<void> commit() { return database_.script("COMMIT"); }
  void rollback() { (void)database_.script("ROLLBACK"); }
  Result<void> put(const IndexedFile& file);  // replaces what was known of this path
  Result<void> touch(int64_t id, const FileStamp& stamp);
  Result<void> remove(int64_t id);

 private:
  explicit Store(Database database) : database_(std::move(database)) {}
  Database database_;
};

}  // namespace strata::repo
