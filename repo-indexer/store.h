// SPDX-License-Identifier: Apache-2.0
// The tables of an index and how they are written. Everything known about a file hangs on its row, so it goes with it:
// to the shelf, where it waits for a branch switch to bring the same content back to the same path. Lookups and the
// statistics of the search never see the shelf; it holds as much as the tree does and forgets the oldest first.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "repo-indexer/database.h"
#include "repo-indexer/index.h"
#include "repo-indexer/parse.h"
#include "repo-indexer/passages.h"
#include "repo-indexer/secrets.h"
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
  std::vector<SecretRange> secrets;
  int marks = 0;
  std::string skipped;  // why nothing of it is indexed; such a row only keeps it from being read again
  std::string remark;   // indexed, but not as it should be
};

struct KnownFile {
  int64_t id = 0;
  std::string blob_id;
  FileStamp stamp;
  int marks = 0;                            // with kLooksGenerated
  std::unordered_set<std::string> shelved;  // blobs that this path had before; only these are set if id is 0
};

class Store {
 public:
  // A database whose tables have another shape, or one that is damaged, is replaced: it holds nothing that the tree
  // does not. Of one that other queries or rules have filled, every file is read anew, and the old stays in use until
  // then. `notice` says so. A missing one starts as a copy of `relative`, the index of another work tree of the same
  // repository (may be empty), so that only what differs is parsed.
  static Result<Store> open(const std::filesystem::path& path, const std::filesystem::path& relative,
                            std::string& notice);

  Database& database() { return database_; }

  Result<std::map<std::string, KnownFile>> known_files();
  // Between begin() and commit(). A transaction that is not committed leaves the index as it was.
  Result<void> begin();
  Result<void> commit();
  void rollback() { (void)database_.script("ROLLBACK"); }
  Result<void> put(const IndexedFile& file);  // replaces what was known of this path
  Result<void> touch(int64_t id, const FileStamp& stamp, int marks);
  Result<void> remove(int64_t id);  // to the shelf
  // From the shelf, in place of what is known of this path. The blob must be among KnownFile::shelved.
  Result<void> restore(const IndexedFile& file);
  // Forgets what the shelf has too much.
  Result<void> trim_shelf();

 private:
  explicit Store(Database database) : database_(std::move(database)) {}
  Result<void> erase(int64_t id);
  Result<void> add_terms(int64_t passage, const PassageTerms& terms);
  Result<void> copy(int64_t from, int64_t to, std::string_view source, std::string_view target);
  Result<void> forget(int64_t id);  // on the shelf
  Database database_;
  int64_t next_id_ = 0;  // while a transaction is open
};

}  // namespace strata::repo
