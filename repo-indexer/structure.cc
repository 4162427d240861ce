// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/structure.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <unordered_map>

#include "repo-indexer/parse.h"
#include "repo-indexer/terms.h"

namespace strata::repo {
namespace {

constexpr double kLikely = 0.2;      // calls less certain than this lead anywhere
constexpr double kOverridden = 0.5;  // of the call of a method, that it runs one that overrides it
constexpr int kFarthest = 8;         // calls between a test and what it touches
constexpr size_t kMostSymbols = 20'000;

// The symbol itself and, of a class, its members.
Result<std::vector<Symbol>> with_members(const Index& index, const Symbol& symbol) {
  std::vector<Symbol> all = {symbol};
  if (!is_class(symbol.kind)) return all;
  auto in_file = index.symbols(symbol.file);
  if (!in_file) return in_file;
  for (Symbol& s : *in_file) {
    if (s.id != symbol.id && is_function(s.kind) && s.first_line >= symbol.first_line &&
        s.last_line <= symbol.last_line) {
      all.push_back(std::move(s));
    }
  }
  return all;
}

// What runs where an object of the class is made.
Result<std::vector<Symbol>> constructors(const Index& index, const Symbol& symbol) {
  auto members = with_members(index, symbol);
  if (!members) return members;
  std::erase_if(*members, [&](const Symbol& m) {
    return m.id == symbol.id || (m.name != symbol.name && m.name != "__init__" && m.name != "__new__" &&
                                 m.name != "constructor" && m.name != "initialize" && m.name != "__construct");
  });
  return members;
}

bool is_test(const Symbol& symbol) {
  if (symbol.kind == "test") return true;
  return is_test_file(symbol.file) && is_function(symbol.kind) &&
         lower_case(symbol.name).find("test") != std::string::npos;
}

// A class and what one step after the other leads to from there.
Result<std::set<std::string>> related_classes(const Index& index, const std::string& qualified_name,
                                              Result<std::vector<Relation>> (Index::*step)(const Symbol&) const) {
  constexpr size_t kMostClasses = 500;
  std::set<std::string> reached = {qualified_name};
  std::vector<std::string> next = {qualified_name};
  while (!next.empty() && reached.size() < kMostClasses) {
    auto classes = index.find_symbols(next.back());
    next.pop_back();
    if (!classes) return std::unexpected(classes.error());
    for (const Symbol& s : *classes) {
      if (!is_class(s.kind) || !s.definition) continue;
      auto related = (index.*step)(s);
      if (!related) return std::unexpected(related.error());
      for (const Relation& other : *related)
        if (other.symbol.id != 0 && reached.insert(other.symbol.qualified_name).second)
          next.push_back(other.symbol.qualified_name);
    }
  }
  return reached;
}

Result<std::set<std::string>> classes_above(const Index& index, const std::string& qualified_name) {
  return related_classes(index, qualified_name, &Index::bases);
}

// Which methods override which: those of one name in the classes below and above. Remembers those classes.
class Overrides {
 public:
  explicit Overrides(const Index& index) : index_(&index) {}

  // What a call of the method may run instead.
  Result<std::vector<Symbol>> of(const Symbol& method) {
    auto found = namesakes(method, below_, classes_below);
    if (found) std::erase_if(*found, [](const Symbol& s) { return !s.definition; });
    return found;
  }
  // Whose calls may run the method.
  Result<std::vector<Symbol>> overridden_by(const Symbol& method) { return namesakes(method, above_, classes_above); }

 private:
  using Classes = std::unordered_map<std::string, std::set<std::string>>;

  Result<std::vector<Symbol>> namesakes(const Symbol& method, Classes& known_classes, auto related) {
    std::vector<Symbol> found;
    if (method.kind != "method" || !method.qualified_name.ends_with(method.name)) return found;
    std::string_view owner = method.qualified_name;
    owner.remove_suffix(method.name.size());
    const size_t end = owner.find_last_not_of(":.");
    if (end == std::string_view::npos) return found;
    const std::string separator(owner.substr(end + 1));
    const std::string own(owner.substr(0, end + 1));
    auto known = known_classes.find(own);
    if (known == known_classes.end()) {
      auto classes = related(*index_, own);
      if (!classes) return std::unexpected(classes.error());
      classes->erase(own);
      known = known_classes.emplace(own, std::move(*classes)).first;
    }
    for (const std::string& name : known->second) {
      const std::string namesake = name + separator + method.name;
      auto symbols = index_->find_symbols(namesake);
      if (!symbols) return symbols;
      for (Symbol& s : *symbols)
        if (s.qualified_name == namesake && is_function(s.kind)) found.push_back(std::move(s));
    }
    return found;
  }

  const Index* index_;
  Classes below_, above_;
};

}  // namespace

Result<std::set<std::string>> classes_below(const Index& index, const std::string& qualified_name) {
  return related_classes(index, qualified_name, &Index::subclasses);
}

Result<std::vector<Symbol>> overriding(const Index& index, const Symbol& method) { return Overrides(index).of(method); }

bool is_test_file(std::string_view path) {
  std::string flat(path);
  std::ranges::replace_if(flat, [](char c) { return c == '/' || c == '.' || c == '-'; }, '_');
  for (const std::string& part : split_identifier(flat)) {
    for (const std::string_view word :
         {"test", "tests", "testing", "spec", "bench", "benchmarks", "fixtures", "testdata"}) {
      if (part == word) return true;
    }
  }
  return false;
}

Result<std::vector<CallStep>> call_path(const Index& index, const Symbol& from, const Symbol& to,
                                        const Cancel* cancel) {
  auto targets = with_members(index, to);
  if (!targets) return std::unexpected(targets.error());
  auto sources = with_members(index, from);
  if (!sources) return std::unexpected(sources.error());
  const auto is_target = [&](const Symbol& s) { return std::ranges::contains(*targets, s.id, &Symbol::id); };
  struct Reached {
    CallStep step;
    int64_t before = 0;
  };
  std::unordered_map<int64_t, Reached> reached;
  std::deque<int64_t> waiting;
  Overrides overrides(index);
  const auto chain_to = [&](int64_t id) {
    std::vector<CallStep> chain;
    for (; id != 0; id = reached.at(id).before) chain.push_back(reached.at(id).step);
    std::ranges::reverse(chain);
    return chain;
  };
  for (Symbol& s : *sources) {
    const int64_t id = s.id;
    reached[id] = {{std::move(s), {}}, 0};
    waiting.push_back(id);
  }
  while (!waiting.empty() && reached.size() < kMostSymbols) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    const int64_t id = waiting.front();
    waiting.pop_front();
    const Reached& at = reached.at(id);
    std::vector<Relation> callees;
    std::vector<Symbol> running = {at.step.symbol};
    if (at.before != 0 && is_class(at.step.symbol.kind)) {
      auto made = constructors(index, at.step.symbol);
      if (!made) return std::unexpected(made.error());
      running = std::move(*made);
    }
    for (const Symbol& symbol : running) {
      auto found = index.callees(symbol);
      if (!found) return std::unexpected(found.error());
      std::ranges::move(*found, std::back_inserter(callees));
    }
    for (Relation& call : callees) {
      if (call.symbol.id == 0 || call.reference.confidence < kLikely || reached.contains(call.symbol.id)) continue;
      auto meant = overrides.of(call.symbol);
      if (!meant) return std::unexpected(meant.error());
      meant->insert(meant->begin(), std::move(call.symbol));
      for (Symbol& symbol : *meant) {
        const int64_t next = symbol.id;
        if (reached.contains(next)) continue;
        const bool found = is_target(symbol);
        reached[next] = {{std::move(symbol), call.reference}, id};
        if (found) return chain_to(next);
        waiting.push_back(next);
      }
    }
  }
  return std::vector<CallStep>{};
}

Result<std::vector<TouchingTest>> tests_of(const Index& index, const Symbol& symbol, const Cancel* cancel) {
  auto start = with_members(index, symbol);
  if (!start) return std::unexpected(start.error());
  struct Reached {
    Symbol symbol;
    int calls = 0;
    double confidence = 1;
  };
  std::unordered_map<int64_t, bool> seen;
  std::unordered_map<std::string, bool> seen_files;
  std::deque<Reached> waiting;
  for (Symbol& s : *start) {
    seen[s.id] = true;
    waiting.push_back({std::move(s)});
  }
  std::vector<TouchingTest> tests;
  Overrides overrides(index);
  while (!waiting.empty() && seen.size() < kMostSymbols) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    const Reached reached = std::move(waiting.front());
    waiting.pop_front();
    auto called_as = overrides.overridden_by(reached.symbol);
    if (!called_as) return std::unexpected(called_as.error());
    auto callers = index.callers(reached.symbol);
    if (!callers) return std::unexpected(callers.error());
    for (const Symbol& base : *called_as) {
      auto through_base = index.callers(base);
      if (!through_base) return std::unexpected(through_base.error());
      for (Relation& call : *through_base) {
        call.reference.confidence *= kOverridden;
        callers->push_back(std::move(call));
      }
    }
    std::erase_if(*callers, [](const Relation& call) { return call.reference.confidence < kLikely; });
    // A fixture or a main() of a test: called by the test's framework.
    if (callers->empty() && reached.calls > 0 && is_test_file(reached.symbol.file)) {
      tests.push_back({reached.symbol, reached.calls, {}, reached.confidence});
    }
    for (Relation& call : *callers) {
      Symbol& caller = call.symbol;
      const double confidence = reached.confidence * call.reference.confidence;
      if (caller.id == 0) {
        if (is_test_file(caller.file) && seen_files.emplace(caller.file, true).second) {
          tests.push_back({std::move(caller), reached.calls + 1, reached.symbol.qualified_name, confidence});
        }
      } else if (seen.emplace(caller.id, true).second) {
        if (is_test(caller)) {
          tests.push_back({std::move(caller), reached.calls + 1, reached.symbol.qualified_name, confidence});
        } else if (reached.calls + 1 < kFarthest) {
          waiting.push_back({std::move(caller), reached.calls + 1, confidence});
        }
      }
    }
  }
  std::ranges::stable_sort(tests, {}, [](const TouchingTest& t) { return std::pair(t.calls, -t.confidence); });
  return tests;
}

}  // namespace strata::repo
