// SPDX-License-Identifier: Apache-2.0
// Turns that no model is needed for, or that are made for a small one.
#include <algorithm>
#include <cctype>
#include <format>

#include "agent/run/mechanical.h"
#include "agent/run/run.h"
#include "agent/run/run_events.h"

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;

constexpr size_t kMostLooks = 4;
constexpr int kLookLines = 60;

// Words of a text that may be files or symbols, each once.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  std::string word;
  const auto end = [&] {
    while (!word.empty() && (word.back() == '.' || word.back() == ':')) word.pop_back();
    if (word.size() > 2 && word.size() < 200 && std::ranges::find(names, word) == names.end()) names.push_back(word);
    word.clear();
  };
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_./:-").contains(c))
      word += c;
    else
      end();
  }
  end();
  return names;
}

}  // namespace

Result<std::optional<RunOutcome>> AgentRun::mechanical() {
  if (state_.transcript.size() > 2) return std::optional<RunOutcome>();  // has begun otherwise
  auto index = bench_->index();
  if (!index) return std::unexpected(index.error());
  auto steps = mechanical_steps(**index, state_.instruction);
  if (!steps) return std::optional<RunOutcome>();
  if (!steps->rest.empty()) steps->steps.push_back(steps->rest);
  if (auto done = record("plan", {{"steps", steps->steps}, {"by", "strata"}}); !done)
    return std::unexpected(done.error());
  int number = 0;
  for (ToolCall& call : steps->calls) call.id = std::format("step_{}", ++number);
  if (steps->rest.empty())
    steps->calls.push_back({std::format("step_{}", ++number), "done", {{"summary", "as the instruction says"}}});
  if (auto done = record("turn", {{"text", ""}, {"calls", json_of(steps->calls)}, {"by", "strata"}}); !done)
    return std::unexpected(done.error());
  return std::optional<RunOutcome>();
}

// Small models guess paths and names rather than look. So the first turn is made for them: it looks at the files and
// symbols that the instruction names, and shows them what a call looks like.
Result<void> AgentRun::look_first() {
  auto index = bench_->index();
  if (!index) return std::unexpected(index.error());
  std::vector<ToolCall> calls;
  const auto call = [&](const char* tool, json arguments) {
    if (calls.size() < kMostLooks)
      calls.push_back({std::format("look_{}", calls.size() + 1), tool, std::move(arguments)});
  };
  for (const std::string& word : names_in(state_.instruction)) {
    auto found = (*index)->find_symbols(word);
    if (!found) return std::unexpected(found.error());
    std::erase_if(*found,
                  [&](const repo::Symbol& s) { return !s.definition || (s.name != word && s.qualified_name != word); });
    if (bench_->exists(word))
      call("read", {{"path", word}, {"first", 1}, {"last", kLookLines}});
    else if (found->size() == 1 && found->front().last_line - found->front().first_line < kLookLines)
      call("read",
           {{"path", found->front().file}, {"first", found->front().first_line}, {"last", found->front().last_line}});
    else if (word.find_first_of("_.:") != word.npos || found->size() > 1)
      call("search", {{"query", word}});
  }
  if (calls.empty()) call("search", {{"query", state_.instruction}});
  const std::vector<std::string> steps = {"Look at what the task names.", "Change it.", "Run the check and call done."};
  std::string text;
  for (size_t i = 0; i < steps.size(); ++i) text += std::format("{}{}. {}", i ? "\n" : "", i + 1, steps[i]);
  if (auto done = record("plan", {{"steps", steps}, {"by", "strata"}}); !done) return done;
  return record("turn", {{"text", text}, {"calls", json_of(calls)}, {"by", "strata"}});
}

}  // namespace strata::agent
