// SPDX-License-Identifier: Apache-2.0
#include "agent/run/repair.h"

#include <algorithm>
#include <format>
#include <map>
#include <set>

#include "agent/edits/file_edit.h"
#include "repo-indexer/parse.h"
#include "repo-indexer/structure.h"

namespace strata::agent {
namespace {

constexpr int kMostTestLines = 60, kMostFunctionLines = 120;
constexpr size_t kMostMessage = 1500;
constexpr int kReplyTokens = 900;

bool words_contain(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const auto word = [&](size_t i) { return i < text.size() && ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') || (text[i] >= '0' && text[i] <= '9') || text[i] == '_'); };
    if ((at == 0 || !word(at - 1)) && !word(at + name.size())) return true;
  }
  return false;
}

bool usable(const repo::Symbol& s) {
  return s.id != 0 && repo::is_function(s.kind) && s.definition && !repo::is_test_file(s.file) && s.last_line - s.first_line < kMostFunctionLines;
}

std::string source_of(const Workbench& bench, const repo::Symbol& s, int most) {
  const auto bytes = bench.read(s.file);
  if (!bytes) return {};
  return Lines(*bytes).text(s.first_line, std::min(s.last_line, s.first_line + most - 1));
}

// Symbols of the failing tests: by name, and around places in test files.
Result<std::vector<repo::Symbol>> failing_tests(const repo::Index& index, const CheckResult& check) {
  std::vector<repo::Symbol> tests;
  const auto add = [&](const repo::Symbol& s) {
    if (std::ranges::none_of(tests, [&](const repo::Symbol& t) { return t.id == s.id; })) tests.push_back(s);
  };
  for (size_t i = 0; i < std::min<size_t>(check.failed.size(), 5); ++i) {
    std::string name = check.failed[i];
    if (const size_t bracket = name.find('['); bracket != name.npos) name.resize(bracket);
    const std::string file = name.substr(0, name.find("::"));
    for (size_t cut; (cut = name.find_last_of(":./ ")) != name.npos;) name.erase(0, cut + 1);
    auto found = index.find_symbols(name);
    if (!found) return std::unexpected(found.error());
    for (const repo::Symbol& s : *found) {
      if (s.definition && (s.file == file || repo::is_test_file(s.file) || s.kind == "test")) add(s);
    }
  }
  for (const CheckPlace& place : check.places) {
    if (!repo::is_test_file(place.path) || tests.size() >= 5) continue;
    auto around = index.symbol_at(place.path, place.line);
    if (!around) return std::unexpected(around.error());
    if (*around && repo::is_function((*around)->kind)) add(**around);
  }
  return tests;
}

}  // namespace

Result<std::vector<Suspect>> find_suspects(const repo::Index& index, const Workbench& bench, const CheckResult& check, const std::string& instruction) {
  std::map<int64_t, Suspect> by_id;
  const auto add = [&](const repo::Symbol& s, double score, const std::string& test) {
    if (!usable(s)) return;
    auto [at, added] = by_id.try_emplace(s.id, Suspect{s, 0, test});
    at->second.score += score;
    if (at->second.test.empty()) at->second.test = test;
  };
  auto tests = failing_tests(index, check);
  if (!tests) return std::unexpected(tests.error());
  const std::string shown = tests->empty() ? "" : source_of(bench, tests->front(), kMostTestLines);
  // Frames and compiler errors: the last frame is where it went wrong.
  std::set<int64_t> seen;
  for (auto place = check.places.rbegin(); place != check.places.rend(); ++place) {
    if (repo::is_test_file(place->path)) continue;
    auto around = index.symbol_at(place->path, place->line);
    if (!around) return std::unexpected(around.error());
    if (!*around || !seen.insert((*around)->id).second) continue;
    add(**around, seen.size() == 1 ? 5 : 3, shown);
  }
  // What the tests call, and what that calls.
  for (const repo::Symbol& test : *tests) {
    const std::string source = source_of(bench, test, kMostTestLines);
    auto direct = index.callees(test);
    if (!direct) return std::unexpected(direct.error());
    for (const repo::Relation& r : *direct) {
      if (r.symbol.id == 0) continue;
      add(r.symbol, 3 * r.reference.confidence, source);
      if (!repo::is_function(r.symbol.kind)) continue;
      auto next = index.callees(r.symbol);
      if (!next) return std::unexpected(next.error());
      std::set<int64_t> once;
      for (const repo::Relation& n : *next) {
        if (n.symbol.id != 0 && once.insert(n.symbol.id).second) add(n.symbol, 1.5 * r.reference.confidence * n.reference.confidence, source);
      }
    }
  }
  for (auto& [id, suspect] : by_id) {
    if (words_contain(instruction, suspect.symbol.name)) suspect.score += 6;
    if (words_contain(check.output, suspect.symbol.name)) suspect.score += 1;
    for (const std::string& failed : check.failed) suspect.score += words_contain(failed, suspect.symbol.name) || failed.find(suspect.symbol.name) != failed.npos ? 1.5 / static_cast<double>(check.failed.size()) : 0;
  }
  if (by_id.empty()) {  // nothing leads anywhere: the words of the failure
    auto hits = index.search(instruction + " " + (check.failed.empty() ? check.output.substr(0, 300) : check.failed.front()), 20);
    if (!hits) return std::unexpected(hits.error());
    for (const repo::Hit& hit : *hits) {
      auto around = index.symbol_at(hit.passage.file, hit.passage.first_line + (hit.passage.last_line - hit.passage.first_line) / 2);
      if (around && *around) add(**around, hit.score, shown);
    }
  }
  std::vector<Suspect> suspects;
  for (auto& [id, suspect] : by_id) suspects.push_back(std::move(suspect));
  std::ranges::sort(suspects, [](const Suspect& a, const Suspect& b) { return std::tuple(-a.score, a.symbol.file, a.symbol.first_line) < std::tuple(-b.score, b.symbol.file, b.symbol.first_line); });
  if (suspects.size() > kMostSuspects) suspects.resize(kMostSuspects);
  return suspects;
}

std::string attempt_key(const Suspect& suspect, const CheckResult& check) {
  return std::format("{} {} {}/{}", suspect.symbol.file, suspect.symbol.qualified_name, check.errors, check.failed.size());
}

std::string code_in(std::string_view text) {
  const size_t open = text.find("```");
  if (open == text.npos) return std::string(text);
  const size_t line = text.find('\n', open);
  if (line == text.npos) return {};
  const size_t close = text.find("```", line);
  return std::string(text.substr(line + 1, (close == text.npos ? text.size() : close) - line - 1));
}

Result<void> try_repair(ChatModel& model, Workbench& bench, RepairAttempt& attempt) {
  const repo::Symbol& symbol = attempt.suspect.symbol;
  auto before = bench.read(symbol.file);
  if (!before) return std::unexpected(before.error());
  const auto message = [](ChatMessage::Role role, std::string text) {
    ChatMessage m;
    m.role = role;
    m.text = std::move(text);
    return m;
  };
  std::string failure = attempt.before.output;
  if (failure.size() > kMostMessage) failure = failure.substr(0, kMostMessage) + "\n...";
  std::string prompt = std::format("A test fails:\n```\n{}\n```\n", failure);
  if (!attempt.suspect.test.empty()) prompt += std::format("The test:\n```\n{}```\n", attempt.suspect.test);
  prompt += std::format("The function {} in {}:\n```\n{}```\nThe bug is in this function. Write the whole corrected function in one code block. Keep everything that is right as it is.",
                        symbol.qualified_name, symbol.file, source_of(bench, symbol, kMostFunctionLines));
  const std::vector<ChatMessage> transcript = {
      message(ChatMessage::Role::kSystem, "You mend bugs. You answer with one code block that holds the whole corrected function, and nothing else."),
      message(ChatMessage::Role::kUser, std::move(prompt))};
  // The likeliest answer first, then others.
  const ChatOptions options{.max_tokens = kReplyTokens, .temperature = attempt.round == 0 ? 0.0f : 0.7f, .seed = static_cast<uint64_t>(attempt.round)};
  auto turn = model.reply(transcript, {}, options, {}, attempt.cancel);
  if (!turn) return std::unexpected(turn.error());
  attempt.usage = turn->usage;
  const FileEdit edited = edit_file(symbol.file, *before, {SymbolEdit{SymbolAction::kReplace, symbol.qualified_name, code_in(turn->message.text), symbol.name_line}});
  if (!edited.applied) {
    attempt.why = edited.syntax.empty() ? (edited.reports.empty() ? "nothing to apply" : edited.reports.back()) : "the rewritten function does not parse";
    return {};
  }
  // It must still be this function, and only this one.
  const auto tree = SourceTree::parse(symbol.file, edited.text);
  const auto old_tree = SourceTree::parse(symbol.file, *before);
  if (!tree || !old_tree || tree->find(symbol.qualified_name) < 0 || tree->symbols().size() + 1 < old_tree->symbols().size()) {
    attempt.why = "the answer is not this function";
    return {};
  }
  if (auto done = bench.write(symbol.file, edited.text); !done) return done;
  auto check = bench.check(bench.run_unconfined, attempt.cancel);
  if (check && check->badness() < attempt.before.badness()) {
    attempt.kept = true;
    attempt.after = std::move(*check);
    attempt.why = attempt.after.good ? "the check passes" : "less fails";
    return {};
  }
  if (auto done = bench.write(symbol.file, *before); !done) return done;
  if (!check) return std::unexpected(check.error());
  attempt.why = check->badness() == attempt.before.badness() ? "as much fails as before" : "more fails than before";
  return {};
}

}  // namespace strata::agent
