// SPDX-License-Identifier: Apache-2.0
// Scores every symbol that a reference could mean. resolve.h says by what.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "repo-indexer/index.h"
#include "repo-indexer/indexed_files.h"
#include "repo-indexer/language.h"

namespace strata::repo {

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
// The same function or class, declared here and defined there.
bool same_entity(const Candidate& a, const Candidate& b);

// For one state of the database. After an error `failed` is set, and nothing more is asked of it.
struct Meanings {
  explicit Meanings(Database& d) : database(d) {}

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
  std::map<Place, std::vector<std::pair<size_t, double>>> meanings;

  Result<void> load();
  void forget();
  template <typename... Values>
  void query(std::string_view sql, auto on_row, const Values&... values) {
    if (failed) return;
    if (auto done = database.query(sql, on_row, values...); !done) {
      failed = true;
      error = done.error();
    }
  }
  const std::vector<Candidate>& candidates(std::string_view name);
  // The names of all classes above the classes of this name.
  const std::set<std::string>& ancestors(std::string_view name, std::string_view family);
  static std::unordered_set<int> closure(const std::vector<std::vector<int>>& edges, int start);
  // Does `from` import `to`, directly or through others?
  bool reaches(int from, int to);
  const std::vector<int>& files_of_path(int from, const std::string& path);
  // The type of a variable that another file may have declared: a member of the class around, or a global.
  std::string type_of_name(const Place& place, const std::string& name, std::string_view family);
  bool is_ancestor_of_any(std::string_view base, const std::vector<std::string_view>& classes, std::string_view family);
  // What a function returns or a class makes.
  std::string type_made_by(const std::string& callee, std::string_view family);
  // Of several classes of this name, is it that of `c` which the name means here?
  bool is_meant(const Place& place, const std::string& type, const Candidate& c);
  // How well `c` fits a member of an object of this type; the type is not in the repository: not at all.
  double score_member(const Place& place, const Candidate& c, std::string type, std::string_view family);
  double score_unknown_object(const Place& place, const Candidate& c);
  double score_path(const Place& place, const Candidate& c, const Scoping& scoping);
  double score_plain(const Place& place, const Candidate& c, const Scoping& scoping);
  // Of what stands before the name, where the file itself does not say it; empty: not known.
  std::string type_of_object(const Place& place);
  // `type`: type_of_object(place)
  double score(const Place& place, const Candidate& c, const std::string& type);
  // What a reference means: candidates by their number, with the confidence.
  const std::vector<std::pair<size_t, double>>& meaning(const Place& place);
};

}  // namespace strata::repo
