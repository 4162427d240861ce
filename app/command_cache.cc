// SPDX-License-Identifier: Apache-2.0
// strata cache: what models have read and keep, and care of it.
#include <chrono>
#include <filesystem>
#include <format>
#include <iostream>
#include <memory>
#include <optional>

#include "agent/cache_limit.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"

namespace strata::app {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

struct Arguments {
  std::string repository, file, size;
  ModelArguments model;
  bool all = false;
  bool json = false;
};

std::string bytes_text(uint64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

std::string day_text(int64_t seconds) {
  return std::format("{:%F}", std::chrono::sys_seconds(std::chrono::seconds(seconds)));
}

// Runs `work` on the folder of the cache, with a progress line, and reports its error.
template <typename Work>
int in_cache(const Arguments& arguments, Work work) {
  auto folder = cache_folder("kv");
  if (!folder) return report(folder.error(), arguments.json);
  ProgressLine line;
  Result<void> done = work(*folder, line);
  line.clear();
  return done ? kDone : report(done.error(), arguments.json);
}

CareProgress shown(ProgressLine& line, std::string_view what) {
  return [&line, what](uint64_t done, uint64_t total) {
    line.show(what, static_cast<int64_t>(done), static_cast<int64_t>(total));
  };
}

Result<void> list(const Arguments& arguments, const fs::path& folder) {
  auto files = list_snapshots(folder);
  if (!files) return std::unexpected(files.error());
  if (arguments.json) {
    json rows = json::array();
    for (const SnapshotFile& file : *files) {
      json repositories = json::array();
      for (const StoredRepository& r : file.repositories)
        repositories.push_back({{"repository", to_utf8(r.root)},
                                {"segments", r.segments},
                                {"tokens", r.tokens},
                                {"bytes", r.bytes},
                                {"last_used", r.last_used}});
      rows.push_back({{"file", to_utf8(file.file.string())},
                      {"model", to_utf8(file.identity.model)},
                      {"fingerprint", file.identity.fingerprint},
                      {"bytes_on_disk", file.bytes_on_disk},
                      {"problem", to_utf8(file.problem)},
                      {"repositories", repositories}});
    }
    print_json({{"folder", to_utf8(folder.string())}, {"files", rows}});
    return {};
  }
  if (files->empty()) std::cout << "nothing has been read yet\n";
  for (const SnapshotFile& file : *files) {
    std::cout << std::format("{}, {} on disk{}\n",
                             to_utf8(file.problem.empty() ? file.identity.model : file.file.filename().string()),
                             bytes_text(file.bytes_on_disk), file.problem.empty() ? "" : ": " + to_utf8(file.problem));
    for (const StoredRepository& r : file.repositories)
      std::cout << std::format("  {:>8}  {:>9} tokens  last used {}  {}\n", bytes_text(r.bytes), r.tokens,
                               day_text(r.last_used), r.root.empty() ? "(not opened yet)" : to_utf8(r.root));
  }
  return {};
}

Result<void> size(const Arguments& arguments, const fs::path& folder) {
  auto limit = agent::cache_limit(folder);
  if (!limit) return std::unexpected(limit.error());
  std::error_code error;
  const uint64_t free = fs::space(folder, error).available;
  if (arguments.json)
    print_json({{"bytes", folder_bytes(folder)}, {"limit_bytes", *limit}, {"free_bytes", error ? 0 : free}});
  else
    std::cout << std::format("{} of at most {}; the disk has {} free\n", bytes_text(folder_bytes(folder)),
                             bytes_text(*limit), error ? "?" : bytes_text(free));
  return {};
}

Result<void> verify(const Arguments& arguments, const fs::path& folder, ProgressLine& line) {
  auto files = list_snapshots(folder);
  if (!files) return std::unexpected(files.error());
  Verified all;
  json problems = json::array();
  for (const SnapshotFile& file : *files) {
    if (!file.problem.empty()) {
      problems.push_back(to_utf8(file.file.string() + ": " + file.problem));
      continue;
    }
    auto verified = verify_snapshots(file.file, shown(line, "verifying"), &interrupted());
    if (!verified && verified.error().kind == ErrorKind::kCancelled) return std::unexpected(verified.error());
    if (!verified) {
      problems.push_back(to_utf8(verified.error().message));
      continue;
    }
    all.segments += verified->segments;
    all.damaged += verified->damaged;
    all.bytes += verified->bytes;
    std::ranges::move(verified->damaged_paths, std::back_inserter(all.damaged_paths));
  }
  line.clear();
  for (std::string& path : all.damaged_paths) path = to_utf8(path);
  if (arguments.json) {
    print_json({{"segments", all.segments},
                {"bytes", all.bytes},
                {"damaged", all.damaged},
                {"damaged_files", all.damaged_paths},
                {"problems", problems}});
    return {};
  }
  std::cout << std::format("{} pieces, {}: {}\n", all.segments, bytes_text(all.bytes),
                           all.damaged == 0
                               ? "all are what was written"
                               : std::format("{} were damaged and dropped; they will be read again", all.damaged));
  for (const std::string& path : all.damaged_paths) std::cout << "  " << path << "\n";
  for (const json& problem : problems) std::cout << problem.get<std::string>() << "\n";
  return {};
}

void print_freed(const Arguments& arguments, const Freed& freed) {
  if (arguments.json)
    print_json({{"segments", freed.segments}, {"bytes", freed.bytes}});
  else
    std::cout << std::format("{} pieces removed, {} given back\n", freed.segments, bytes_text(freed.bytes));
}

Result<void> clear(const Arguments& arguments, const fs::path& folder, ProgressLine& line) {
  std::optional<std::string> repository;
  if (!arguments.all) {
    // As it was opened: the top of the work tree, which may be gone by now.
    std::error_code error;
    fs::path root = fs::weakly_canonical(arguments.repository, error);
    if (auto tree = repo::Index::open(root, cache_folder("index").value_or(folder))) root = tree->root();
    repository = root.string();
  }
  auto files = list_snapshots(folder);
  if (!files) return std::unexpected(files.error());
  Freed freed;
  for (const SnapshotFile& file : *files) {
    if (!file.problem.empty()) continue;
    auto cleared = clear_snapshots(file.file, repository, shown(line, "clearing"), &interrupted());
    if (!cleared) return std::unexpected(cleared.error());
    freed.segments += cleared->segments;
    freed.bytes += cleared->bytes;
  }
  if (arguments.all) {
    auto leftovers = clear_leftovers(folder);
    if (!leftovers) return std::unexpected(leftovers.error());
    freed.bytes += leftovers->bytes;
  }
  line.clear();
  print_freed(arguments, freed);
  return {};
}

void print_transferred(const Arguments& arguments, const Transferred& t, std::string_view done) {
  if (arguments.json)
    print_json({{"segments", t.segments}, {"tokens", t.tokens}, {"present", t.present}, {"damaged", t.damaged}});
  else
    std::cout << std::format("{} pieces, {} tokens {}{}{}\n", t.segments, t.tokens, done,
                             t.present > 0 ? std::format("; {} were there already", t.present) : "",
                             t.damaged > 0 ? std::format("; {} are damaged and were left out", t.damaged) : "");
}

Result<void> export_repository(const Arguments& arguments, const fs::path& folder) {
  auto opened = open_index(arguments.repository);
  if (!opened) return std::unexpected(opened.error());
  auto model = open_model(arguments.model);
  if (!model) return std::unexpected(model.error());
  auto files = opened->index.files();
  if (!files) return std::unexpected(files.error());
  std::vector<RecipeAndBlob> wanted;
  for (const repo::File& file : *files) wanted.push_back({std::string(agent::recipe_of(file)), file.blob_id});
  const KvIdentity identity = agent::kv_identity(**model);
  // Opening converts what an earlier version has read.
  if (auto store = SnapshotStore::open(folder, identity, {.notice = notice}); !store)
    return std::unexpected(store.error());
  ProgressLine line;
  auto done = export_snapshots(SnapshotStore::file_of(folder, identity.fingerprint), wanted, arguments.file,
                               shown(line, "exporting"), &interrupted());
  line.clear();
  if (!done) return std::unexpected(done.error());
  print_transferred(arguments, *done, "exported to " + to_utf8(arguments.file));
  return {};
}

Result<void> import_file(const Arguments& arguments, const fs::path& folder, ProgressLine& line) {
  auto model = open_model(arguments.model);
  if (!model) return std::unexpected(model.error());
  auto limit = agent::cache_limit(folder);
  if (!limit) return std::unexpected(limit.error());
  auto done = import_snapshots(arguments.file, folder, agent::kv_identity(**model), *limit, shown(line, "importing"),
                               &interrupted());
  if (!done) return std::unexpected(done.error());
  line.clear();
  print_transferred(arguments, *done, "imported");
  return {};
}

Result<void> limit(const Arguments& arguments, const fs::path& folder, ProgressLine& line) {
  if (!arguments.size.empty()) {
    std::optional<uint64_t> chosen;
    if (arguments.size != "default") {
      auto parsed = agent::parse_size(arguments.size);
      if (!parsed) return std::unexpected(parsed.error());
      chosen = *parsed;
    }
    if (auto stored = agent::choose_cache_limit(chosen); !stored) return stored;
  }
  auto now = agent::cache_limit(folder);
  if (!now) return std::unexpected(now.error());
  if (!arguments.size.empty() && folder_bytes(folder) > *now) {
    auto freed = evict(folder, *now, {{}, {}, notice, shown(line, "making room"), &interrupted()});
    if (!freed) return std::unexpected(freed.error());
    line.clear();
    std::cerr << std::format("what was used longest ago was removed: {} pieces, {}\n", freed->segments,
                             bytes_text(freed->bytes));
  }
  return size(arguments, folder);
}

}  // namespace

void add_cache(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  auto* cache = app.add_subcommand("cache", "What models have read and keep on disk: list it, check it, share it");
  cache->require_subcommand(1);
  const auto add = [&](const char* name, const char* what, auto work) {
    auto* command = cache->add_subcommand(name, what);
    command->add_flag("--json", arguments->json, "Print the result as JSON");
    command->callback([arguments, &run, work] {
      run = [arguments, work] {
        return in_cache(*arguments, [&](const fs::path& folder, ProgressLine& line) -> Result<void> {
          return work(*arguments, folder, line);
        });
      };
    });
    return command;
  };
  const auto add_model = [&](CLI::App* command) {
    command->add_option("--model", arguments->model.model, "Catalogue name, GGUF file or folder");
  };
  add("list", "What is kept, by model and repository",
      [](const Arguments& a, const fs::path& folder, ProgressLine&) { return list(a, folder); });
  add("size", "How much is kept, and how much may be",
      [](const Arguments& a, const fs::path& folder, ProgressLine&) { return size(a, folder); });
  add("verify", "Check everything against its checksums; what is damaged is dropped and read again", verify);
  auto* clearing = add("clear", "Forget what was read of a repository", clear);
  auto* what = clearing->add_option_group("what")->require_option(1);
  what->add_option("repository", arguments->repository, "Folder of the repository");
  what->add_flag("--all", arguments->all, "Forget everything");
  auto* exporting =
      add("export", "Write what was read of a repository into one file, for another machine",
          [](const Arguments& a, const fs::path& folder, ProgressLine&) { return export_repository(a, folder); });
  exporting->add_option("repository", arguments->repository, "Folder of the repository")->required();
  exporting->add_option("file", arguments->file, "File to write")->required();
  add_model(exporting);
  auto* importing = add("import", "Take over an exported file, from people you trust", import_file);
  importing->add_option("file", arguments->file, "An exported file")->required();
  add_model(importing);
  auto* limiting = add("limit", "Show the limit, or set it and remove what is beyond", limit);
  limiting->add_option("size", arguments->size, "For example 20GB, or \"default\": at most a quarter of the disk");
}

}  // namespace strata::app
