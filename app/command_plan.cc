// SPDX-License-Identifier: Apache-2.0
// strata plan and strata map: what of a repository fits into so many tokens. No model is needed: without --model,
// tokens are estimated.
#include <cmath>
#include <format>
#include <iostream>
#include <memory>

#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"
#include "engine/text/tokenizer.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

struct Arguments {
  std::string repository, model;
  int64_t tokens = 0;
  std::vector<std::string> near;
  bool json = false;
};

// Qwen 2.5's tokenizer makes a token of 3.2 (fzf, Go), 3.7 (ninja, C++) and 4.3 (Flask, half of it prose) bytes; less,
// so that what is said to fit does.
constexpr double kBytesPerToken = 3.0;

struct Counter {
  repo::TokenCounter count;
  std::string how;
};

Result<Counter> make_counter(const std::string& model) {
  if (model.empty()) {
    return Counter{[](std::string_view text) {
                     return std::llround(std::ceil(static_cast<double>(text.size()) / kBytesPerToken));
                   },
                   "estimated, 3 bytes each; --model counts"};
  }
  auto tokenizer = open_tokenizer(model);
  if (!tokenizer) return std::unexpected(tokenizer.error());
  auto shared = std::make_shared<Tokenizer>(std::move(*tokenizer));
  return Counter{[shared](std::string_view text) { return std::ssize(shared->encode(text)); }, "of " + model};
}

// Files in question must exist: a wrong name would silently change nothing.
Result<void> check_near(const repo::Index& index, const std::vector<std::string>& near) {
  for (const std::string& path : near) {
    if (const auto file = find_file(index, path); !file) return std::unexpected(file.error());
  }
  return {};
}

std::string_view name_of(repo::PackedSegment::Kind kind) {
  using Kind = repo::PackedSegment::Kind;
  return kind == Kind::kPreamble ? "preamble" : kind == Kind::kFile ? "file" : "outline";
}

std::string changes_of(const repo::PackedSegment& s) {
  if (s.kind == repo::PackedSegment::Kind::kPreamble) return "";
  if (s.changes == repo::PackedSegment::kUncommitted) return "not committed";
  return std::format("{} commit{}", s.changes, s.changes == 1 ? "" : "s");
}

int plan(const Arguments& a) {
  auto opened = open_index(a.repository);
  if (!opened) return report(opened.error(), a.json);
  if (auto known = check_near(opened->index, a.near); !known) return report(known.error(), a.json);
  auto counter = make_counter(a.model);
  if (!counter) return report(counter.error(), a.json);
  auto made = opened->index.pack(a.tokens, counter->count, a.near, &interrupted());
  if (!made) return report(made.error(), a.json);
  if (a.json) {
    json segments = json::array(), left_out = json::array(), secrets = json::array();
    for (const repo::PackedSegment& s : made->segments) {
      json row = {{"kind", name_of(s.kind)}, {"file", to_utf8(s.path)}, {"tokens", s.tokens}};
      if (s.changes == repo::PackedSegment::kUncommitted) {
        row["committed"] = false;
      } else {
        row["commits"] = s.changes;
      }
      segments.push_back(std::move(row));
    }
    for (const auto& l : made->left_out)
      left_out.push_back({{"file", to_utf8(l.path)}, {"tokens", l.tokens}, {"reason", to_utf8(l.reason)}});
    for (const repo::Secret& s : made->secrets)
      secrets.push_back({{"file", to_utf8(s.path)}, {"line", s.line}, {"kind", s.kind}});
    print_json({{"budget", made->budget},
                {"tokens", made->tokens},
                {"repository_tokens", made->repository_tokens},
                {"estimated", a.model.empty()},
                {"segments", segments},
                {"left_out", left_out},
                {"secrets", secrets}});
    return kDone;
  }
  std::cout << std::format("{} of {} tokens ({}); the whole repository has {}\n\n", made->tokens, made->budget,
                           counter->how, made->repository_tokens);
  for (const repo::PackedSegment& s : made->segments) {
    std::cout << std::format("{:>8}  {:<8}  {:<13}  {}\n", s.tokens, name_of(s.kind), changes_of(s), to_utf8(s.path));
  }
  if (!made->left_out.empty()) std::cout << "\nLeft out, or not whole:\n";
  for (const auto& l : made->left_out) std::cout << std::format("  {}: {}\n", to_utf8(l.path), l.reason);
  if (!made->secrets.empty()) std::cout << "\nSecrets, masked:\n";
  for (const repo::Secret& s : made->secrets)
    std::cout << std::format("  {}:{}: {}\n", to_utf8(s.path), s.line, s.kind);
  return kDone;
}

int map(const Arguments& a) {
  auto opened = open_index(a.repository);
  if (!opened) return report(opened.error(), a.json);
  if (auto known = check_near(opened->index, a.near); !known) return report(known.error(), a.json);
  auto counter = make_counter(a.model);
  if (!counter) return report(counter.error(), a.json);
  auto made = opened->index.map(a.tokens, counter->count, a.near);
  if (!made) return report(made.error(), a.json);
  if (a.json) {
    print_json({{"budget", a.tokens},
                {"tokens", counter->count(*made)},
                {"estimated", a.model.empty()},
                {"map", to_utf8(*made)}});
  } else {
    std::cout << *made;
  }
  if (made->empty()) notice("nothing fits, or there are no symbols");
  return kDone;
}

}  // namespace

void add_plan(CLI::App& app, Run& run) {
  const auto add = [&](const char* name, const char* what, int (*work)(const Arguments&)) {
    auto a = std::make_shared<Arguments>();
    auto* command = app.add_subcommand(name, what);
    command->add_option("repository", a->repository, "Folder of the repository")->required();
    command->add_option("--tokens", a->tokens, "How many tokens there is room for")
        ->required()
        ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
    command->add_option("--near", a->near, "Files in question (relative to the repository): what they use comes first");
    command->add_option("--model", a->model, "Count tokens as this model does (catalogue name, GGUF file or folder)");
    command->add_flag("--json", a->json, "Print the result as JSON");
    command->callback([a, &run, work] { run = [a, work] { return work(*a); }; });
  };
  add("plan", "What goes into a context of so many tokens, in which order, and what does not", plan);
  add("map", "The most central symbols of a repository, as a map of so many tokens", map);
}

}  // namespace strata::app
