// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/structure.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "repo-indexer/parse.h"
#include "repo-indexer/terms.h"

namespace strata::repo {
namespace {

constexpr double kLikely = 0.25;  // calls less certain than this lead anywhere
constexpr int kFarthest = 8;      // calls between a test and what it touches
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

bool is_test(const Symbol& symbol) {
  if (symbol.kind == "test") return true;
  return is_test_file(symbol.file) && is_function(symbol.kind) &&
         lower_case(symbol.name).find("test") != std::string::npos;
}

}  // namespace

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
    auto callees = index.callees(reached.at(id).step.symbol);
    if (!callees) return std::unexpected(callees.error());
    for (Relation& call : *callees) {
      const int64_t next = call.symbol.id;
      if (next == 0 || call.reference.confidence < kLikely || reached.contains(next)) continue;
      const bool found = is_target(call.symbol);
      reached[next] = {{std::move(call.symbol), std::move(call.reference)}, id};
      if (found) return chain_to(next);
      waiting.push_back(next);
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
  while (!waiting.empty() && seen.size() < kMostSymbols) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    const Reached reached = std::move(waiting.front());
    waiting.pop_front();
    auto callers = index.callers(reached.symbol);
    if (!callers) return std::unexpected(callers.error());
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
  std::ranges::stable_sort(tests, {}, &TouchingTest::calls);
  return tests;
}

}  // namespace strata::repo
