// SPDX-License-Identifier: Apache-2.0
// strata models list|get|path|check: the models Strata knows by name, and what they manage.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <format>
#include <iostream>
#include <memory>

#include "agent/tools/ability.h"
#include "app/catalogue.h"
#include "app/chat_models.h"
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

// Asks the model to call tools and to edit, and keeps what it managed for later runs of the agent.
int check(const ChatArguments& chat, bool json) {
  auto file = agent::abilities_file();
  if (!file) return report(file.error(), json);
  auto model = open_chat_model(chat);
  if (!model) return report(model.error(), json);
  auto ability = agent::check_ability(**model, notice, &interrupted());
  if (!ability) return report(ability.error(), json);
  if (auto stored = agent::store_ability(*file, (*model)->name(), *ability); !stored)
    return report(stored.error(), json);
  if (json) {
    nlohmann::ordered_json result = agent::json_of(*ability);
    result["model"] = (*model)->name();
    print_json(result);
    return kDone;
  }
  const auto count = [](const std::vector<agent::Trial>& trials) {
    return std::format("{} of {}", std::ranges::count(trials, true, &agent::Trial::good), trials.size());
  };
  std::cout << std::format("calls: {} by itself, {} when told to\n", count(ability->own_calls),
                           count(ability->told_calls));
  for (const auto& format : ability->edits)
    std::cout << std::format("edits by {}: {}\n", format.name, count(format.trials));
  const std::string format = ability->edit_format();
  std::cout << (ability->is_small() ? std::format("the agent gives it few tools, and edits by {}\n",
                                                  format.empty() ? "whatever it tries, as it managed none" : format)
                                    : "the agent gives it all tools\n");
  return kDone;
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
  auto chat = std::make_shared<ChatArguments>();
  auto* checking = models->add_subcommand("check", "Find out how well one calls tools and edits; the agent goes by it");
  checking->add_option("name", chat->model.model,
                       "Catalogue name, GGUF file or folder; with --endpoint its name there");
  checking->add_option("--endpoint", chat->endpoint, "Base URL of an OpenAI-compatible server");
  checking->add_flag("--json", *json, "Print the result as JSON, with what the model wrote where it was wrong");
  checking->callback([chat, json, &run] { run = [chat, json] { return check(*chat, *json); }; });
}

}  // namespace strata::app
