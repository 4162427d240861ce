// SPDX-License-Identifier: Apache-2.0
// strata undo, redo and runs: what Strata has changed in work trees, taken back and put there again.
#include <chrono>
#include <format>
#include <iostream>
#include <memory>

#include "agent/changes/journal.h"
#include "agent/changes/prune.h"
#include "agent/chat/prices.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"
#include "app/review_output.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

struct Arguments {
  std::string repository, address;
  agent::PruneLimits limits;
  bool json = false, merge = false, prune = false;
};

int take_back(const Arguments& a, bool again) {
  auto top = top_of(a.repository);
  if (!top) return report(top.error(), a.json);
  auto runs = open_runs();
  if (!runs) return report(runs.error(), a.json);
  auto journal = agent::Journal::open(*runs, *top);
  if (!journal) return report(journal.error(), a.json);
  for (const std::string& sentence : journal->recovered()) notice(sentence);
  auto address = !a.address.empty() ? agent::parse_address(a.address)
                 : again            ? journal->last_undone()
                                    : journal->last_done();
  if (!address) return report(address.error(), a.json);
  auto done = again ? journal->redo(*address, a.merge) : journal->undo(*address, a.merge);
  if (!done) return report(done.error(), a.json);
  return finish(*done, again ? "redone" : "undone", top->string(), a.json);
}

int prune_runs(const Arguments& a) {
  auto database = open_runs();
  if (!database) return report(database.error(), a.json);
  auto done = agent::prune(*database, a.limits, &interrupted());
  if (!done) return report(done.error(), a.json);
  if (a.json) {
    print_json({{"runs", done->runs},
                {"contents", done->contents},
                {"freed", done->freed},
                {"left", done->left},
                {"forgotten", done->forgotten}});
    return kDone;
  }
  std::cout << std::format("removed the private copies of {} runs and {} contents: {} freed, {} left\n",
                           done->runs.size(), done->contents, format_bytes(static_cast<double>(done->freed)),
                           format_bytes(static_cast<double>(done->left)));
  for (const std::string& step : done->forgotten) std::cout << std::format("{} can no longer be undone\n", step);
  if (done->left > a.limits.bytes)
    notice("what is left belongs to proposals that wait for you and to runs that can be resumed");
  return kDone;
}

int list_runs(const Arguments& a) {
  if (a.prune) return prune_runs(a);
  std::string top;
  if (!a.repository.empty()) {
    auto found = top_of(a.repository);
    if (!found) return report(found.error(), a.json);
    top = found->string();
  }
  auto database = open_runs();
  if (!database) return report(database.error(), a.json);
  auto runs = database->runs(top);
  if (!runs) return report(runs.error(), a.json);
  const agent::Prices prices = agent::Prices::of_user(notice);
  json all = json::array();
  for (const agent::Run& run : *runs) {
    const auto totals = database->totals(run.id);
    if (!totals) return report(totals.error(), a.json);
    agent::ChatUsage usage;
    agent::UsageOfModels of_models;
    for (const auto& tokens : totals->tokens) {
      const agent::ChatUsage one{tokens.in, tokens.reused, tokens.out};
      usage += one;
      of_models[tokens.model] += one;
    }
    const agent::Cost cost = prices.of(of_models);
    all.push_back(
        {{"run", run.id},
         {"repository", to_utf8(run.repository)},
         {"started", run.started},
         {"status", run.status},
         {"files", totals->files},
         {"hunks", totals->hunks},
         {"undone", totals->hunks - totals->active},
         {"tokens", {{"in", usage.prompt_tokens}, {"out", usage.generated_tokens}, {"reused", usage.reused_tokens}}},
         {"bytes", agent::bytes_on_disk(database->folder(run.id))},
         {"instruction", to_utf8(run.instruction)}});
    if (!cost.empty()) all.back()["cost"] = cost;
    if (!a.json)
      std::cout << std::format(
          "{:5}  {:%F %R}  {:10} {}{}  {}{}{}\n", run.id, std::chrono::sys_seconds(std::chrono::seconds(run.started)),
          run.status,
          totals->hunks == 0 ? "nothing applied"
                             : std::format("{} hunks of {} files applied", totals->hunks, totals->files),
          totals->active < totals->hunks ? std::format(" ({} undone)", totals->hunks - totals->active) : "",
          top.empty() ? to_utf8(run.repository) + "  " : "", to_utf8(run.instruction),
          cost.empty() ? "" : std::format("  ({})", agent::text_of(cost)));
  }
  if (a.json) print_json({{"runs", all}});
  return kDone;
}

}  // namespace

void add_undo(CLI::App& app, Run& run) {
  auto a = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* what, auto&& action, bool needs_repository) {
    auto* command = app.add_subcommand(name, what);
    command->add_option("repository", a->repository, "Folder of the repository")->required(needs_repository);
    command->add_flag("--json", a->json, "Print the result as JSON");
    command->callback([a, action, &run] { run = [a, action] { return action(*a); }; });
    return command;
  };
  for (const bool again : {false, true}) {
    auto* command = add(
        again ? "redo" : "undo",
        again ? "Do again what was undone" : "Take back what Strata has written to your tree, byte for byte",
        [again](const Arguments& arguments) { return take_back(arguments, again); }, true);
    command->add_option("address", a->address, "A run, RUN.STEP or RUN.STEP.HUNK (default: the last)");
    command->add_flag("--merge", a->merge, "Where you have edited since, keep your edits and merge");
  }
  auto* runs = add("runs", "List what the agent has done, newest first", list_runs, false);
  runs->footer(
      R"(Status: "running" (or killed); "done" (its proposal waits for you), "applied" (some of it is in your tree), "rejected";
"not done", "guard", "budget", "refused", "cancelled" and "failed" ended early and can be resumed.

Examples:
  strata runs .                        of this repository; without a folder, of all
  strata review . --run 12             the proposal of run 12
  strata agent --resume 12             goes on with it
  strata runs --prune --older-than 7   removes what decided runs left on the disk)");
  auto* prune = runs->add_flag("--prune", a->prune,
                               "Remove private copies of runs that are decided, of all repositories; never those of "
                               "waiting proposals and of runs that can be resumed");
  runs->add_option("--older-than", a->limits.days, "With --prune: only what is older (default: 14)")
      ->needs(prune)
      ->check(CLI::NonNegativeNumber)
      ->option_text("DAYS");
  runs->add_option("--keep", a->limits.keep, "With --prune: but not of the newest N (default: 5)")
      ->option_text("N")
      ->needs(prune)
      ->check(CLI::NonNegativeNumber);
  runs->add_option("--limit", a->limits.bytes, "With --prune: space for all that runs leave, as in 5GB (default)")
      ->option_text("SIZE")
      ->needs(prune)
      ->transform(CLI::AsSizeValue(true));
}

}  // namespace strata::app
