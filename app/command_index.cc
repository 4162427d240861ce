// SPDX-License-Identifier: Apache-2.0
// strata index REPO: what is in a repository.
#include <format>
#include <iostream>
#include <map>
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

// By reason; of reasons that hundreds of paths share, the first few. JSON has all.
void print_skipped(const std::vector<repo::Skipped>& skipped) {
  constexpr size_t kShown = 8;
  std::map<std::string, std::vector<std::string>> by_reason;
  for (const auto& s : skipped) by_reason[s.reason].push_back(to_utf8(s.path));
  for (const auto& [reason, paths] : by_reason) {
    std::cout << std::format("left out, {}:{}\n", to_utf8(reason),
                             paths.size() > 1 ? std::format(" {}", paths.size()) : "");
    for (size_t i = 0; i < std::min(paths.size(), kShown); ++i) std::cout << "  " << paths[i] << "\n";
    if (paths.size() > kShown) std::cout << std::format("  ... and {} more\n", paths.size() - kShown);
  }
}

int index(const Arguments& arguments) {
  auto opened = open_index(arguments.repository);
  if (!opened) return report(opened.error(), arguments.json);
  const repo::IndexReport& r = opened->report;
  if (arguments.json) {
    nlohmann::ordered_json languages = nlohmann::ordered_json::object(), skipped = nlohmann::ordered_json::array(),
                           secrets = nlohmann::ordered_json::array();
    for (const auto& [language, files] : r.languages) languages[language] = files;
    for (const auto& s : r.skipped) skipped.push_back({{"file", to_utf8(s.path)}, {"reason", to_utf8(s.reason)}});
    for (const auto& s : r.secrets) secrets.push_back({{"file", to_utf8(s.path)}, {"line", s.line}, {"kind", s.kind}});
    print_json({{"files", r.files},
                {"lines", r.lines},
                {"bytes", r.bytes},
                {"symbols", r.symbols},
                {"references", r.references},
                {"parsed_files", r.parsed_files},
                {"languages", languages},
                {"skipped", skipped},
                {"secrets", secrets},
                {"git", r.is_git},
                {"head", to_utf8(r.head)},
                {"seconds", r.seconds},
                {"phases",
                 {{"walk_s", r.walk_s}, {"parse_s", r.parse_s}, {"store_s", r.store_s}, {"resolve_s", r.resolve_s}}}});
    return kDone;
  }
  std::cout << std::format("{} files, {} lines, {}, {} symbols, {} references{}\n", r.files, r.lines,
                           format_bytes(static_cast<double>(r.bytes)), r.symbols, r.references,
                           r.head.empty() ? "" : "; " + to_utf8(r.head));
  std::cout << std::format("{:.2f} s: walk {:.2f}, parse {:.2f} ({} files), store {:.2f}, imports {:.2f}\n", r.seconds,
                           r.walk_s, r.parse_s, r.parsed_files, r.store_s, r.resolve_s);
  for (const auto& [language, files] : r.languages) std::cout << std::format("  {:<12} {:>6} files\n", language, files);
  print_skipped(r.skipped);
  for (const auto& s : r.secrets)
    std::cout << std::format("secret, masked: {}:{} ({})\n", to_utf8(s.path), s.line, s.kind);
  return kDone;
}

}  // namespace

void add_index(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("index", "Index a repository: files, symbols, references");
  command->add_option("repository", arguments->repository, "Folder of the repository")->required();
  command->add_flag("--json", arguments->json, "Print the result as JSON");
  command->callback([arguments, &run] { run = [arguments] { return index(*arguments); }; });
}

}  // namespace strata::app
