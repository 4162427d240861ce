// SPDX-License-Identifier: Apache-2.0
// Which symbol a reference means. The database holds references as the code writes them: a name and what stands before
// it (ParsedReference::qualifier). What they mean depends on every other file, so it is worked out when it is asked for
// and never stored: no edit of one file can leave something wrong about another, and only the names asked about are
// looked at.
//
// Every symbol of the name is a candidate and gets a score from what the code says, the best one wins:
//   a path or an import that names its namespace, class or module    0.93 - 0.97
//   the type of the object whose member is meant, or a base of it     0.85 - 0.93
//   the scopes around the reference, innermost first                  0.9
//   nothing but that the file is included or imported, is near        0.2 - 0.85
// A score is multiplied by 0.3 if the number of arguments does not fit. Equally good ones share the confidence, but for
// methods that override another of them, which shares as if they were not there.
// Only imports are resolved to files beforehand (indexed_files.h), because who reaches whom needs all of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/database.h"
#include "repo-indexer/index.h"

namespace strata::repo {

// Answers for one state of the database; make a new one when it has changed. One thread at a time.
class Resolver {
 public:
  static Result<Resolver> open(Database& database);
  Resolver(Resolver&&) noexcept;
  Resolver& operator=(Resolver&&) noexcept;
  ~Resolver();

  Result<std::vector<Reference>> references(const Symbol& symbol);
  Result<std::vector<Relation>> callers(const Symbol& symbol);
  Result<std::vector<Relation>> callees(const Symbol& symbol);
  Result<std::vector<Relation>> subclasses(const Symbol& symbol);
  Result<std::vector<Relation>> bases(const Symbol& symbol);

 private:
  struct Impl;
  explicit Resolver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::repo
