// SPDX-License-Identifier: Apache-2.0
// What an index consists of; shared by the files that implement it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "repo-indexer/index.h"
#include "repo-indexer/resolve.h"
#include "repo-indexer/store.h"
#include "repo-indexer/terms.h"
#include "repo-indexer/walk.h"

namespace strata::repo {

struct Index::Impl {
  WorkTree tree;
  std::filesystem::path database_path;
  Store store;
  std::string notice;  // of opening, told by the next update
  TermMaker terms;
  std::optional<Resolver> resolver;  // of the state `resolver_version`
  int64_t resolver_version = -1;
  double parse_budget_s = kParseBudgetS;

  Database& database() { return store.database(); }

  // Another one if another process has written.
  Result<int64_t> version() {
    int64_t version = -1;
    auto done = database().query("PRAGMA data_version", [&](const Row& row) { version = row.integer(0); });
    return done ? Result<int64_t>(version) : std::unexpected(done.error());
  }

  // The resolver of the database as it is now.
  Result<Resolver*> current_resolver() {
    const auto now = version();
    if (!now) return std::unexpected(now.error());
    if (!resolver || *now != resolver_version) {
      auto opened = Resolver::open(database());
      if (!opened) return std::unexpected(opened.error());
      resolver = std::move(*opened);
      resolver_version = *now;
    }
    return &*resolver;
  }

  // All rows of a query, each made by `make`.
  template <typename Make, typename... Values>
  auto rows(std::string_view sql, Make make, const Values&... values)
      -> Result<std::vector<decltype(make(std::declval<const Row&>()))>> {
    std::vector<decltype(make(std::declval<const Row&>()))> all;
    if (auto done = database().query(sql, [&](const Row& row) { all.push_back(make(row)); }, values...); !done) {
      return std::unexpected(done.error());
    }
    return all;
  }

  Result<void> bring_up_to_date(const FoundTree& found, IndexReport& report, const Progress& progress,
                                const Cancel* cancel);
  using KnownFiles = std::map<std::string, KnownFile>;
  Result<void> write_changes(const FoundTree& found, const KnownFiles& known, IndexReport& report,
                             const Progress& progress, const Cancel* cancel);
  Result<IndexReport> stored_report();
};
}  // namespace strata::repo
