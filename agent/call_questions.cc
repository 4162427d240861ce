// SPDX-License-Identifier: Apache-2.0
#include "agent/call_questions.h"

#include <algorithm>
#include <format>
#include <ranges>

#include "agent/structural_parts.h"
#include "repo-indexer/structure.h"

namespace strata::agent {

namespace {

constexpr size_t kMeanings = 8;  // of a name that are followed
constexpr size_t kOthers = 3;    // that a call may mean are named

std::string defined_at(const repo::Symbol& symbol, Answer& answer) {
  const Citation c = citation_of(symbol);
  answer.citations.push_back(c);
  return place(c.file, c.start_line, c.end_line);
}

}  // namespace

Result<Answer> callees_of(const repo::Index& index, const Question& question,
                          const std::vector<repo::Symbol>& symbols) {
  struct Callee {
    std::vector<std::string> meanings;  // qualified names, several where the call may mean each of them
    const repo::Symbol* symbol;
    const repo::Reference* call;  // the first
  };
  std::vector<std::vector<repo::Relation>> relations;
  std::vector<Callee> callees;
  std::vector<std::string> outside;  // called, and not of this repository
  for (const repo::Symbol& symbol : symbols | std::views::take(kMeanings)) {
    auto found = index.callees(symbol);
    if (!found) return std::unexpected(found.error());
    relations.push_back(std::move(*found));
    const auto same_call = [](const repo::Relation& a, const repo::Relation& b) {
      return a.reference.line == b.reference.line && a.reference.name == b.reference.name;
    };
    for (const auto& candidates : relations.back() | std::views::chunk_by(same_call)) {
      const repo::Relation& first = candidates.front();
      Callee callee{{}, &first.symbol, &first.reference};
      for (const repo::Relation& r : candidates)
        if (r.symbol.id != 0 && !std::ranges::contains(callee.meanings, r.symbol.qualified_name))
          callee.meanings.push_back(r.symbol.qualified_name);
      if (callee.meanings.empty()) {
        if (!std::ranges::contains(outside, first.reference.name)) outside.push_back(first.reference.name);
      } else if (!std::ranges::contains(callees, callee.meanings, &Callee::meanings)) {
        callees.push_back(std::move(callee));
      }
    }
  }
  const auto joined = [](const std::vector<std::string>& names, size_t most) {
    std::string text;
    for (const std::string& name : names | std::views::take(most))
      text += std::format("{}`{}`", text.empty() ? "" : ", ", name);
    if (names.size() > most) text += std::format(" and {} more", names.size() - most);
    return text;
  };
  Answer answer;
  if (callees.empty()) {
    answer.text = std::format("`{}`, defined at {}, calls nothing of this repository", question.subject,
                              defined_at(symbols.front(), answer));
    answer.text += outside.empty() ? "." : std::format("; from elsewhere {}.", joined(outside, kPlaces));
    return answer;
  }
  answer.text =
      std::format("`{}` calls {} of this repository:\n", question.subject,
                  callees.size() == 1 ? std::string("one function") : std::format("{} functions", callees.size()));
  for (const Callee& c : callees | std::views::take(kPlaces)) {
    answer.text +=
        std::format("- {} at {}", "`" + c.meanings.front() + "`", place(c.call->file, c.call->line, c.call->line));
    if (c.meanings.size() == 1)
      answer.text += std::format(", defined at {}\n", place(c.symbol->file, c.symbol->name_line, c.symbol->name_line));
    else
      answer.text += std::format(", or {}\n", joined({c.meanings.begin() + 1, c.meanings.end()}, kOthers));
    answer.citations.push_back({c.call->file, c.call->line, c.call->line, "", true});
  }
  answer.text += rest_of(callees.size());
  if (!outside.empty()) answer.text += std::format("\nFrom elsewhere: {}.", joined(outside, kPlaces));
  return answer;
}

Result<Answer> call_chain(const repo::Index& index, const Question& question, const std::vector<repo::Symbol>& from,
                          const std::vector<repo::Symbol>& to, const Cancel* cancel) {
  std::vector<repo::CallStep> chain;
  for (const repo::Symbol& first : from | std::views::take(kMeanings)) {
    for (const repo::Symbol& last : to | std::views::take(kMeanings)) {
      if (!chain.empty()) break;
      auto found = repo::call_path(index, first, last, cancel);
      if (!found) return std::unexpected(found.error());
      chain = std::move(*found);
    }
  }
  Answer answer;
  if (chain.empty()) {
    answer.text = std::format("No chain of calls that the index knows of leads from `{}` to `{}`. ", question.subject,
                              question.object);
    answer.text += std::format("They are defined at {}", defined_at(from.front(), answer));
    answer.text += std::format(" and {}.", defined_at(to.front(), answer));
    return answer;
  }
  answer.text = chain.size() == 2 ? std::format("`{}` calls `{}` directly:\n", question.subject, question.object)
                                  : std::format("`{}` comes to call `{}` through {} calls:\n", question.subject,
                                                question.object, chain.size() - 1);
  for (size_t i = 1; i < chain.size(); ++i) {
    const repo::Reference& call = chain[i].call;
    answer.text += std::format("{}. `{}` calls `{}` at {}\n", i, chain[i - 1].symbol.qualified_name,
                               chain[i].symbol.qualified_name, place(call.file, call.line, call.line));
    answer.citations.push_back({call.file, call.line, call.line, "", true});
  }
  answer.text += std::format("\n`{}` is defined at {}.", question.object, defined_at(chain.back().symbol, answer));
  return answer;
}

Result<Answer> tests_touching(const repo::Index& index, const Question& question,
                              const std::vector<repo::Symbol>& symbols, const Cancel* cancel) {
  std::vector<repo::TouchingTest> tests;
  for (const repo::Symbol& symbol : symbols | std::views::take(kMeanings)) {
    auto found = repo::tests_of(index, symbol, cancel);
    if (!found) return std::unexpected(found.error());
    for (repo::TouchingTest& test : *found) {
      const auto same = [&](const repo::TouchingTest& t) {
        return t.test.file == test.test.file && t.test.qualified_name == test.test.qualified_name;
      };
      if (std::ranges::none_of(tests, same)) tests.push_back(std::move(test));
    }
  }
  std::ranges::stable_sort(tests, {}, &repo::TouchingTest::calls);
  Answer answer;
  if (tests.empty()) {
    answer.text = std::format("No test that the index knows of runs into `{}`, defined at {}.", question.subject,
                              defined_at(symbols.front(), answer));
    return answer;
  }
  answer.text = std::format(
      "{} into `{}`, nearest first:\n",
      tests.size() == 1 ? std::string("One test runs") : std::format("{} tests run", tests.size()), question.subject);
  for (const repo::TouchingTest& t : tests | std::views::take(kPlaces)) {
    if (t.test.id == 0) {
      answer.text += std::format("- file level of `{}`", t.test.file);
      answer.citations.push_back({t.test.file, 1, 1, "", true});
    } else {
      answer.text += std::format("- `{}` at {}", t.test.qualified_name, defined_at(t.test, answer));
    }
    if (t.calls > 1) {
      answer.text += std::format(", {} calls away", t.calls);
      if (!t.via.empty()) answer.text += std::format(" through `{}`", t.via);
    }
    answer.text += "\n";
  }
  answer.text += rest_of(tests.size());
  return answer;
}

}  // namespace strata::agent
