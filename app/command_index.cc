// SPDX-License-Identifier: Apache-2.0
// strata index REPO: what is in a repository.
#include <format>
#include <iostream>
#include <memory>

#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"

namespace strata::app {
namespace {

struct Arguments {
  std::string repository;
  bool json = false;
};

int index(const Arguments& arguments) {
  auto opened = open_index(arguments.repository);
  if (!opened) return report(opened.error(), arguments.json);
  const repo::IndexReport& r = opened->report;
  if (arguments.json) {
    nlohmann::ordered_json languages, skipped = nlohmann::ordered_json::array();
    for (const auto& [language, files] : r.languages) languages[language] = files;
    for (const auto& s : r.skipped) skipped.push_back({{"file", to_utf8(s.path)}, {"reason", s.reason}});
    print_json({{"files", r.files},
                {"lines", r.lines},
                {"bytes", r.bytes},
                {"symbols", r.symbols},
                {"references", r.references},
                {"parsed_files", r.parsed_files},
                {"languages", languages},
                {"skipped", skipped},
                {"git", r.is_git},
                {"seconds", r.seconds},
                {"phases", {{"walk_s", r.walk_s}, {"parse_s", r.parse_s}, {"store_s", r.store_s}}}});
    return kDone;
  }
  std::cout << std::format("{} files, {} lines, {} symbols, {} references in {:.2f} s ({} files parsed)\n", r.files,
                           r.lines, r.symbols, r.references, r.seconds, r.parsed_files);
  for (const auto& [language, files] : r.languages) std::cout << std::format("  {:<12} {:>6} files\n", language, files);
  for (const auto& s : r.skipped) std::cout << std::format("  left out: {} ({})\n", to_utf8(s.path), s.reason);
  return kDone;
}

}  // namespace

Result<OpenedIndex> open_index(const std::string& repository) {
  auto folder = cache_folder("index");
  if (!folder) return std::unexpected(folder.error());
  auto index = repo::Index::open(repository, *folder);
  if (!index) return std::unexpected(index.error());
  ProgressLine line;
  auto report = index->update([&](std::string_view what, int64_t done, int64_t total) { line.show(what, done, total); },
                              &interrupted());
  line.clear();
  if (!report) return std::unexpected(report.error());
  if (!report->notice.empty()) notice(report->notice);
  return OpenedIndex{std::move(*index), std::move(*report)};
}

void add_index(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("index", "Index a repository: files, symbols, references");
  command->add_option("repository", arguments->repository, "Folder of the repository")->required();
  command->add_flag("--json", arguments->json, "Print the result as JSON");
  command->callback([arguments, &run] { run = [arguments] { return index(*arguments); }; });
}

}  // namespace strata::app
