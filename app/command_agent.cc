// SPDX-License-Identifier: Apache-2.0
// strata agent: an instruction becomes a proposal, and with --yes a change of the tree.
#include <unistd.h>

#include <format>
#include <fstream>
#include <iostream>
#include <memory>

#include "agent/ask.h"
#include "agent/changes/journal.h"
#include "agent/changes/proposal.h"
#include "agent/run/run.h"
#include "agent/run/trust.h"
#include "agent/tools/ability.h"
#include "app/chat_models.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

inline constexpr int kStopped = 3, kRefusedExit = 4;

struct Arguments {
  std::string repository, instruction, check, json_form;
  ChatArguments chat;
  agent::Budget budget;
  std::vector<std::string> allow;
  int64_t resume = 0;
  bool yes = false, trust_instructions = false, network = false;

  bool as_json() const { return !json_form.empty(); }
};

bool somebody_is_there() { return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1; }

std::string answer_to(const std::string& question) {
  std::cerr << question << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

agent::Approval ask_user(const agent::ApprovalRequest& request) {
  if (!request.confined) std::cerr << "  WARNING: this would run WITHOUT the sandbox, with all of your rights.\n";
  const std::string answer =
      answer_to(std::format("  {}: {}\n  ({})\n  allow? [y]es, [a]lways in this run, [N]o: ", request.tool,
                            to_utf8(request.command), request.why));
  if (answer == "a" || answer == "always") return agent::Approval::kAlways;
  return answer == "y" || answer == "yes" ? agent::Approval::kOnce : agent::Approval::kNo;
}

std::string first_line(std::string_view text, size_t most = 110) {
  text = text.substr(0, text.find('\n'));
  return to_utf8(text.substr(0, most)) + (text.size() > most ? "..." : "");
}

// An event as a line for people; empty if it says nothing to them.
std::string described(const agent::RunEvent& event) {
  const json e = json::parse(event.json);
  const auto text = [&](const char* name) { return e.value(name, std::string()); };
  if (event.kind == "plan") {
    std::string plan = "plan:";
    int number = 0;
    for (const json& step : e["steps"])
      plan += std::format("\n  {}. {}", ++number, first_line(step.get<std::string>()));
    return plan;
  }
  if (event.kind == "turn") {
    std::string line = text("text").empty() ? "" : first_line(text("text"));
    for (const json& call : e["calls"]) {
      line += std::format("{}> {} {}", line.empty() ? "" : "\n", call.value("name", ""),
                          first_line(call["arguments"].dump(-1, ' ', false, json::error_handler_t::replace)));
    }
    return line;
  }
  if (event.kind == "result") {
    // A symbol operation tells which places it left alone: these are for the user to look at.
    const std::string tool = text("tool");
    const bool whole = tool == "rename" || tool == "move" || tool == "delete" || tool == "add_parameter";
    return std::format("  {} {}", e.value("good", false) ? "ok" : "no",
                       whole ? to_utf8(text("text")) : first_line(text("text")));
  }
  if (event.kind == "attempt")
    return std::format("  {} rewritten: {}{}", text("name"), text("why"), e.value("kept", false) ? " (kept)" : "");
  if (event.kind == "check") {
    const size_t failed = e["failed"].size();
    return std::format("  check {} ({}, {:.1f} s){}", e.value("good", false) ? "passes" : "fails",
                       first_line(text("command"), 60), e.value("seconds", 0.0),
                       failed ? std::format(", {} failing tests", failed) : "");
  }
  if (event.kind == "message" && text("by") == "user") return "you: " + first_line(text("text"));
  return {};
}

// Questions of the model to the whole repository, as `strata ask` answers them; nothing is loaded before the first one.
agent::AskRepository asking(const Arguments& arguments, const std::unique_ptr<agent::AgentRun>& run) {
  auto workspace = std::make_shared<std::optional<agent::Workspace>>();
  ModelArguments model = arguments.chat.model;
  if (arguments.chat.scripted() || arguments.chat.remote()) model.model.clear();
  return [model, workspace, &run](const std::string& question, const Cancel* cancel) -> Result<std::string> {
    if (!*workspace) {
      auto opened = open_index(run->bench().copy().root().string());
      if (!opened) return std::unexpected(opened.error());
      auto made = open_workspace(std::move(opened->index), model);
      if (!made) return std::unexpected(made.error());
      workspace->emplace(std::move(*made));
    }
    if (auto done = (*workspace)->index.update({}, cancel); !done) return std::unexpected(done.error());
    auto answer = agent::ask(**workspace, question, {}, {}, cancel);
    if (!answer) return std::unexpected(answer.error());
    std::string text = answer->text;
    for (const agent::Citation& c : answer->citations) {
      text += std::format("\n{}:{}-{} {}{}", c.file, c.start_line, c.end_line, c.symbol,
                          c.verified ? "" : " (not verified)");
    }
    return text;
  };
}

struct Applied {
  size_t files = 0, hunks = 0;
  json paths = json::array();
  std::string refused;  // why nothing was written
  int step = 0;
};

// The proposal of the run; accepted and written with `apply`.
Result<Applied> propose(agent::RunDatabase& database, agent::AgentRun& run, const std::string& title, bool apply) {
  auto changes = run.bench().copy().changes();
  if (!changes) return std::unexpected(changes.error());
  auto proposal = agent::make_proposal(std::move(*changes));
  if (!proposal) return std::unexpected(proposal.error());
  Applied applied{.files = proposal->files.size(), .hunks = proposal->hunk_count(), .refused = {}};
  for (const auto& file : proposal->files) applied.paths.push_back(to_utf8(file.path));
  if (!apply || applied.hunks == 0) return applied;
  for (auto& file : proposal->files) {
    for (auto& hunk : file.hunks) {
      hunk.state = agent::HunkState::kAccepted;
      if (auto kept = database.set_verdict(run.id(), hunk); !kept) return std::unexpected(kept.error());
    }
  }
  auto journal = agent::Journal::open(database, run.bench().copy().repository());
  if (!journal) return std::unexpected(journal.error());
  auto written = journal->apply(run.id(), *proposal, title);
  if (!written) return std::unexpected(written.error());
  for (const auto& conflict : written->conflicts)
    applied.refused += std::format("{}{}: {}", applied.refused.empty() ? "" : "; ", conflict.path, conflict.reason);
  applied.step = written->step;
  return applied;
}

// Notes of the project that the user has trusted, or trusts now.
Result<std::vector<std::pair<std::string, std::string>>> trusted_notes(const Arguments& a,
                                                                       const std::filesystem::path& root) {
  auto list = agent::trust_file();
  if (!list) return std::unexpected(list.error());
  auto found = agent::find_instructions(root, *list);
  if (!found) return std::unexpected(found.error());
  std::vector<std::pair<std::string, std::string>> notes;
  for (agent::Instructions& one : *found) {
    if (one.trust == agent::Trust::kTooLong) {
      notice(one.path + " is not followed: it is longer than 16 KiB");
    } else if (one.trust != agent::Trust::kTrusted && a.trust_instructions) {
      std::cerr << std::format("{} says:\n{}\n", one.path, to_utf8(one.text));
      const std::string answer =
          somebody_is_there() ? answer_to("follow this in this and later runs, until it changes? [y]es, [N]o: ") : "y";
      if (answer == "y" || answer == "yes") {
        if (auto done = agent::decide(one, true, *list); !done) return std::unexpected(done.error());
      }
    } else if (one.trust != agent::Trust::kTrusted) {
      notice(std::format(
          "{} is not followed: you have not trusted what it says now (--trust-instructions shows it and asks)",
          one.path));
    }
    if (one.trust == agent::Trust::kTrusted) notes.emplace_back(one.path, one.text);
  }
  return notes;
}

int exit_code_of(agent::RunStatus status) {
  switch (status) {
    case agent::RunStatus::kDone: return kDone;
    case agent::RunStatus::kGuard:
    case agent::RunStatus::kBudget: return kStopped;
    case agent::RunStatus::kRefused: return kRefusedExit;
    default: return kFailed;
  }
}

int run_agent(const Arguments& a) {
  if ((a.resume == 0) == a.instruction.empty()) {
    std::cerr << "strata: give a repository and an instruction, or --resume RUN\n";
    return kUsage;
  }
  const bool lines = a.json_form == "events";
  auto database = open_runs();
  if (!database) return report(database.error(), a.as_json());
  auto cache = cache_folder("agent-index");
  if (!cache) return report(cache.error(), a.as_json());

  auto abilities = agent::abilities_file();
  if (!abilities) return report(abilities.error(), a.as_json());

  std::unique_ptr<agent::AgentRun> run;
  agent::RunSettings settings{.budget = a.budget,
                              .rules = {},
                              .network = a.network,
                              .index_cache = *cache,
                              .abilities = *abilities,
                              .ask = {},
                              .limits = {}};
  for (const std::string& prefix : a.allow) settings.rules.push_back({agent::Permission::kAllowed, "", prefix, ""});
  agent::RunHooks hooks;
  hooks.on_notice = notice;
  hooks.on_event = [&](const agent::RunEvent& event) {
    if (const std::string line = described(event); !line.empty()) std::cerr << line << "\n";
    if (lines)
      std::cout << json{{"event", event.kind},
                        {"seq", event.seq},
                        {"time", event.time},
                        {"data", json::parse(event.json)}}
                       .dump(-1, ' ', false, json::error_handler_t::replace)
                << "\n"
                << std::flush;
  };
  if (somebody_is_there()) hooks.ask = ask_user;

  settings.ask = asking(a, run);
  if (a.resume != 0) {
    auto resumed = agent::AgentRun::resume(*database, a.resume, std::move(settings), std::move(hooks));
    if (!resumed) return report(resumed.error(), a.as_json());
    run = std::move(*resumed);
  } else {
    agent::StartOptions options{.check = a.check, .yes = a.yes, .instructions = {}};
    auto notes = trusted_notes(a, a.repository);
    if (!notes) return report(notes.error(), a.as_json());
    options.instructions = std::move(*notes);
    auto started =
        agent::AgentRun::start(*database, a.repository, a.instruction, options, std::move(settings), std::move(hooks));
    if (!started) return report(started.error(), a.as_json());
    run = std::move(*started);
  }
  std::cerr << std::format("run {} (in a private copy; Ctrl+C stops it, `strata agent --resume {}` goes on)\n",
                           run->id(), run->id());
  auto outcome = run->go([&] { return open_chat_model(a.chat); }, &interrupted());
  if (!outcome) return report(outcome.error(), a.as_json());

  const bool done = outcome->status == agent::RunStatus::kDone;
  auto applied = propose(*database, *run, run->state().instruction, done && run->state().yes);
  if (!applied) return report(applied.error(), a.as_json());
  std::string status(agent::name_of(outcome->status));
  int code = exit_code_of(outcome->status);
  if (done && run->state().yes && applied->step > 0)
    status = "applied";
  else if (done && applied->hunks > 0)
    status = "proposed";
  if (!applied->refused.empty()) code = kFailed, status = "conflict", outcome->why = applied->refused;
  const auto& usage = run->state().usage;
  const agent::Cost cost = agent::Prices::of_user(notice).of(run->state().usage_of_models);
  if (a.as_json()) {
    json checks = json::array(), seconds = json::array();
    for (const json& c : run->state().checks) checks.push_back(c);
    for (const auto& step : run->state().step_times)
      seconds.push_back({{"step", to_utf8(step.tool)}, {"seconds", step.seconds}});
    json result = {
        {"status", status},
        {"run", run->id()},
        {"why", to_utf8(outcome->why)},
        {"steps", run->state().steps},
        {"step_seconds", seconds},
        {"files", applied->paths},
        {"hunks", applied->hunks},
        {"tokens", {{"in", usage.prompt_tokens}, {"out", usage.generated_tokens}, {"reused", usage.reused_tokens}}},
        {"checks", checks}};
    if (!cost.empty()) result["cost"] = cost;
    if (lines)
      std::cout << result.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
    else
      print_json(result);
  } else {
    std::cout << std::format("{}: {}\n{} hunks in {} files\n", status, to_utf8(outcome->why), applied->hunks,
                             applied->files);
    if (usage.generated_tokens > 0) std::cout << usage_text(usage, cost) << "\n";
  }
  if (status != "applied" && applied->hunks > 0)
    std::cerr << std::format("nothing of yours is changed; `strata review {} --run {}` shows the proposal\n",
                             run->bench().copy().repository().string(), run->id());
  if (status == "applied")
    std::cerr << std::format("`strata undo {}` takes it back\n", run->bench().copy().repository().string());
  return code;
}

}  // namespace

void add_agent(CLI::App& app, Run& run) {
  auto a = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "agent", "Change a repository as an instruction says; you review the result before it is yours");
  command->add_option("repository", a->repository, "Folder of the repository");
  command->add_option("instruction", a->instruction, "What is to be done, in your words");
  command->add_option("--resume", a->resume, "Go on with this run instead of starting one (strata runs lists them)")
      ->check(CLI::PositiveNumber)
      ->option_text("RUN");
  add_chat_options(command, a->chat);
  command->add_flag("--yes", a->yes, "Approve what the sandbox confines, and apply the result if its check passes");
  command->add_option("--allow", a->allow, "Approve confined commands that begin with these words; may be repeated")
      ->option_text("WORDS");
  command
      ->add_option("--check", a->check,
                   "Command that builds and tests (default: as detected); the agent is done only when it passes")
      ->option_text("COMMAND");
  command
      ->add_option("--max-steps", a->budget.steps,
                   "Stop after this many steps; a step is a call of a tool (default: 40)")
      ->check(CLI::Range(1, 10000))
      ->option_text("N");
  command
      ->add_option("--max-tokens", a->budget.tokens,
                   "Stop after this many tokens that were read and written, those reused not counted (default: 400000)")
      ->check(CLI::PositiveNumber)
      ->option_text("N");
  command->add_option("--max-seconds", a->budget.seconds, "Stop after this many seconds (default: 3600)")
      ->check(CLI::PositiveNumber)
      ->option_text("S");
  command->add_flag("--network", a->network, "Commands of this run may use the network");
  command->add_flag("--trust-instructions", a->trust_instructions,
                    "Show AGENTS.md and .strata/instructions.md, and follow them from now on");
  command->add_option("--json", a->json_form, "Print the result as JSON; --json=events: every event too, a line each")
      ->option_text("[=events]")
      ->expected(0, 1)
      ->default_str("result")
      ->check(CLI::IsMember({"result", "events"}));
  command->footer(
      R"(The agent works in a private copy and hands over a proposal. Nothing of yours changes until you accept it, unless you say
--yes; and `strata undo` takes that back.

Examples:
  strata agent . "Rename Parser::parse to Parser::read_all" --check "make test"
  strata agent . "Make the failing test of median pass" --check "python3 -m unittest" --yes
  strata agent . "Add a --quiet option" --endpoint http://127.0.0.1:8080/v1
  strata review . --run 12             the proposal of run 12, hunk by hunk
  strata agent --resume 12             goes on with it: it was stopped, or you commented on it in the review

Exit codes: 0 done (proposed, or applied with --yes), 1 not done, 2 usage, 3 stopped by a guard or a budget, 4 refused by
the sandbox or an approval.)");
  command->callback([a, &run] { run = [a] { return run_agent(*a); }; });
}

}  // namespace strata::app
