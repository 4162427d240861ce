// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/ranking.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ranges>

namespace strata::repo {
namespace {

constexpr size_t kAmbiguous = 8;  // a name defined in more files than this says nothing about which one is meant
constexpr double kDamping = 0.85;
constexpr int kRounds = 30;
constexpr double kNearShare = 0.5;

struct Definition {
  int file = 0;  // position in the list of files
  int64_t symbol = 0;
};

// Languages that call one another by name; "install" in a makefile is not the function of that name in Go.
std::string_view family(std::string_view language) {
  for (const auto& [member, name] : {std::pair<std::string_view, std::string_view>{"cpp", "c"},
                                     {"cuda", "c"},
                                     {"objc", "c"},
                                     {"tsx", "javascript"},
                                     {"typescript", "javascript"},
                                     {"kotlin", "java"},
                                     {"scala", "java"}}) {
    if (member == language) return name;
  }
  return language;
}

// Of the file's rank that goes out, `weight` to the definitions of one name in one file.
struct Link {
  int to = 0;
  double weight = 0;
  int64_t symbol = 0;
};

// Long names made of words mean what they are called; "get" and "i" mean anything.
double distinctiveness(std::string_view name) {
  if (name.starts_with('_')) return 0.2;
  if (name.size() < 4) return 0.3;
  const bool words =
      name.find('_') != name.npos || std::ranges::adjacent_find(name, [](unsigned char a, unsigned char b) {
                                       return std::islower(a) && std::isupper(b);
                                     }) != name.end();
  return words && name.size() >= 8 ? 3.0 : 1.0;
}

}  // namespace

Result<Ranking> rank_symbols(Database& database, std::span<const File> files, const std::vector<std::string>& near) {
  std::unordered_map<int64_t, int> position;
  for (size_t i = 0; i < files.size(); ++i) position[files[i].id] = static_cast<int>(i);
  std::unordered_map<std::string, std::vector<Definition>> definers;
  auto done = database.query(
      "SELECT name, file_id, min(id) FROM symbol WHERE definition AND kind NOT IN ('heading', 'module', 'namespace')"
      " GROUP BY name, file_id",
      [&](const Row& row) {
        const auto file = position.find(row.integer(1));
        if (file != position.end()) definers[row.text(0)].push_back({file->second, row.integer(2)});
      });
  std::vector<std::vector<Link>> links(files.size());
  if (done) {
    done = database.query(
        // "x.update()" on an x of unknown type is hardly ever the one function "update" of the repository.
        "SELECT name, file_id, sum(CASE WHEN substr(qualifier, 1, 2) IN ('.?', '.!', '.(') THEN 0.1 ELSE 1 END)"
        " FROM reference WHERE kind <> 'import' GROUP BY name, file_id",
        [&](const Row& row) {
          const auto from = position.find(row.integer(1));
          const auto found = definers.find(row.text(0));
          if (from == position.end() || found == definers.end() || found->second.size() > kAmbiguous) return;
          if (std::ranges::contains(found->second, from->second, &Definition::file)) return;  // its own
          const std::string_view language = family(files[from->second].language);
          const auto akin = [&](const Definition& d) { return family(files[d.file].language) == language; };
          const auto count = static_cast<double>(std::ranges::count_if(found->second, akin));
          const double weight = std::sqrt(row.real(2)) * distinctiveness(found->first) / count;
          for (const Definition& d : found->second | std::views::filter(akin)) {
            links[from->second].push_back({d.file, weight, d.symbol});
          }
        });
  }
  if (!done) return std::unexpected(done.error());

  std::vector<double> start(files.size(), 0);
  const auto is_near = [&](const File& file) { return std::ranges::contains(near, file.path); };
  const auto near_files = static_cast<double>(std::ranges::count_if(files, is_near));
  for (size_t i = 0; i < files.size(); ++i) {
    start[i] = (near_files > 0 ? 1 - kNearShare : 1) / static_cast<double>(files.size());
    if (near_files > 0 && is_near(files[i])) start[i] += kNearShare / near_files;
  }
  std::vector<double> total(files.size(), 0), ranks = start, next;
  for (size_t i = 0; i < files.size(); ++i) {
    for (const Link& link : links[i]) total[i] += link.weight;
  }
  for (int round = 0; round < kRounds; ++round) {
    next.assign(files.size(), 0);
    double spread = 0;  // of files that use nothing
    for (size_t i = 0; i < files.size(); ++i) {
      if (total[i] == 0) spread += ranks[i];
      for (const Link& link : links[i]) next[link.to] += ranks[i] * link.weight / total[i];
    }
    for (size_t i = 0; i < files.size(); ++i)
      ranks[i] = (1 - kDamping) * start[i] + kDamping * (next[i] + spread * start[i]);
  }

  Ranking ranking;
  std::unordered_map<int64_t, double> symbols;
  for (size_t i = 0; i < files.size(); ++i) {
    ranking.files[files[i].id] = ranks[i];
    for (const Link& link : links[i]) symbols[link.symbol] += ranks[i] * link.weight / total[i];
  }
  for (const auto& [symbol, rank] : symbols) ranking.symbols.push_back({symbol, rank});
  std::ranges::sort(ranking.symbols, [](const SymbolRank& a, const SymbolRank& b) {
    return std::pair(-a.rank, a.symbol) < std::pair(-b.rank, b.symbol);
  });
  return ranking;
}

}  // namespace strata::repo
