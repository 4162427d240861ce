// SPDX-License-Identifier: Apache-2.0
// strata models list|get|path: the models Strata knows by name.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <format>
#include <iostream>
#include <memory>

#include "app/catalogue.h"
#include "app/commands.h"
#include "app/console.h"

namespace strata::app {
namespace {

namespace fs = std::filesystem;

int list(bool json) {
  auto models = catalogue();
  if (!models) return report(models.error(), json);
  if (json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const auto& m : *models)
      rows.push_back({{"name", m.name},
                      {"bytes", m.bytes},
                      {"licence", m.licence},
                      {"description", m.description},
                      {"present", m.present},
                      {"path", m.path.string()},
                      {"default", m.name == default_model_name()}});
    print_json({{"models", rows}});
    return kDone;
  }
  for (const auto& m : *models)
    std::cout << std::format("{:<22} {:>8}  {}  {}{}\n", m.name, format_bytes(static_cast<double>(m.bytes)),
                             m.present ? "here       " : "not fetched", m.description,
                             m.name == default_model_name() ? " (default)" : "");
  return kDone;
}

int path(const std::string& name) {
  auto found = resolve_model(name);
  if (!found) return report(found.error(), false);
  std::cout << found->string() << "\n";
  return kDone;
}

// Fetching is a script (packaging/fetch-model): installed beside the binary, or in the source tree.
Result<fs::path> fetch_script() {
  std::error_code error;
  const fs::path binary = fs::read_symlink("/proc/self/exe", error);
  for (const fs::path& candidate : {binary.parent_path().parent_path() / "share/strata/packaging/fetch-model",
                                    fs::path(STRATA_SOURCE_FOLDER) / "packaging/fetch-model"})
    if (fs::exists(candidate, error)) return candidate;
  return fail(ErrorKind::kNotFound, "the script fetch-model is missing from this installation");
}

int get(std::string name) {
  if (name.empty()) name = default_model_name();
  auto models = catalogue();
  if (!models) return report(models.error(), false);
  const bool known = std::ranges::any_of(*models, [&](const auto& m) { return m.name == name; });
  if (!known) return report({ErrorKind::kNotFound, name + ": not in the catalogue; see `strata models list`"}, false);
  auto script = fetch_script();
  if (!script) return report(script.error(), false);
  execl(script->c_str(), script->c_str(), name.c_str(), static_cast<char*>(nullptr));
  return report({ErrorKind::kIo, script->string() + ": cannot be started"}, false);
}

}  // namespace

void add_models(CLI::App& app, Run& run) {
  auto json = std::make_shared<bool>(false);
  auto name = std::make_shared<std::string>();
  auto* models = app.add_subcommand("models", "The models Strata knows by name");
  models->require_subcommand(1);
  auto* listing = models->add_subcommand("list", "All of them, and which are here");
  listing->add_flag("--json", *json, "Print the result as JSON");
  listing->callback([json, &run] { run = [json] { return list(*json); }; });
  auto* getting = models->add_subcommand("get", "Fetch one (resumable, checked)");
  getting->add_option("name", *name, "Catalogue name; the default model if left out");
  getting->callback([name, &run] { run = [name] { return get(*name); }; });
  auto* locating = models->add_subcommand("path", "Where a model's file is");
  locating->add_option("name", *name, "Catalogue name; the default model if left out");
  locating->callback([name, &run] { run = [name] { return path(*name); }; });
}

}  // namespace strata::app
