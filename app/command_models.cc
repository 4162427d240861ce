// SPDX-License-Identifier: Apache-2.0
// strata models list|get|path|check|calibrate: the models Strata knows by name, and what they manage.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <format>
#include <iostream>
#include <memory>

#include "agent/calibrator.h"
#include "agent/tools/ability.h"
#include "app/catalogue.h"
#include "app/chat_models.h"
#include "app/commands.h"
#include "app/console.h"
#include "engine/format/gguf.h"

namespace strata::app {
namespace {

namespace fs = std::filesystem;

// Of a model's file: "shipped", "done here", or "" for a model that is not calibrated.
std::string calibrated(const fs::path& file) {
  auto gguf = GgufFile::open(file);
  if (!gguf) return {};
  const std::string name(gguf->string("general.name").value_or(file.stem().string()));
  switch (agent::calibration_of(gguf->fingerprint(), name, notice).source) {
    case agent::Calibration::Source::kNone: return {};
    case agent::Calibration::Source::kShipped: return "shipped";
    case agent::Calibration::Source::kUser: return "done here";
  }
  return {};
}

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
                      {"calibration", m.present ? calibrated(m.path) : ""},
                      {"default", m.name == default_model_name()}});
    print_json({{"models", rows}});
    return kDone;
  }
  for (const auto& m : *models) {
    const std::string calibration = m.present ? calibrated(m.path) : "";
    std::cout << std::format("{:<22} {:>8}  {:<22}  {}{}\n", m.name, format_bytes(static_cast<double>(m.bytes)),
                             !m.present            ? "not fetched"
                             : calibration.empty() ? "here, not calibrated"
                                                   : "here, calibrated",
                             m.description, m.name == default_model_name() ? " (default)" : "");
  }
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
  const bool here = !chat.remote() && !chat.scripted();
  const std::string calibration = here ? calibrated(resolve_model(chat.model.model).value_or("")) : "";
  if (json) {
    nlohmann::ordered_json result = agent::json_of(*ability);
    result["model"] = (*model)->name();
    if (here) result["calibration"] = calibration;
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
  if (here)
    std::cout << (calibration.empty() ? "it is not calibrated for questions: `strata models calibrate` does that\n"
                                      : std::format("it is calibrated for questions ({})\n", calibration));
  return kDone;
}

// What is read meanwhile, some hundred MB, for one process at a time; what a killed one left is removed as well.
class CalibrationFolder {
 public:
  static Result<std::unique_ptr<CalibrationFolder>> make() {
    auto folder = cache_folder("calibration");
    if (!folder) return std::unexpected(folder.error());
    const std::string lock = folder->string() + ".lock";
    const int file = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return fail(ErrorKind::kIo, lock + ": cannot be written");
    auto made = std::unique_ptr<CalibrationFolder>(new CalibrationFolder(*folder, file));
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      made->path_.clear();  // the other's
      return fail(ErrorKind::kIo, "another model is being calibrated; wait until that is done");
    }
    made->clear();
    return made;
  }
  CalibrationFolder(const CalibrationFolder&) = delete;
  CalibrationFolder& operator=(const CalibrationFolder&) = delete;
  ~CalibrationFolder() {
    clear();
    close(lock_);
  }
  const fs::path& path() const { return path_; }

 private:
  CalibrationFolder(fs::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  void clear() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  fs::path path_;
  int lock_;
};

void print_calibration(const agent::Calibrated& found, double seconds) {
  const auto& [calibration, measured] = found;
  std::string heads;
  for (const RetrievalHead& head : calibration.retrieval_heads) heads += std::format(" {}.{}", head.layer, head.head);
  const double together = measured["heads_mean_reciprocal_rank"];
  std::cout << (heads.empty()
                    ? std::format("no retrieval heads: the best find too little (mean reciprocal rank {:.2f})\n",
                                  together)
                    : std::format("retrieval heads, layer.head:{} (mean reciprocal rank {:.2f})\n", heads, together));
  const auto counts = [&](const char* which) {
    const auto& told = measured["ranking"][which];
    return std::format("{} of {} first, {} among the first five", told["first"].get<int>(), told["of"].get<int>(),
                       told["first_five"].get<int>());
  };
  std::cout << std::format("the right passage is {} (without heads {})\n", counts("with_heads"),
                           counts("without_heads"));
  if (measured["ranking"].contains("with_guessed_words"))
    std::cout << std::format("guessed words {}: {}\n", calibration.guesses_well ? "help" : "do not help",
                             counts("with_guessed_words"));
  if (measured.contains("answerable")) {
    const auto& told = measured["answerable"];
    const double area = told["area_under_curve"];
    std::cout << (calibration.answerable_from
                      ? std::format("what is not there is told from what is by odds below {:.2f}: {} of {} absent "
                                    "things, and {} of {} others (area under the curve {:.2f})\n",
                                    *calibration.answerable_from, told["absent_below"].get<int>(),
                                    told["absent"].get<int>(), told["present_below"].get<int>(),
                                    told["present"].get<int>(), area)
                      : std::format("it does not tell what is not there (area under the curve {:.2f})\n", area));
  } else {
    std::cout << "it has no chat template that Strata knows, so that it only ranks\n";
  }
  std::cout << std::format("calibrated in {}\n", format_duration(seconds));
}

// Finds out how a model is best asked, and keeps it for every later question.
int calibrate(const ModelArguments& arguments, bool json) {
  auto folder = CalibrationFolder::make();
  if (!folder) return report(folder.error(), json);
  auto model = open_model(arguments);
  if (!model) return report(model.error(), json);
  const Stopwatch all;
  Stopwatch step;
  ProgressLine line;
  std::string doing;
  const auto progress = [&](std::string_view what, int64_t done, int64_t total) {
    if (doing != what) doing = what, step = {};
    const double rate = static_cast<double>(done) / step.seconds();
    line.show(what, done, total,
              done > 0 ? std::format("{:.{}f} {}/s, {} left", rate, rate < 10 ? 1 : 0,
                                     what == "reading" ? "tokens" : "questions",
                                     format_duration(static_cast<double>(total - done) / rate))
                       : std::string());
  };
  auto found = agent::calibrate(*model, (*folder)->path(), progress, &interrupted());
  line.clear();
  if (!found && found.error().kind == ErrorKind::kCancelled)
    return report({ErrorKind::kCancelled, "cancelled; nothing was kept"}, json);
  if (!found) return report(found.error(), json);
  const double seconds = all.seconds();
  auto file =
      agent::store_calibration((*model)->fingerprint(), (*model)->params().name, found->calibration, found->measured);
  if (!file) return report(file.error(), json);
  if (json) {
    nlohmann::ordered_json result = {
        {"model", (*model)->params().name}, {"file", file->string()}, {"seconds", seconds}};
    result.update(agent::json_of(found->calibration));
    result["measured"] = found->measured;
    print_json(result);
    return kDone;
  }
  print_calibration(*found, seconds);
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
  auto arguments = std::make_shared<ModelArguments>();
  auto* calibrating = models->add_subcommand(
      "calibrate",
      "Find out which attention heads of one find code, whether it knows what is not there, and whether "
      "words it guesses help; takes minutes, and later questions go by it");
  calibrating->add_option("name", arguments->model,
                          "Catalogue name, GGUF file or folder; the default model if left out");
  calibrating->add_option("--threads", arguments->threads, "Threads to compute with (default: physical cores)")
      ->check(CLI::Range(0, 1024));
  calibrating->add_flag("--json", *json, "Print the result as JSON, with the figures that decided");
  calibrating->callback([arguments, json, &run] { run = [arguments, json] { return calibrate(*arguments, *json); }; });
}

}  // namespace strata::app
