// SPDX-License-Identifier: Apache-2.0
#include "app/review_output.h"

#include <algorithm>
#include <format>
#include <iostream>

#include "app/console.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

json to_json(const std::vector<agent::Hunk::Move>& moves) {
  json rows = json::array();
  for (const auto& m : moves)
    rows.push_back({{"file", to_utf8(m.path)}, {"line", m.line}, {"lines", m.lines}, {"at", m.at}});
  return rows;
}

std::string listed(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += std::format("{}{}", text.empty() ? "" : ", ", number);
  return text;
}

void print(const agent::Hunk& hunk, const std::map<int, std::string>& said) {
  const std::string state =
      hunk.state == agent::HunkState::kPending ? "" : std::format(" ({})", agent::name_of(hunk.state));
  std::cout << std::format("[{}]{} {}\n", hunk.number, state, printable(hunk.explanation));
  if (const auto found = said.find(hunk.number); found != said.end())
    std::cout << std::format("    the model says: {}\n", printable(found->second));
  std::cout << printable(hunk.diff);
  for (const auto& m : hunk.moved_from)
    std::cout << std::format("    {} lines from line {} on came from {}:{}\n", m.lines, m.at, printable(m.path),
                             m.line);
  for (const auto& m : hunk.moved_to)
    std::cout << std::format("    {} lines from old line {} on went to {}:{}\n", m.lines, m.at, printable(m.path),
                             m.line);
  if (!hunk.comment.empty()) std::cout << std::format("    your comment: {}\n", printable(hunk.comment));
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string text = to_utf8(bytes);
  std::erase(text, '\r');
  for (char& c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
  return text;
}

json to_json(const agent::Proposal& proposal, const std::map<int, std::string>& said) {
  json files = json::array();
  for (const auto& file : proposal.files) {
    json hunks = json::array();
    for (const auto& hunk : file.hunks) {
      json one = {{"number", hunk.number},
                  {"explanation", to_utf8(hunk.explanation)},
                  {"symbol", to_utf8(hunk.symbol)},
                  {"old_first", hunk.old_first},
                  {"old_lines", hunk.old_lines},
                  {"new_first", hunk.new_first},
                  {"new_lines", hunk.new_lines},
                  {"state", agent::name_of(hunk.state)},
                  {"formatting_only", hunk.formatting_only},
                  {"moved_from", to_json(hunk.moved_from)},
                  {"moved_to", to_json(hunk.moved_to)},
                  {"diff", to_utf8(hunk.diff)}};
      if (const auto found = said.find(hunk.number); found != said.end()) one["model_says"] = to_utf8(found->second);
      if (!hunk.comment.empty()) one["comment"] = to_utf8(hunk.comment);
      hunks.push_back(std::move(one));
    }
    json one = {{"file", to_utf8(file.path)}, {"binary", file.binary}, {"hunks", hunks}};
    if (file.old_path != file.path) one["old_file"] = to_utf8(file.old_path);
    files.push_back(std::move(one));
  }
  return files;
}

json to_json(const std::vector<agent::Risk>& risks) {
  json rows = json::array();
  for (const auto& risk : risks) {
    json places = json::array();
    for (const auto& place : risk.places) places.push_back({{"file", to_utf8(place.path)}, {"line", place.line}});
    rows.push_back({{"kind", agent::name_of(risk.kind)},
                    {"text", to_utf8(risk.text)},
                    {"hunks", risk.hunks},
                    {"places", std::move(places)}});
  }
  return rows;
}

json to_json(const agent::CheckResult& check) {
  json failed = json::array();
  for (const std::string& test : check.failed) failed.push_back(to_utf8(test));
  return {{"command", to_utf8(check.command)}, {"good", check.good}, {"exit_code", check.exit_code},
          {"seconds", check.seconds},          {"failed", failed},   {"errors", check.errors},
          {"output", to_utf8(check.output)}};
}

json to_json(const agent::WriteReport& done) {
  json conflicts = json::array(), written = json::array();
  for (const auto& conflict : done.conflicts)
    conflicts.push_back({{"file", to_utf8(conflict.path)},
                         {"reason", to_utf8(conflict.reason)},
                         {"hunks", conflict.hunks},
                         {"text", to_utf8(conflict.text)}});
  for (const auto& change : done.written) written.push_back(to_utf8(change.path));
  return {{"run", done.run}, {"step", done.step}, {"written", written}, {"conflicts", conflicts}};
}

void print(const agent::Proposal& proposal, const std::map<int, std::string>& said) {
  for (const auto& file : proposal.files) {
    const std::string renamed = file.old_path != file.path ? " (was " + printable(file.old_path) + ")" : "";
    const char* what = !file.before ? " (new)" : !file.after ? " (deleted)" : "";
    std::cout << std::format("{}{}{}{}\n", printable(file.path), renamed, what, file.binary ? " (binary)" : "");
    for (const auto& hunk : file.hunks) print(hunk, said);
  }
}

void print(const std::vector<agent::Risk>& risks) {
  for (const auto& risk : risks) {
    std::string hunks;
    for (const int number : risk.hunks) hunks += std::format("[{}]", number);
    std::cout << std::format("risk {} {}: {}\n", hunks, agent::name_of(risk.kind), printable(risk.text));
    for (const auto& place : risk.places) std::cout << std::format("    {}:{}\n", printable(place.path), place.line);
  }
}

void print(const agent::CheckResult& check) {
  std::cout << std::format("check {} ({}, {:.1f} s)\n", check.good ? "passes" : "fails", printable(check.command),
                           check.seconds);
  if (!check.good) std::cout << printable(check.output);
}

void print_conflicts(const std::vector<agent::Conflict>& conflicts) {
  for (const auto& conflict : conflicts) {
    std::cerr << std::format("strata: {}{}: {}\n", printable(conflict.path),
                             conflict.hunks.empty() ? "" : std::format(" (hunk {})", listed(conflict.hunks)),
                             printable(conflict.reason));
    // The places with markers, not the whole file.
    for (size_t at = 0; (at = conflict.text.find("<<<<<<<", at)) != std::string::npos;) {
      const size_t end = std::min(conflict.text.find('\n', conflict.text.find(">>>>>>>", at)), conflict.text.size());
      std::cerr << printable(std::string_view(conflict.text).substr(at, end - at)) << "\n";
      at = end;
    }
  }
}

int finish(const agent::WriteReport& done, std::string_view what, const std::string& repository, bool as_json,
           json result) {
  const bool good = done.conflicts.empty();
  result["status"] = good ? what : "conflict";
  result.update(to_json(done));
  if (as_json) print_json(result);
  print_conflicts(done.conflicts);
  if (!as_json && good) std::cout << std::format("{}: {} files\n", what, done.written.size());
  if (!as_json && good && what == "applied" && done.step > 0)
    std::cerr << std::format("`strata undo {} {}.{}` takes it back\n", repository, done.run, done.step);
  return good ? kDone : kFailed;
}

}  // namespace strata::app
