// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/meanings.h"

#include <algorithm>
#include <optional>

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
constexpr size_t kManyThings = 64;  // that a reference could mean: not looked at whether they override one another
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
}  // namespace

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

Result<void> Meanings::load() {
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

void Meanings::forget() {
  by_name.clear();
  ancestors_of.clear();
  found_paths.clear();
  meanings.clear();
  reached.clear();
  reaching.clear();
  failed = false;
}

const std::vector<Candidate>& Meanings::candidates(std::string_view name) {
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
        c.member = c.symbol.kind == "method" ||
                   ((c.symbol.kind == "variable" || c.symbol.kind == "constant") && is_class(row.text(kSymbolColumns)));
        c.parameters = is_function(c.symbol.kind) || c.symbol.kind == "macro"
                           ? parameter_count(c.symbol.signature, c.symbol.name)
                           : std::pair(0, kManyArguments);
        all.push_back(std::move(c));
      },
      name);
  return by_name.emplace(std::string(name), std::move(all)).first->second;
}

const std::set<std::string>& Meanings::ancestors(std::string_view name, std::string_view family) {
  if (const auto known = ancestors_of.find(name); known != ancestors_of.end()) return known->second;
  std::set<std::string> above;
  std::vector<std::string> next = {std::string(name)};
  while (!next.empty() && above.size() < kMaxAncestors) {
    const std::string at = std::move(next.back());
    next.pop_back();
    std::vector<int64_t> classes;
    for (const Candidate& c : candidates(at)) {
      if (c.family == family && is_class(c.symbol.kind)) classes.push_back(c.symbol.id);
    }
    for (const int64_t symbol : classes) {
      query(
          "SELECT name FROM reference WHERE symbol_id = ?1 AND kind = 'inherit' ORDER BY id",
          [&](const Row& row) {
            if (std::string base = row.text(0); base != name && above.insert(base).second) next.push_back(base);
          },
          symbol);
    }
  }
  return ancestors_of.emplace(std::string(name), std::move(above)).first->second;
}

std::unordered_set<int> Meanings::closure(const std::vector<std::vector<int>>& edges, int start) {
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

bool Meanings::reaches(int from, int to) {
  if (const auto known = reached.find(from); known != reached.end()) return known->second.contains(to);
  auto known = reaching.find(to);
  if (known == reaching.end()) known = reaching.emplace(to, closure(importing, to)).first;
  return known->second.contains(from);
}

const std::vector<int>& Meanings::files_of_path(int from, const std::string& path) {
  const auto [at, added] = found_paths.try_emplace({from, path});
  if (added) at->second = files.imports->find(files.languages[from], from, path, "");
  return at->second;
}

std::string Meanings::type_of_name(const Place& place, const std::string& name, std::string_view family) {
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

bool Meanings::is_ancestor_of_any(std::string_view base, const std::vector<std::string_view>& classes,
                                  std::string_view family) {
  return std::ranges::any_of(
      classes, [&](std::string_view name) { return ancestors(name, family).contains(std::string(base)); });
}

std::string Meanings::type_made_by(const std::string& callee, std::string_view family) {
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

bool Meanings::is_meant(const Place& place, const std::string& type, const Candidate& c) {
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

double Meanings::score_member(const Place& place, const Candidate& c, std::string type, std::string_view family) {
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

double Meanings::score_unknown_object(const Place& place, const Candidate& c) {
  if (!c.member) return 0;
  // Far more objects of the standard library have one of these than of any repository.
  static const std::set<std::string_view> kEverywhere = {
      "size",   "begin",  "end",     "empty", "data",  "clear",  "find",    "insert",   "erase",     "get",   "reset",
      "str",    "c_str",  "front",   "back",  "push",  "pop",    "append",  "add",      "remove",    "items", "keys",
      "values", "copy",   "update",  "join",  "split", "strip",  "format",  "read",     "write",     "close", "count",
      "index",  "length", "replace", "next",  "map",   "filter", "forEach", "toString", "push_back", "sort",  "swap"};
  if (kEverywhere.contains(c.symbol.name)) return kUnknownObject / 2;
  // A method that calls its own name on another object hands on to that.
  if (c.symbol.qualified_name == place.around) return kUnknownObject - 0.1;
  if (c.file == place.file) return kUnknownObject + 0.1;
  if (reaches(place.file, c.file)) return kUnknownObject + 0.05;
  return kUnknownObject - 0.1;
}

double Meanings::score_path(const Place& place, const Candidate& c, const Scoping& scoping) {
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

double Meanings::score_plain(const Place& place, const Candidate& c, const Scoping& scoping) {
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

std::string Meanings::type_of_object(const Place& place) {
  const std::string& q = place.qualifier;
  const std::string_view family = scoping_of(files.languages[place.file]).family;
  if (q.starts_with(">()")) return type_made_by(q.substr(3), family);
  return q.starts_with(">?") && q.size() > 2 ? type_of_name(place, q.substr(2), family) : "";
}

double Meanings::score(const Place& place, const Candidate& c, const std::string& type) {
  const Scoping& scoping = scoping_of(files.languages[place.file]);
  if (c.family != scoping.family || !kinds_agree(place.kind, c.symbol.kind)) return 0;
  if (c.family == "c" && c.symbol.kind == "test") return 0;  // TEST(Lexer, Error): no Lexer::Error that can be called
  const std::string& q = place.qualifier;
  double value = 0;
  if (q.empty()) {
    value = score_plain(place, c, scoping);
  } else if (!q.starts_with('>')) {
    value = score_path(place, c, scoping);
  } else if (q.starts_with(">^")) {
    const auto parts = split_path(q.substr(2));
    value = !parts.empty() && !c.owner.empty() && ancestors(parts.back(), c.family).contains(c.owner.back()) ? 0.9 : 0;
  } else if (q.starts_with(">()") || q.starts_with(">?")) {
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

const std::vector<std::pair<size_t, double>>& Meanings::meaning(const Place& place) {
  const auto [at, added] = meanings.try_emplace(place);
  if (!added) return at->second;
  const auto& all = candidates(place.name);
  double best = 0;
  std::vector<double> scores;
  const std::string type = all.empty() ? "" : type_of_object(place);
  for (const Candidate& c : all) {
    scores.push_back(score(place, c, type));
    best = std::max(best, scores.back());
  }
  if (best <= 0) return at->second;
  // Of f(format, ...) and f(format, va_list), the first is called, and calls the second.
  const auto takes = [&](size_t i, std::string_view what) {
    return all[i].symbol.signature.find(what) != std::string::npos;
  };
  for (size_t i = 0; i < all.size(); ++i) {
    if (scores[i] < best - kSame || !takes(i, "va_list")) continue;
    for (size_t j = 0; j < all.size(); ++j) {
      if (scores[j] < best - kSame || !takes(j, "...") || takes(j, "va_list")) continue;
      scores[last_component(place.around) == place.name ? j : i] = best * kMisfit;
    }
  }
  const auto wins = [&](size_t i) { return scores[i] > best - kSame; };
  // Declarations and definitions of one thing count once, and all belong to it. Only what is called the same can be one
  // thing, and of some names there are thousands.
  std::unordered_map<std::string_view, std::vector<size_t>> winners;
  const auto won = [&](const Candidate& c) {
    const auto called = winners.find(c.symbol.qualified_name);
    return called != winners.end() &&
           std::ranges::any_of(called->second, [&](size_t winner) { return same_entity(all[winner], c); });
  };
  std::vector<const Candidate*> things;  // the first of each
  bool class_won = false;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!wins(i)) continue;
    if (!won(all[i])) things.push_back(&all[i]);
    winners[all[i].symbol.qualified_name].push_back(i);
    class_won |= is_class(all[i].symbol.kind);
  }
  // Of methods that override one another, a call on an object of unknown type means the one at the top.
  std::set<std::string> owners;
  if (things.size() > 1 && things.size() <= kManyThings && place.qualifier.starts_with('>')) {
    for (const Candidate* thing : things) {
      if (!thing->owner.empty()) owners.insert(thing->owner.back());
    }
  }
  const auto overrides = [&](const Candidate& c) {
    return owners.size() > 1 && !c.owner.empty() &&
           std::ranges::any_of(ancestors(c.owner.back(), c.family), [&](const auto& a) { return owners.contains(a); });
  };
  const auto tops = std::ranges::count_if(things, [&](const Candidate* thing) { return !overrides(*thing); });
  const auto share = [&](const Candidate& c) {
    return best / static_cast<double>(tops > 0 && !overrides(c) ? static_cast<size_t>(tops) : things.size());
  };
  for (size_t i = 0; i < all.size(); ++i) {
    if (wins(i)) at->second.emplace_back(i, share(all[i]));
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (wins(i)) continue;
    // Where a class is made, its constructors are called.
    const Candidate& c = all[i];
    const bool makes = place.kind == "call" && class_won && c.symbol.kind == "method" && !c.owner.empty() &&
                       c.owner.back() == c.symbol.name;
    if (makes || won(c)) at->second.emplace_back(i, share(c));
  }
  return at->second;
}

}  // namespace strata::repo
