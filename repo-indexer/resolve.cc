// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/resolve.h"

#include <algorithm>
#include <optional>

#include "repo-indexer/meanings.h"
#include "repo-indexer/parse.h"
#include "repo-indexer/rows.h"

namespace strata::repo {
namespace {

struct Found {
  Place place;
  Reference reference;
  int64_t around_id = 0;
};
}  // namespace

struct Resolver::Impl : Meanings {
  using Meanings::Meanings;

#define STRATA_FOUND_COLUMNS                                                                                     \
  "reference.file_id, reference.line, reference.kind, reference.name, reference.qualifier, reference.arguments," \
  " coalesce(symbol.id, 0), coalesce(symbol.qualified_name, ''), coalesce(symbol.kind, ''),"                     \
  " coalesce(symbol.first_line, 0), coalesce(symbol.last_line, 0)"                                               \
  " FROM reference LEFT JOIN symbol ON symbol.id = reference.symbol_id "

  std::optional<Found> found_of(const Row& row) {
    const auto file = files.by_id.find(row.integer(0));
    if (file == files.by_id.end()) return std::nullopt;
    Found found;
    found.around_id = row.integer(6);
    found.place = {.file = file->second,
                   .name = row.text(3),
                   .kind = row.text(2),
                   .qualifier = row.text(4),
                   .around = row.text(7),
                   .arguments = static_cast<int>(row.integer(5)),
                   .in_class = is_class(row.text(8))};
    Reference& r = found.reference;
    r.name = found.place.name;
    r.file = files.path(found.place.file);
    r.line = static_cast<int>(row.integer(1));
    r.kind = found.place.kind;
    r.enclosing = found.place.around;
    r.enclosing_first_line = static_cast<int>(row.integer(9));
    r.enclosing_last_line = static_cast<int>(row.integer(10));
    return found;
  }

  // The references that mean this symbol.
  Result<std::vector<Found>> uses_of(const Symbol& symbol) {
    forget();
    std::vector<Found> all, mine;
    query(
        "SELECT " STRATA_FOUND_COLUMNS "WHERE reference.name = ?1",
        [&](const Row& row) {
          if (auto found = found_of(row)) all.push_back(std::move(*found));
        },
        std::string_view(symbol.name));
    const auto& named = candidates(symbol.name);
    for (Found& found : all) {
      if (failed) break;
      for (const auto& [candidate, confidence] : meaning(found.place)) {
        if (named[candidate].symbol.id != symbol.id) continue;
        found.reference.confidence = confidence;
        mine.push_back(std::move(found));
        break;
      }
    }
    if (failed) return std::unexpected(error);
    std::ranges::stable_sort(mine, {}, [](const Found& f) { return std::tie(f.reference.file, f.reference.line); });
    return mine;
  }

  // The uses of one kind, with the symbols around them.
  Result<std::vector<Relation>> related_by(const Symbol& symbol, std::string_view kind) {
    auto uses = uses_of(symbol);
    if (!uses) return std::unexpected(uses.error());
    std::vector<Relation> relations;
    for (Found& use : *uses) {
      if (use.place.kind != kind) continue;
      Relation relation{.symbol = {}, .reference = std::move(use.reference)};
      relation.symbol.file = relation.reference.file;
      query(
          "SELECT " STRATA_SYMBOL_COLUMNS " FROM symbol JOIN file ON file.id = symbol.file_id WHERE symbol.id = ?1",
          [&](const Row& row) { relation.symbol = symbol_of(row); }, use.around_id);
      relations.push_back(std::move(relation));
    }
    if (failed) return std::unexpected(error);
    return relations;
  }

  Result<std::vector<Relation>> callees_of(const Symbol& symbol) {
    forget();
    std::vector<Found> calls;
    query(
        "SELECT " STRATA_FOUND_COLUMNS
        "WHERE reference.file_id = ?1 AND reference.kind = 'call' AND reference.line BETWEEN ?2 AND ?3"
        " ORDER BY reference.line, reference.id",
        [&](const Row& row) {
          if (auto found = found_of(row)) calls.push_back(std::move(*found));
        },
        symbol.file_id, symbol.first_line, symbol.last_line);
    return meant_by(calls);
  }

  Result<std::vector<Relation>> bases_of(const Symbol& symbol) {
    forget();
    std::vector<Found> bases;
    query(
        "SELECT " STRATA_FOUND_COLUMNS
        "WHERE reference.symbol_id = ?1 AND reference.kind = 'inherit' ORDER BY reference.id",
        [&](const Row& row) {
          if (auto found = found_of(row)) bases.push_back(std::move(*found));
        },
        symbol.id);
    return meant_by(bases);
  }

  // What these references, all of one file, mean.
  Result<std::vector<Relation>> meant_by(const std::vector<Found>& uses) {
    if (!uses.empty()) {
      const int file = uses[0].place.file;
      reached.emplace(file, closure(imported, file));
    }
    std::vector<Relation> relations;
    for (const Found& use : uses) {
      if (failed) break;
      const auto& all = candidates(use.place.name);
      const size_t before = relations.size();
      for (const auto& [candidate, confidence] : meaning(use.place)) {
        // Of what is declared and defined, the definition; a class stands for its constructors.
        const Candidate& c = all[candidate];
        const bool hidden = std::ranges::any_of(meaning(use.place), [&](const auto& other) {
          const Candidate& o = all[other.first];
          return (!c.symbol.definition && o.symbol.definition && same_entity(c, o)) ||
                 (c.symbol.kind == "method" && is_class(o.symbol.kind));
        });
        if (hidden) continue;
        relations.push_back({c.symbol, use.reference});
        relations.back().reference.confidence = confidence;
      }
      if (relations.size() == before) {
        relations.push_back({.symbol = {}, .reference = use.reference});
        relations.back().symbol.name = use.place.name;
      }
    }
    if (failed) return std::unexpected(error);
    return relations;
  }
};

Result<Resolver> Resolver::open(Database& database) {
  auto impl = std::make_unique<Impl>(database);
  if (auto loaded = impl->load(); !loaded) return std::unexpected(loaded.error());
  return Resolver(std::move(impl));
}

Resolver::Resolver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver& Resolver::operator=(Resolver&&) noexcept = default;
Resolver::~Resolver() = default;

Result<std::vector<Reference>> Resolver::references(const Symbol& symbol) {
  auto uses = impl_->uses_of(symbol);
  if (!uses) return std::unexpected(uses.error());
  std::vector<Reference> references;
  for (Found& use : *uses) references.push_back(std::move(use.reference));
  return references;
}

Result<std::vector<Relation>> Resolver::callers(const Symbol& symbol) { return impl_->related_by(symbol, "call"); }

Result<std::vector<Relation>> Resolver::callees(const Symbol& symbol) { return impl_->callees_of(symbol); }

Result<std::vector<Relation>> Resolver::subclasses(const Symbol& symbol) {
  return impl_->related_by(symbol, "inherit");
}

Result<std::vector<Relation>> Resolver::bases(const Symbol& symbol) { return impl_->bases_of(symbol); }

}  // namespace strata::repo
