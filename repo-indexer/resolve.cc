// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/resolve.h"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "repo-indexer/import_paths.h"
#include "repo-indexer/language.h"
#include "repo-indexer/names.h"
#include "repo-indexer/parse.h"
#include "repo-indexer/rows.h"

namespace strata::repo {
namespace {

constexpr double kSame = 1e-6;          // scores this near are equal
constexpr double kMisfit = 0.3;         // of a score where the number of arguments does not fit
constexpr double kDepth = 0.001;        // what an inner scope is better than an outer one
constexpr double kUnknownObject = 0.4;  // a member of something whose type is not known
constexpr int kMaxAncestors = 64;

// The files of the index. They are numbered by path, so that answers do not depend on the order of indexing.
struct Files {
  std::vector<int64_t> ids;
  std::vector<std::string> languages;
  std::unordered_map<int64_t, int> by_id;
  std::unique_ptr<ImportPaths> imports;

  const std::string& path(int file) const { return imports->paths()[file]; }
};

Result<Files> load_files(Database& database) {
  Files files;
  std::vector<std::string> paths;
  auto done =
      database.query("SELECT id, path, language FROM file WHERE skipped = '' ORDER BY path", [&](const Row& row) {
        files.by_id.emplace(row.integer(0), static_cast<int>(paths.size()));
        files.ids.push_back(row.integer(0));
        paths.push_back(row.text(1));
        files.languages.push_back(row.text(2));
      });
  if (!done) return std::unexpected(done.error());
  files.imports = std::make_unique<ImportPaths>(std::move(paths));
  return files;
}

std::string_view folder_of(std::string_view path) {
  return path.substr(0, path.rfind('/') == path.npos ? 0 : path.rfind('/'));
}

bool is_type(std::string_view kind) { return is_class(kind) || kind == "namespace" || kind == "module"; }

// The names of `import`, `call`, ... agree with what can be meant by them.
bool kinds_agree(std::string_view reference, std::string_view symbol) {
  if (symbol == "heading" || symbol == "key" || symbol == "element" || symbol == "selector") return false;
  if (reference == "call") return symbol != "namespace" && symbol != "module" && symbol != "trait";
  if (reference == "type" || reference == "inherit") return is_type(symbol) || symbol == "macro";
  return true;
}

// Do the parts of `whole` end with those of `tail`?
bool ends_with(const std::vector<std::string_view>& whole, const std::vector<std::string_view>& tail) {
  return tail.size() <= whole.size() && std::equal(tail.rbegin(), tail.rend(), whole.rbegin());
}

bool starts_with(const std::vector<std::string_view>& whole, const std::vector<std::string_view>& head) {
  return head.size() <= whole.size() && std::equal(head.begin(), head.end(), whole.begin());
}

struct Candidate {
  Symbol symbol;
  int file = 0;
  std::string_view family;
  std::vector<std::string> owner;  // the parts of the qualified name before the name
  bool member = false;             // of a class: not visible without an object or a class around
  std::pair<int, int> parameters;

  std::vector<std::string_view> owner_parts() const { return {owner.begin(), owner.end()}; }
};

struct Place {  // all that matters of a reference for what it means
  int file = 0;
  std::string name, kind, qualifier, around;  // around: the qualified name of the symbol it stands in
  int arguments = -1;
  bool in_class = false;  // `around` is a class, not one of its methods

  auto operator<=>(const Place&) const = default;
};

struct Found {
  Place place;
  Reference reference;
  int64_t around_id = 0;
};

// The same function or class, declared here and defined there.
bool same_entity(const Candidate& a, const Candidate& b) {
  if (a.symbol.id == b.symbol.id) return true;
  if (a.family != b.family || a.symbol.qualified_name != b.symbol.qualified_name) return false;
  if (is_function(a.symbol.kind) != is_function(b.symbol.kind)) return false;
  const bool alias = a.symbol.kind == "type" || b.symbol.kind == "type";  // typedef struct x x;
  if (a.symbol.definition && b.symbol.definition && !(alias && is_class(a.symbol.kind) && is_class(b.symbol.kind))) {
    return false;
  }
  return a.parameters.second == b.parameters.second || !is_function(a.symbol.kind);
}

}  // namespace

Result<void> resolve_imports(Database& database, bool paths_changed, std::span<const std::string> changed) {
  auto files = load_files(database);
  if (!files) return std::unexpected(files.error());
  const auto resolve = [&](int only) -> Result<void> {
    struct Edge {
      int64_t reference, file;
      std::vector<int> targets;
    };
    std::vector<Edge> edges;
    const int64_t id = only < 0 ? 0 : files->ids[only];
    auto read = database.query(
        only < 0 ? "SELECT id, file_id, name, qualifier FROM reference WHERE kind = 'import' AND ?1 = 0"
                 : "SELECT id, file_id, name, qualifier FROM reference WHERE kind = 'import' AND file_id = ?1",
        [&](const Row& row) {
          const auto from = files->by_id.find(row.integer(1));
          if (from == files->by_id.end()) return;
          auto targets = files->imports->find(files->languages[from->second], from->second, row.text(2), row.text(3));
          if (!targets.empty()) edges.push_back({row.integer(0), row.integer(1), std::move(targets)});
        },
        id);
    if (!read) return read;
    if (auto done = database.run(
            only < 0 ? "DELETE FROM import_edge WHERE ?1 = 0" : "DELETE FROM import_edge WHERE file_id = ?1", id);
        !done) {
      return done;
    }
    for (const Edge& edge : edges) {
      for (const int target : edge.targets) {
        if (auto done = database.run("INSERT INTO import_edge(reference_id, file_id, target_id) VALUES(?1, ?2, ?3)",
                                     edge.reference, edge.file, files->ids[target]);
            !done) {
          return done;
        }
      }
    }
    return {};
  };
  if (paths_changed) return resolve(-1);
  for (const std::string& path : changed) {
    const auto& paths = files->imports->paths();
    const auto at = std::ranges::lower_bound(paths, path);
    if (at == paths.end() || *at != path) continue;
    if (auto done = resolve(static_cast<int>(at - paths.begin())); !done) return done;
  }
  return {};
}

struct Resolver::Impl {
  explicit Impl(Database& d) : database(d) {}

  Database& database;
  Files files;
  std::vector<std::vector<int>> imported, importing;  // by file
  Error error;                                        // of a look-up in the middle of scoring; ends the question
  bool failed = false;
  // Memories of one question.
  std::map<std::string, std::vector<Candidate>, std::less<>> by_name;
  std::map<std::string, std::set<std::string>, std::less<>> ancestors_of;
  std::unordered_map<int, std::unordered_set<int>> reached, reaching;
  std::map<std::pair<int, std::string>, std::vector<int>> found_paths;
  std::map<Place, std::vector<std::pair<int, double>>> meanings;

  Result<void> load() {
    auto loaded = load_files(database);
    if (!loaded) return std::unexpected(loaded.error());
    files = std::move(*loaded);
    imported.resize(files.ids.size());
    importing.resize(files.ids.size());
    return database.query("SELECT DISTINCT file_id, target_id FROM import_edge", [&](const Row& row) {
      const auto from = files.by_id.find(row.integer(0)), to = files.by_id.find(row.integer(1));
      if (from == files.by_id.end() || to == files.by_id.end()) return;
      imported[from->second].push_back(to->second);
      importing[to->second].push_back(from->second);
    });
  }

  void forget() {
    by_name.clear();
    ancestors_of.clear();
    found_paths.clear();
    meanings.clear();
    reached.clear();
    reaching.clear();
    failed = false;
  }

  template <typename... Values>
  void query(std::string_view sql, auto on_row, const Values&... values) {
    if (failed) return;
    if (auto done = database.query(sql, on_row, values...); !done) {
      failed = true;
      error = done.error();
    }
  }

  const std::vector<Candidate>& candidates(std::string_view name) {
    if (const auto known = by_name.find(name); known != by_name.end()) return known->second;
    std::vector<Candidate> all;
    query(
        "SELECT " STRATA_SYMBOL_COLUMNS
        ", coalesce(parent.kind, '') FROM symbol JOIN file ON file.id = symbol.file_id"
        " LEFT JOIN symbol AS parent ON parent.id = symbol.parent_id"
        " WHERE symbol.name = ?1 COLLATE NOCASE AND symbol.name = ?1 ORDER BY file.path, symbol.id",
        [&](const Row& row) {
          Candidate c;
          c.symbol = symbol_of(row);
          const auto file = files.by_id.find(c.symbol.file_id);
          if (file == files.by_id.end()) return;
          c.file = file->second;
          c.family = scoping_of(files.languages[c.file]).family;
          auto parts = split_path(c.symbol.qualified_name);
          const auto own = split_path(c.symbol.name).size();
          parts.resize(parts.size() - std::min(parts.size(), own));
          c.owner.assign(parts.begin(), parts.end());
          c.member = c.symbol.kind == "method" || ((c.symbol.kind == "variable" || c.symbol.kind == "constant") &&
                                                   is_class(row.text(kSymbolColumns)));
          c.parameters = is_function(c.symbol.kind) || c.symbol.kind == "macro"
                             ? parameter_count(c.symbol.signature, c.symbol.name)
                             : std::pair(0, kManyArguments);
          all.push_back(std::move(c));
        },
        name);
    return by_name.emplace(std::string(name), std::move(all)).first->second;
  }

  // The names of all classes above the classes of this name.
  const std::set<std::string>& ancestors(std::string_view name, std::string_view family) {
    if (const auto known = ancestors_of.find(name); known != ancestors_of.end()) return known->second;
    std::set<std::string> above;
    std::vector<std::string> next = {std::string(name)};
    while (!next.empty() && above.size() < kMaxAncestors) {
      const std::string at = std::move(next.back());
      next.pop_back();
      std::vector<std::pair<int64_t, int64_t>> classes;
      for (const Candidate& c : candidates(at)) {
        if (c.family == family && is_class(c.symbol.kind)) classes.emplace_back(c.symbol.file_id, c.symbol.id);
      }
      for (const auto& [file, symbol] : classes) {
        query(
            "SELECT name FROM reference WHERE file_id = ?1 AND symbol_id = ?2 AND kind = 'inherit'",
            [&](const Row& row) {
              if (std::string base = row.text(0); base != name && above.insert(base).second) next.push_back(base);
            },
            file, symbol);
      }
    }
    return ancestors_of.emplace(std::string(name), std::move(above)).first->second;
  }

  static std::unordered_set<int> closure(const std::vector<std::vector<int>>& edges, int start) {
    std::unordered_set<int> seen = {start};
    std::vector<int> next = {start};
    while (!next.empty()) {
      const int at = next.back();
      next.pop_back();
      for (const int to : edges[at]) {
        if (seen.insert(to).second) next.push_back(to);
      }
    }
    return seen;
  }

  // Does `from` import `to`, directly or through others?
  bool reaches(int from, int to) {
    if (const auto known = reached.find(from); known != reached.end()) return known->second.contains(to);
    auto known = reaching.find(to);
    if (known == reaching.end()) known = reaching.emplace(to, closure(importing, to)).first;
    return known->second.contains(from);
  }

  const std::vector<int>& files_of_path(int from, const std::string& path) {
    const auto [at, added] = found_paths.try_emplace({from, path});
    if (added) at->second = files.imports->find(files.languages[from], from, path, "");
    return at->second;
  }

  // The type of a variable that another file may have declared: a member of the class around, or a global.
  std::string type_of_name(const Place& place, const std::string& name, std::string_view family) {
    std::string best;
    std::set<std::string> anywhere;  // of members of that name in any class
    const auto around = split_path(place.around);
    for (const Candidate& c : candidates(name)) {
      if (c.family != family) continue;
      if (is_class(c.symbol.kind)) {
        if (best.empty()) best = name;
        continue;
      }
      if (c.symbol.kind != "variable" && c.symbol.kind != "constant") continue;
      const std::string type = type_in_signature(c.symbol.signature, c.symbol.name);
      if (type.empty()) continue;
      if (!c.owner.empty() && c.member) {
        const auto owner = c.owner_parts();
        const bool own = std::ranges::find(around, owner.back()) != around.end();
        if (own || is_ancestor_of_any(owner.back(), around, family)) return type;
        anywhere.insert(type);
      } else if (c.file == place.file) {
        best = type;
      }
    }
    return best.empty() && anywhere.size() == 1 ? *anywhere.begin() : best;
  }

  bool is_ancestor_of_any(std::string_view base, const std::vector<std::string_view>& classes,
                          std::string_view family) {
    return std::ranges::any_of(
        classes, [&](std::string_view name) { return ancestors(name, family).contains(std::string(base)); });
  }

  // What a function returns or a class makes.
  std::string type_made_by(const std::string& callee, std::string_view family) {
    const auto parts = split_path(callee);
    if (parts.empty()) return {};
    for (const Candidate& c : candidates(parts.back())) {
      if (c.family != family) continue;
      if (is_class(c.symbol.kind)) return c.symbol.name;
      if (!is_function(c.symbol.kind)) continue;
      if (const std::string type = type_in_signature(c.symbol.signature, c.symbol.name); !type.empty()) {
        if ((type == "Self" || type == "self") && !c.owner.empty()) return c.owner.back();
        return type;
      }
    }
    if (parts.size() > 1 && (parts.back() == "new" || parts.back() == "create" || parts.back() == "instance")) {
      return std::string(parts[parts.size() - 2]);
    }
    return {};
  }

  // Of several classes of this name, is it that of `c` which the name means here?
  bool is_meant(const Place& place, const std::string& type, const Candidate& c) {
    const Place name{.file = place.file, .name = type, .kind = "type", .qualifier = "", .around = place.around};
    const auto& meant = meaning(name);
    if (meant.empty()) return true;
    const auto& classes = candidates(type);
    return std::ranges::any_of(meant, [&](const auto& one) {
      const Candidate& t = classes[one.first];
      return t.symbol.kind == "type" ||
             (t.owner.size() + 1 == c.owner.size() && std::equal(t.owner.begin(), t.owner.end(), c.owner.begin()));
    });
  }

  // How well `c` fits a member of an object of this type; the type is not in the repository: not at all.
  double score_member(const Place& place, const Candidate& c, std::string type, std::string_view family) {
    for (int aliases = 0; aliases < 4; ++aliases) {
      const auto parts = split_path(type);
      if (parts.empty() || c.owner.empty()) return 0;
      const std::string last(parts.back());
      if (last == c.owner.back()) return parts.size() > 1 || is_meant(place, last, c) ? 0.93 : 0;
      const Candidate* alias = nullptr;
      bool known = false;
      for (const Candidate& t : candidates(last)) {
        if (t.family != family || !is_class(t.symbol.kind)) continue;
        known = true;
        if (t.symbol.kind == "type") alias = &t;
      }
      if (!known) return last.size() == 1 ? kUnknownObject : 0;  // T is anything, std::vector is not ours
      if (ancestors(last, family).contains(c.owner.back())) return 0.9;
      if (ancestors(c.owner.back(), family).contains(last)) return 0.5;  // overrides what is called
      if (!alias) return 0;
      const std::string& signature = alias->symbol.signature;
      const size_t equals = signature.find('=');
      std::string target =
          equals != signature.npos ? plain_type(signature.substr(equals + 1)) : type_in_signature(signature, last);
      if (target.empty() || target == type) return 0;
      type = std::move(target);
    }
    return 0;
  }

  double score_unknown_object(const Place& place, const Candidate& c) {
    if (!c.member) return 0;
    // Far more objects of the standard library have one of these than of any repository.
    static const std::set<std::string_view> kEverywhere = {
        "size",   "begin",  "end",     "empty", "data",  "clear",  "find",    "insert",   "erase",     "get",   "reset",
        "str",    "c_str",  "front",   "back",  "push",  "pop",    "append",  "add",      "remove",    "items", "keys",
        "values", "copy",   "update",  "join",  "split", "strip",  "format",  "read",     "write",     "close", "count",
        "index",  "length", "replace", "next",  "map",   "filter", "forEach", "toString", "push_back", "sort",  "swap"};
    if (kEverywhere.contains(c.symbol.name)) return kUnknownObject / 2;
    if (c.file == place.file) return kUnknownObject + 0.1;
    if (reaches(place.file, c.file)) return kUnknownObject + 0.05;
    return kUnknownObject - 0.1;
  }

  double score_path(const Place& place, const Candidate& c, const Scoping& scoping) {
    const auto path = split_path(place.qualifier);
    const auto owner = c.owner_parts();
    // The part of the path that names a file, and what it says of the scopes inside.
    std::string_view head = place.qualifier;
    for (size_t inside = 0; inside <= std::min<size_t>(path.size(), 2); ++inside) {
      const auto& in = files_of_path(place.file, std::string(head));
      const std::vector<std::string_view> rest(path.end() - static_cast<ptrdiff_t>(inside), path.end());
      if (!in.empty() && (rest == owner || (scoping.family == "rust" && ends_with(owner, rest)))) {
        if (std::ranges::find(in, c.file) != in.end()) return 0.97;
        // Imported there from elsewhere.
        if (scoping.only_imported && std::ranges::any_of(in, [&](int file) { return reaches(file, c.file); }))
          return 0.75;
      }
      const size_t cut = head.find_last_of(".:/\\");
      if (cut == head.npos) break;
      head = head.substr(0, cut);
      while (!head.empty() && head.back() == ':') head.remove_suffix(1);
    }
    const bool reachable = c.file == place.file || reaches(place.file, c.file);
    if (path.empty()) return 0;  // from . import name
    const double nearness = reachable ? 0.02 : 0;
    if (!owner.empty() && (ends_with(owner, path) || ends_with(path, owner))) return 0.9 + nearness;
    if (!owner.empty() && c.member) return ancestors(path.back(), c.family).contains(c.owner.back()) ? 0.85 : 0;
    if (owner.empty() && scoping.only_imported) {
      std::string_view file = files.path(c.file);
      const std::string_view folder = folder_of(file);
      file.remove_prefix(folder.empty() ? 0 : folder.size() + 1);
      const bool module = file.substr(0, file.find('.')) == path.back();
      const bool package = !split_path(folder).empty() && split_path(folder).back() == path.back();
      if (scoping.family == "python" || scoping.family == "javascript") return 0;  // those files were found above
      return module ? 0.85 : package ? 0.8 : 0;
    }
    return 0;
  }

  double score_plain(const Place& place, const Candidate& c, const Scoping& scoping) {
    const auto around = split_path(place.around);
    const auto owner = c.owner_parts();
    const bool same_file = c.file == place.file;
    const bool enclosing = starts_with(around, owner);
    const auto depth = kDepth * static_cast<double>(owner.size());
    if (c.member) {
      const bool reach = scoping.implicit_members || place.in_class || place.kind == "use";
      if (!owner.empty() && reach) {
        if (enclosing) return 0.92 + depth;
        if (scoping.implicit_members && is_ancestor_of_any(owner.back(), around, c.family)) return 0.9;
        // An out-of-line method: the class is named without its namespace.
        if (scoping.implicit_members && std::ranges::find(around, owner.back()) != around.end()) return 0.91;
      }
      return 0;
    }
    if (is_function(c.symbol.kind) && !owner.empty() && !enclosing && scoping.only_imported) return 0;
    const double scope = enclosing ? depth : 0;
    if (!enclosing && !owner.empty() && scoping.family != "c" && !scoping.only_imported) {
      return same_file ? 0.7 : reaches(place.file, c.file) ? 0.6 : 0.4;
    }
    if (!enclosing && !owner.empty()) {  // made visible by a using directive, or found through its arguments
      if (is_ancestor_of_any(owner.back(), around, c.family)) return 0.85;
      if (scoping.family == "c") return same_file ? 0.7 : reaches(place.file, c.file) ? 0.6 : 0.2;
      return same_file ? 0.4 : 0;
    }
    if (same_file) return 0.9 + scope;
    const bool near = folder_of(files.path(c.file)) == folder_of(files.path(place.file));
    if (scoping.by_folder && near) return 0.88 + scope;
    if (scoping.only_imported) {
      // `from x import *`; a name that is imported by itself has a path.
      const auto& direct = imported[place.file];
      return std::ranges::find(direct, c.file) != direct.end() && scoping.family != "javascript" ? 0.3 + scope : 0;
    }
    if (reaches(place.file, c.file)) return 0.87 + scope;
    // What is not included is not known in C, but for functions that are declared where they are called.
    if (scoping.family == "c" && !is_function(c.symbol.kind)) return 0.2 + scope;
    return (near ? 0.5 : scoping.family == "c" ? 0.3 : 0.4) + scope;
  }

  double score(const Place& place, const Candidate& c) {
    const Scoping& scoping = scoping_of(files.languages[place.file]);
    if (c.family != scoping.family || !kinds_agree(place.kind, c.symbol.kind)) return 0;
    const std::string& q = place.qualifier;
    double value = 0;
    if (q.empty()) {
      value = score_plain(place, c, scoping);
    } else if (!q.starts_with('>')) {
      value = score_path(place, c, scoping);
    } else if (q.starts_with(">^")) {
      const auto parts = split_path(q.substr(2));
      value =
          !parts.empty() && !c.owner.empty() && ancestors(parts.back(), c.family).contains(c.owner.back()) ? 0.9 : 0;
    } else if (q.starts_with(">()") || q.starts_with(">?")) {
      const bool made = q.starts_with(">()");
      const std::string what = q.substr(made ? 3 : 2);
      std::string type;
      if (!what.empty()) type = made ? type_made_by(what, c.family) : type_of_name(place, what, c.family);
      value = type.empty() ? score_unknown_object(place, c) : score_member(place, c, type, c.family);
    } else if (q == ">") {
      value = score_unknown_object(place, c);
    } else if (q != ">!") {
      value = score_member(place, c, q.substr(1), c.family);
    }
    if (place.arguments >= 0 && is_function(c.symbol.kind) &&
        (place.arguments < c.parameters.first || place.arguments > c.parameters.second)) {
      value *= kMisfit;
    }
    return value;
  }

  // What a reference means: candidates by their number, with the confidence.
  const std::vector<std::pair<int, double>>& meaning(const Place& place) {
    const auto [at, added] = meanings.try_emplace(place);
    if (!added) return at->second;
    const auto& all = candidates(place.name);
    double best = 0;
    std::vector<double> scores;
    for (const Candidate& c : all) {
      scores.push_back(score(place, c));
      best = std::max(best, scores.back());
    }
    if (best <= 0) return at->second;
    std::vector<int> winners;
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      if (scores[i] > best - kSame) winners.push_back(i);
    }
    // Declarations and definitions of one thing count once, and all belong to it.
    int things = 0;
    for (size_t i = 0; i < winners.size(); ++i) {
      things += std::none_of(winners.begin(), winners.begin() + static_cast<ptrdiff_t>(i),
                             [&](int other) { return same_entity(all[other], all[winners[i]]); });
    }
    for (const int winner : winners) at->second.emplace_back(winner, best / things);
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      if (std::ranges::find(winners, i) != winners.end()) continue;
      const bool same = std::ranges::any_of(winners, [&](int w) { return same_entity(all[w], all[i]); });
      // Where a class is made, its constructors are called.
      const bool makes = place.kind == "call" && std::ranges::any_of(winners, [&](int w) {
                           return is_class(all[w].symbol.kind) && all[i].symbol.kind == "method" &&
                                  !all[i].owner.empty() && all[i].owner.back() == all[i].symbol.name &&
                                  all[w].symbol.name == all[i].symbol.name;
                         });
      if (same || makes) at->second.emplace_back(i, best / things);
    }
    return at->second;
  }

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
    if (!calls.empty()) {
      const int file = calls[0].place.file;
      reached.emplace(file, closure(imported, file));
    }
    std::vector<Relation> relations;
    for (const Found& call : calls) {
      if (failed) break;
      const auto& all = candidates(call.place.name);
      const size_t before = relations.size();
      for (const auto& [candidate, confidence] : meaning(call.place)) {
        // Of what is declared and defined, the definition; a class stands for its constructors.
        const Candidate& c = all[candidate];
        const bool hidden = std::ranges::any_of(meaning(call.place), [&](const auto& other) {
          const Candidate& o = all[other.first];
          return (!c.symbol.definition && o.symbol.definition && same_entity(c, o)) ||
                 (c.symbol.kind == "method" && is_class(o.symbol.kind));
        });
        if (hidden) continue;
        relations.push_back({c.symbol, call.reference});
        relations.back().reference.confidence = confidence;
      }
      if (relations.size() == before) {
        relations.push_back({.symbol = {}, .reference = call.reference});
        relations.back().symbol.name = call.place.name;
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

}  // namespace strata::repo
