// SPDX-License-Identifier: Apache-2.0
#include "agent/run/repair.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <map>
#include <optional>
#include <set>

#include "agent/edits/file_edit.h"
#include "repo-indexer/parse.h"
#include "repo-indexer/structure.h"

namespace strata::agent {
namespace {

constexpr int kMostTestLines = 60, kMostFunctionLines = 120;
constexpr size_t kMostMessage = 900, kMostFailing = 20;
constexpr int kReplyTokens = 900;
constexpr int kLinesBefore = 40, kLinesBehind = 8;  // of a function, around it
constexpr size_t kMostInfills = 12;                 // checked, of one function

bool words_contain(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    const auto word = [&](size_t i) {
      return i < text.size() && ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
                                 (text[i] >= '0' && text[i] <= '9') || text[i] == '_');
    };
    if ((at == 0 || !word(at - 1)) && !word(at + name.size())) return true;
  }
  return false;
}

bool usable(const repo::Symbol& s) {
  return s.id != 0 && repo::is_function(s.kind) && s.definition && !repo::is_test_file(s.file) &&
         s.last_line - s.first_line < kMostFunctionLines;
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
  for (size_t i = 0; i < std::min(check.failed.size(), kMostFailing); ++i) {
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
    if (!repo::is_test_file(place.path) || tests.size() >= kMostFailing) continue;
    auto around = index.symbol_at(place.path, place.line);
    if (!around) return std::unexpected(around.error());
    if (*around && repo::is_function((*around)->kind)) add(**around);
  }
  return tests;
}

// What functions call, looked up once each.
class Calls {
 public:
  explicit Calls(const repo::Index& index) : index_(index) {}

  // How surely each function is reached from here, within kDepth calls.
  Result<std::map<int64_t, std::pair<repo::Symbol, double>>> reached(const repo::Symbol& from) {
    std::map<int64_t, std::pair<repo::Symbol, double>> all;
    std::vector<std::pair<repo::Symbol, double>> level = {{from, 1.0}};
    for (int depth = 0; depth < kDepth && !level.empty(); ++depth) {
      std::vector<std::pair<repo::Symbol, double>> next;
      for (const auto& [symbol, certainty] : level) {
        auto called = callees(symbol);
        if (!called) return std::unexpected(called.error());
        for (const auto& [callee, confidence] : **called) {
          const double value = certainty * confidence * (depth == 0 ? 1 : kPerCall);
          auto [at, added] = all.try_emplace(callee.id, callee, value);
          if (added && value > 0.02) next.emplace_back(callee, value);
          at->second.second = std::max(at->second.second, value);
        }
      }
      level = std::move(next);
    }
    return all;
  }

 private:
  static constexpr int kDepth = 4;
  static constexpr double kPerCall = 0.7;
  using Callees = std::vector<std::pair<repo::Symbol, double>>;

  Result<const Callees*> callees(const repo::Symbol& symbol) {
    const auto [at, added] = known_.try_emplace(symbol.id);
    if (!added) return &at->second;
    auto found = index_.callees(symbol);
    if (!found) return std::unexpected(found.error());
    std::map<int64_t, size_t> once;
    for (const repo::Relation& r : *found) {
      if (r.symbol.id == 0 || r.symbol.id == symbol.id || !repo::is_function(r.symbol.kind)) continue;
      const auto [place, first] = once.try_emplace(r.symbol.id, at->second.size());
      if (first)
        at->second.emplace_back(r.symbol, r.reference.confidence);
      else
        at->second[place->second].second = std::max(at->second[place->second].second, r.reference.confidence);
    }
    return &at->second;
  }

  const repo::Index& index_;
  std::map<int64_t, Callees> known_;
};

constexpr size_t kMostTests = 60;  // that are followed

}  // namespace

Result<std::vector<Suspect>> find_suspects(const repo::Index& index, const Workbench& bench, const CheckResult& check,
                                           const std::string& instruction) {
  std::map<int64_t, Suspect> by_id;
  std::map<int64_t, double> best_lead;  // of the test that is shown
  const auto add = [&](const repo::Symbol& s, double score, const std::string& test) {
    if (!usable(s)) return;
    auto [at, added] = by_id.try_emplace(s.id, Suspect{s, 0, test});
    at->second.score += score;
    if (score > best_lead[s.id] && !test.empty()) best_lead[s.id] = score, at->second.test = test;
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
    add(**around, seen.size() == 1 ? 4 : 2, shown);
  }
  // What failing tests reach; a test that reaches little says more.
  Calls calls(index);
  std::set<int64_t> failing;
  for (const repo::Symbol& test : *tests) {
    failing.insert(test.id);
    auto reached = calls.reached(test);
    if (!reached) return std::unexpected(reached.error());
    const auto own = std::ranges::count_if(*reached, [](const auto& entry) { return usable(entry.second.first); });
    for (const auto& [id, entry] : *reached)
      add(entry.first, 3 * entry.second / std::sqrt(static_cast<double>(std::max<int64_t>(own, 1))),
          source_of(bench, test, kMostTestLines));
  }
  // Special methods run without being named.
  constexpr std::pair<std::string_view, const char*> kSpecial[] = {{"] = ", "__setitem__"},
                                                                   {"[", "__getitem__"},
                                                                   {"del ", "__delitem__"},
                                                                   {" in ", "__contains__"},
                                                                   {"len(", "__len__"}};
  for (const repo::Symbol& test : *tests) {
    if (!test.file.ends_with(".py")) continue;
    const std::string source = source_of(bench, test, kMostTestLines);
    for (const auto& [sign, name] : kSpecial) {
      if (source.find(sign) == source.npos) continue;
      auto methods = index.find_symbols(name);
      if (!methods) return std::unexpected(methods.error());
      for (const repo::Symbol& method : *methods) add(method, 1.0 / static_cast<double>(methods->size()), source);
    }
  }
  // What passing tests reach as well is less suspect.
  std::map<int64_t, double> passing;
  auto named = index.list_symbols({"test", "", ""}, 2000);
  if (!named) return std::unexpected(named.error());
  size_t followed = 0;
  for (const repo::Symbol& test : *named) {
    if (followed == kMostTests || tests->empty()) break;
    if (!repo::is_function(test.kind) || !repo::is_test_file(test.file) || failing.contains(test.id) ||
        std::ranges::none_of(*tests, [&](const repo::Symbol& t) { return t.file == test.file; }))
      continue;
    ++followed;
    auto reached = calls.reached(test);
    if (!reached) return std::unexpected(reached.error());
    for (const auto& [id, entry] : *reached) passing[id] += entry.second;
  }
  for (auto& [id, suspect] : by_id) {
    suspect.score /= std::sqrt(1 + passing[id]);
    if (words_contain(instruction, suspect.symbol.name)) suspect.score += 6;
    for (const std::string& failed : check.failed) {
      if (failed.find(suspect.symbol.name) != failed.npos)
        suspect.score += 1.5 / static_cast<double>(check.failed.size());
    }
  }
  if (by_id.empty()) {  // nothing leads anywhere: the words of the failure
    auto hits = index.search(
        instruction + " " + (check.failed.empty() ? check.output.substr(0, 300) : check.failed.front()), 20);
    if (!hits) return std::unexpected(hits.error());
    for (const repo::Hit& hit : *hits) {
      auto around = index.symbol_at(hit.passage.file,
                                    hit.passage.first_line + (hit.passage.last_line - hit.passage.first_line) / 2);
      if (around && *around) add(**around, hit.score, shown);
    }
  }
  std::vector<Suspect> suspects;
  for (auto& [id, suspect] : by_id) suspects.push_back(std::move(suspect));
  std::ranges::sort(suspects, [](const Suspect& a, const Suspect& b) {
    return std::tuple(-a.score, a.symbol.file, a.symbol.first_line) <
           std::tuple(-b.score, b.symbol.file, b.symbol.first_line);
  });
  if (suspects.size() > kMostSuspects) suspects.resize(kMostSuspects);
  return suspects;
}

std::string attempt_key(const Suspect& suspect, const CheckResult& check) {
  return std::format("{} {} {}/{}", suspect.symbol.file, suspect.symbol.qualified_name, check.errors,
                     check.failed.size());
}

std::string code_in(std::string_view text) {
  const size_t open = text.find("```");
  if (open == text.npos) return std::string(text);
  const size_t line = text.find('\n', open);
  if (line == text.npos) return {};
  const size_t close = text.find("```", line);
  return std::string(text.substr(line + 1, (close == text.npos ? text.size() : close) - line - 1));
}

std::string line_in(std::string_view text, int* number) {
  if (number) *number = 0;
  std::string code = code_in(text);
  std::string_view line = code;
  while (!line.empty() && (line.front() == '\n' || line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  line = line.substr(0, line.find('\n'));
  if (line.starts_with("Line ") || line.starts_with("line ")) line.remove_prefix(5);
  size_t digits = 0;
  while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') ++digits;
  if (digits > 0 && digits < 6 && digits < line.size() && (line[digits] == ':' || line[digits] == '|')) {
    if (number) *number = std::stoi(std::string(line.substr(0, digits)));
    line.remove_prefix(digits + 1);
  }
  const auto strip = [&] {
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
  };
  strip();
  if (const size_t should = line.find("` should be `"); should != line.npos) line.remove_prefix(should + 12);
  if (line.size() >= 2 && line.front() == '`' && line.back() == '`') line = line.substr(1, line.size() - 2);
  strip();
  return std::string(line);
}

namespace {

// What the output says of the test that is shown, or its beginning.
std::string failure_of(const RepairAttempt& attempt) {
  const std::string& output = attempt.before.output;
  size_t at = 0;
  for (const std::string& failed : attempt.before.failed) {
    std::string name = failed.substr(0, failed.find('['));
    for (size_t cut; (cut = name.find_last_of(":./ ")) != name.npos;) name.erase(0, cut + 1);
    if (name.empty() || !words_contain(attempt.suspect.test, name)) continue;
    const size_t found = output.find(name);
    if (found == output.npos) continue;
    at = output.rfind('\n', found) == output.npos ? 0 : output.rfind('\n', found) + 1;
    break;
  }
  std::string text = output.substr(at, kMostMessage);
  return at + kMostMessage < output.size() ? text + "\n..." : text;
}

// The file with this line changed, indented as it is; nothing if nothing would change.
std::optional<std::string> with_line(const std::string& bytes, int line, const std::string& code) {
  const Lines lines(bytes);
  if (line < 1 || line > lines.count() || code.empty()) return std::nullopt;
  const std::string_view text = lines.text(line);
  const size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  if (text.substr(first) == code) return std::nullopt;
  auto after = splice(bytes, {{lines.start(line) + first, lines.start(line) + text.size(), code}});
  return after ? std::optional(std::move(*after)) : std::nullopt;
}

// Lines of the function that do something.
std::vector<int> code_lines(const std::string& bytes, const repo::Symbol& symbol) {
  const Lines lines(bytes);
  std::vector<int> all;
  for (int line = symbol.first_line; line <= std::min(symbol.last_line, lines.count()); ++line) {
    std::string_view text = lines.text(line);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const bool comment = text.starts_with("#") || text.starts_with("//") || text.starts_with("*") ||
                         text.starts_with("/*") || text.starts_with("\"\"\"");
    if (line == symbol.name_line || comment ||
        std::ranges::count_if(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }) < 3)
      continue;
    if (text == "else" || text == "else:" || text == "try:" || text == "} else {") continue;
    all.push_back(line);
  }
  return all;
}

std::string numbered_source(const std::string& bytes, const repo::Symbol& symbol) {
  const Lines lines(bytes);
  std::string text;
  for (int line = symbol.first_line;
       line <= std::min({symbol.last_line, symbol.first_line + kMostFunctionLines, lines.count()}); ++line)
    text += std::format("{}: {}\n", line, lines.text(line));
  return text;
}

// Checks `text` in place of the file; kept if less fails.
Result<bool> judge(Workbench& bench, RepairAttempt& attempt, const std::string& before, const std::string& text) {
  const std::string& path = attempt.suspect.symbol.file;
  if (!new_syntax_errors(path, before, text).empty()) {
    attempt.why = "the change does not parse";
    return false;
  }
  if (auto done = bench.write(path, text); !done) return std::unexpected(done.error());
  auto check = bench.check(bench.run_unconfined, attempt.cancel);
  if (check && check->badness() < attempt.before.badness()) {
    attempt.kept = true;
    attempt.after = std::move(*check);
    attempt.why = attempt.after.good ? "the check passes" : "less fails";
    return true;
  }
  if (auto done = bench.write(path, before); !done) return std::unexpected(done.error());
  if (!check) return std::unexpected(check.error());
  attempt.why = check->badness() == attempt.before.badness() ? "as much fails as before" : "more fails than before";
  return false;
}

// Lines that the model finds unlikely, replaced by what it finds likely: the most surprising ones first. Nothing about
// the failure is said; the check decides.
Result<void> try_infill(ChatModel& model, Workbench& bench, RepairAttempt& attempt, const std::string& before) {
  const repo::Symbol& symbol = attempt.suspect.symbol;
  const Lines lines(before);
  const int first = std::max(1, symbol.first_line - kLinesBefore);
  const int last = std::min(lines.count(), symbol.last_line + kLinesBehind);
  struct Candidate {
    int line;
    Alternative alternative;
  };
  std::vector<Candidate> candidates;
  for (const int line : code_lines(before, symbol)) {
    if (attempt.stop && attempt.stop()) break;
    auto found = model.alternatives(lines.text(first, line - 1), lines.text(line), lines.text(line + 1, last),
                                    attempt.usage, attempt.cancel);
    if (!found) return std::unexpected(found.error());
    for (Alternative& a : *found) candidates.push_back({line, std::move(a)});
  }
  std::ranges::stable_sort(candidates, std::greater(), [](const Candidate& c) { return c.alternative.gain; });
  attempt.why = "no line that it would have written otherwise";
  for (size_t i = 0; i < std::min(candidates.size(), kMostInfills); ++i) {
    if (attempt.stop && attempt.stop()) break;
    std::string code = candidates[i].alternative.line;
    code.erase(0, std::min(code.find_first_not_of(" \t"), code.size()));
    const auto text = with_line(before, candidates[i].line, code);
    if (!text) continue;
    auto better = judge(bench, attempt, before, *text);
    if (!better) return std::unexpected(better.error());
    if (*better) break;
  }
  return {};
}

}  // namespace

Result<void> try_repair(ChatModel& model, Workbench& bench, RepairAttempt& attempt) {
  const repo::Symbol& symbol = attempt.suspect.symbol;
  auto before = bench.read(symbol.file);
  if (!before) return std::unexpected(before.error());
  if (attempt.way == RepairWay::kInfill) {
    auto tried = try_infill(model, bench, attempt, *before);
    if (!tried && tried.error().kind == ErrorKind::kUnsupported) {
      attempt.why = tried.error().message;
      return {};
    }
    return tried;
  }
  const auto message = [](ChatMessage::Role role, std::string text) {
    ChatMessage m;
    m.role = role;
    m.text = std::move(text);
    return m;
  };
  // What all attempts with this function share comes first, so that it is read once.
  const bool whole = attempt.way == RepairWay::kWhole;
  std::string shared = std::format(
      "This test fails:\n```\n{}```\nIt says:\n```\n{}\n```\nThe function {} in {} has a bug:\n```\n{}```\n",
      attempt.suspect.test, failure_of(attempt), symbol.qualified_name, symbol.file,
      whole ? source_of(bench, symbol, kMostFunctionLines) : numbered_source(*before, symbol));
  struct Question {
    std::string text;
    int line = 0;  // that the answer is for; 0: it says so
  };
  const Lines lines(*before);
  const auto about = [&](int line) {
    return Question{
        std::format("Line {} is wrong:\n{}\nWrite the corrected line, and nothing else.", line, lines.text(line)),
        line};
  };
  std::vector<Question> questions;
  if (attempt.way == RepairWay::kOneLine) {
    questions.push_back({"One line is wrong. Answer with its number and the corrected line, and nothing else."});
  } else if (whole) {
    questions.push_back({"Write the whole corrected function in one code block. It must not stay as it is."});
  } else {
    for (const int line : code_lines(*before, symbol)) questions.push_back(about(line));
  }
  const float temperature = attempt.way == RepairWay::kEveryLineAgain ? 0.8f : 0.0f;
  std::set<std::string> tried = {*before};
  attempt.why = "no answer that could be used";
  for (size_t asked = 0; asked < questions.size(); ++asked) {
    if (attempt.stop && attempt.stop()) break;
    const Question question = questions[asked];
    const std::vector<ChatMessage> transcript = {message(ChatMessage::Role::kSystem, "You find and mend bugs."),
                                                 message(ChatMessage::Role::kUser, shared + question.text)};
    const ChatOptions options{.max_tokens = whole ? kReplyTokens : 80,
                              .temperature = temperature,
                              .seed = static_cast<uint64_t>(question.line)};
    auto turn = model.reply(transcript, {}, options, {}, attempt.cancel);
    if (!turn) return std::unexpected(turn.error());
    attempt.usage += turn->usage;
    std::optional<std::string> text;
    if (!whole) {
      int number = 0;
      const std::string code = line_in(turn->message.text, &number);
      // The number alone: then that line is asked about.
      if (question.line == 0 && !code.empty() && code.size() < 7 && code.find_first_not_of("0123456789") == code.npos) {
        if (const int line = std::stoi(code); line >= symbol.first_line && line <= symbol.last_line) {
          questions.push_back(about(line));
        }
        continue;
      }
      const int line = question.line > 0 ? question.line : number;
      if (line >= symbol.first_line && line <= symbol.last_line) text = with_line(*before, line, code);
    }
    if (!text &&
        turn->message.text.find("```") != std::string::npos) {  // it may have written the function all the same
      const FileEdit edited = edit_file(
          symbol.file, *before,
          {SymbolEdit{SymbolAction::kReplace, symbol.qualified_name, code_in(turn->message.text), symbol.name_line}});
      // It must still be this function, and nothing else may be gone.
      const auto tree = SourceTree::parse(symbol.file, edited.text), old_tree = SourceTree::parse(symbol.file, *before);
      if (edited.applied && tree && old_tree && tree->find(symbol.qualified_name) >= 0 &&
          tree->symbols().size() >= old_tree->symbols().size())
        text = edited.text;
    }
    if (!text || !tried.insert(*text).second) continue;
    auto better = judge(bench, attempt, *before, *text);
    if (!better) return std::unexpected(better.error());
    if (*better) return {};
  }
  return {};
}

}  // namespace strata::agent
