// SPDX-License-Identifier: Apache-2.0
// strata search: by words (ranked passages) or by regular expression (lines). No model is needed.
#include <format>
#include <iostream>
#include <memory>

#include "agent/regex_search.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

struct Arguments {
  std::string repository, query;
  bool regex = false, json = false;
  int limit = 0;  // 0: 20 passages or 1000 lines
};

int by_regex(const Arguments& a, const repo::Index& index) {
  const size_t limit = a.limit > 0 ? static_cast<size_t>(a.limit) : 1000;
  auto found = agent::regex_search(index, a.query, limit, &interrupted());
  if (!found) {
    const int code = report(found.error(), a.json);
    return found.error().kind == ErrorKind::kInvalid ? kUsage : code;
  }
  json rows = json::array();
  for (const agent::LineMatch& m : found->matches) {
    if (a.json) {
      rows.push_back({{"file", to_utf8(m.file)}, {"line", m.line}, {"column", m.column}, {"text", to_utf8(m.text)}});
    } else {
      std::cout << std::format("{}:{}: {}\n", to_utf8(m.file), m.line, m.text);
    }
  }
  if (a.json) print_json({{"query", to_utf8(a.query)}, {"matches", rows}, {"more", found->more}});
  for (const repo::Skipped& s : found->unread) notice(s.path + ": " + s.reason);
  if (found->more) notice(std::format("there are more than {} lines (--limit)", limit));
  if (found->matches.empty()) notice("no line fits");
  return kDone;
}

int search(const Arguments& a) {
  auto opened = open_index(a.repository);
  if (!opened) return report(opened.error(), a.json);
  if (a.regex) return by_regex(a, opened->index);
  auto found = opened->index.search(a.query, a.limit > 0 ? a.limit : 20);
  if (!found) return report(found.error(), a.json);
  json rows = json::array();
  for (const repo::Hit& hit : *found) {
    const repo::Passage& p = hit.passage;
    if (a.json) {
      rows.push_back({{"file", to_utf8(p.file)},
                      {"first_line", p.first_line},
                      {"last_line", p.last_line},
                      {"symbol", to_utf8(p.symbol)},
                      {"kind", p.kind},
                      {"score", hit.score}});
    } else {
      std::cout << std::format("{:5.1f}  {}:{}-{}  {}\n", hit.score, to_utf8(p.file), p.first_line, p.last_line,
                               to_utf8(p.symbol));
    }
  }
  if (a.json) print_json({{"query", to_utf8(a.query)}, {"passages", rows}});
  if (found->empty()) notice("no passage has these words");
  return kDone;
}

}  // namespace

void add_search(CLI::App& app, Run& run) {
  auto a = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("search", "Find passages by their words, or lines by a regular expression");
  command->add_option("repository", a->repository, "Folder of the repository")->required();
  command->add_option("query", a->query, "Words, or with --regex a regular expression (PCRE2)")->required();
  command->add_flag("--regex", a->regex, "The query is a regular expression; every line is looked at");
  command->add_option("--limit", a->limit, "Most results (default: 20 passages, 1000 lines)")
      ->check(CLI::Range(1, 1'000'000));
  command->add_flag("--json", a->json, "Print the result as JSON");
  command->callback([a, &run] { run = [a] { return search(*a); }; });
}

}  // namespace strata::app
