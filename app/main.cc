// SPDX-License-Identifier: Apache-2.0
// strata [REPO]            the window
// strata COMMAND ...       everything the window does, without a display
#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

#include "app/catalogue.h"
#include "app/chat_models.h"
#include "app/commands.h"
#include "app/console.h"
#ifdef STRATA_GUI
#include "ui/application.h"
#endif

namespace {

int open_window([[maybe_unused]] int argc, [[maybe_unused]] char** argv, [[maybe_unused]] const std::string& repository,
                [[maybe_unused]] const std::string& model, [[maybe_unused]] int threads) {
#ifdef STRATA_GUI
  strata::ui::StartOptions options;
  options.repository = repository;
  options.threads = threads;
  options.model = strata::app::resolve_model(model);
  const strata::app::ChatArguments chat{.model = {.model = model, .threads = threads}, .endpoint = {}};
  options.open_chat_model = [chat] { return strata::app::open_chat_model(chat); };
  return strata::ui::run_window(argc, argv, options);
#else
  std::cerr << "strata: this build has no window; use `strata ask REPO \"question\"`\n";
  return strata::app::kFailed;
#endif
}

// Waiting OpenMP threads spin for milliseconds by default, which takes the cores from whoever they wait for as soon as
// another program runs beside us (measured: 1.6x slower answers). libgomp reads this before main and nowhere else, so
// the program starts over once. If it cannot, it goes on as it is.
void wait_without_spinning(char** argv) {
  if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error || setenv("GOMP_SPINCOUNT", "2000", 0) != 0) return;
  execv(program.c_str(), argv);
}

}  // namespace

int main(int argc, char** argv) {
  wait_without_spinning(argv);
  CLI::App app{"Strata reads a whole repository once, keeps what it read, and answers questions about it."};
  app.name("strata");
  app.set_version_flag("--version", "strata " STRATA_VERSION);
  app.footer(
      "Without a command, the window opens: strata [REPO]\nData goes to stdout, everything else to stderr. Exit codes: "
      "0 done, 1 failed, 2 usage.");
  std::string repository, model;
  int threads = 0;
  app.add_option("repository", repository, "Folder of a repository to open in the window");
  app.add_option("--model", model, "Catalogue name, GGUF file or folder");
  app.add_option("--threads", threads, "Threads to compute with (default: physical cores)")->check(CLI::Range(0, 1024));

  strata::app::Run run;
  strata::app::add_agent(app, run);
  strata::app::add_ask(app, run);
  strata::app::add_index(app, run);
  strata::app::add_structure(app, run);
  strata::app::add_search(app, run);
  strata::app::add_plan(app, run);
  strata::app::add_models(app, run);
  strata::app::add_cache(app, run);
  strata::app::add_doctor(app, run);
  strata::app::add_review(app, run);
  strata::app::add_undo(app, run);
  strata::app::add_bench(app, run);
  strata::app::add_text(app, run);
  strata::app::add_eval(app, run);
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error, std::cout, std::cerr) == 0) return strata::app::kDone;
    if (std::ranges::contains(std::span(argv, static_cast<size_t>(argc)), "--json",
                              [](const char* a) { return std::string_view(a); })) {
      strata::app::print_json({{"error", error.what()}});
    }
    return strata::app::kUsage;
  }
  return run ? run() : open_window(argc, argv, repository, model, threads);
}
