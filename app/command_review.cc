// SPDX-License-Identifier: Apache-2.0
// strata review: what is proposed or changed, explained, checked and taken over hunk by hunk.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <format>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "agent/changes/commit.h"
#include "agent/changes/journal.h"
#include "agent/changes/prune.h"
#include "agent/changes/risks.h"
#include "agent/changes/sources.h"
#include "agent/run/check_accepted.h"
#include "agent/run/hunk_explainer.h"
#include "app/chat_models.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"
#include "app/review_output.h"
#include "base/user_folders.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

inline constexpr size_t kMostExplained = 200;  // hunks, by a model
inline constexpr int kRefusedExit = 4;         // by the sandbox, as of `strata agent`

struct Arguments {
  std::string repository, patch, commit, range, accept, message, check;
  std::vector<std::string> comments;  // number and text by turns
  ChatArguments chat;
  int64_t run = 0;
  bool json = false, checking = false, explain = false;
};

int report_check(const Error& error, bool as_json) {
  const int code = report(error, as_json);
  return error.kind == ErrorKind::kUnsupported ? kRefusedExit : code;
}

Result<std::vector<agent::FileChange>> changes_of(const Arguments& a, const std::filesystem::path& top,
                                                  agent::RunDatabase& runs) {
  if (!a.commit.empty()) return agent::commit_changes_of(top, a.commit);
  if (!a.range.empty()) return agent::range_changes(top, a.range);
  if (a.run > 0) {
    if (auto known = runs.run(a.run); !known) return std::unexpected(known.error());
    auto copy = agent::open_copy(runs, a.run);
    if (!copy) return std::unexpected(copy.error());
    if (copy->repository() != top)
      return fail(ErrorKind::kInvalid,
                  std::format("run {} is of {}, not of {}", a.run, copy->repository().string(), top.string()));
    return copy->changes(&interrupted());
  }
  if (a.patch.empty()) return agent::work_tree_changes(top, &interrupted());
  std::ifstream stream(a.patch, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) return fail(ErrorKind::kIo, a.patch + ": cannot be read");
  return agent::patch_changes(top, text);
}

// "all", "none" or numbers and ranges of hunks: "1,3-5".
Result<void> accept(agent::Proposal& proposal, const std::string& list) {
  std::set<int> numbers;
  size_t at = 0;
  while (list != "all" && list != "none" && at < list.size()) {
    const size_t end = std::min(list.find(',', at), list.size());
    const std::string part = list.substr(at, end - at);
    int first = 0, last = 0, used = 0;
    const int read = std::sscanf(part.c_str(), "%9d%n-%9d%n", &first, &used, &last, &used);
    if (read == 1) last = first;
    if (read < 1 || static_cast<size_t>(used) != part.size() || first < 1 || last < first || !proposal.hunk(last))
      return fail(ErrorKind::kInvalid, std::format("--accept {}: give all, none, or hunks of 1 to {} as in 1,3-5", list,
                                                   proposal.hunk_count()));
    for (int number = first; number <= last; ++number) numbers.insert(number);
    at = end + 1;
  }
  for (auto& file : proposal.files)
    for (auto& hunk : file.hunks)
      hunk.state =
          list == "all" || numbers.contains(hunk.number) ? agent::HunkState::kAccepted : agent::HunkState::kRejected;
  return {};
}

// What would be in the way if all of it were accepted.
Result<std::vector<agent::Conflict>> conflicts_of(agent::Proposal proposal, const std::filesystem::path& top) {
  auto tree = agent::TreeFiles::open(top);
  if (!tree) return std::unexpected(tree.error());
  for (auto& file : proposal.files)
    for (auto& hunk : file.hunks) hunk.state = agent::HunkState::kAccepted;
  auto plan = agent::plan_apply(*tree, proposal);
  if (!plan) return std::unexpected(plan.error());
  return std::move(plan->conflicts);
}

Result<std::vector<agent::Risk>> risks_of(const agent::Proposal& proposal, const std::filesystem::path& top,
                                          bool proposed) {
  std::vector<agent::Conflict> conflicts;
  if (proposed) {
    auto found = conflicts_of(proposal, top);
    if (!found) return std::unexpected(found.error());
    conflicts = std::move(*found);
  }
  auto opened = open_index(top.string());
  if (!opened) return std::unexpected(opened.error());
  return agent::find_risks(proposal, opened->index, conflicts);
}

// What a model says of each hunk, by number; those that were said already when the user stops it.
Result<std::map<int, std::string>> explanations(const Arguments& a, const agent::Proposal& proposal) {
  std::map<int, std::string> said;
  auto cache = cache_folder();
  if (!cache) return std::unexpected(cache.error());
  auto explainer = agent::HunkExplainer::open(*cache / "explanations.sqlite");
  if (!explainer) return std::unexpected(explainer.error());
  // What is said goes to the screen as it is written, if somebody is there.
  const bool live = isatty(STDERR_FILENO) == 1 && !a.json;
  const auto on_text = [&](std::string_view text) {
    if (live) std::cerr << printable(text) << std::flush;
  };
  const auto open = [&] { return open_chat_model(a.chat); };
  const std::string model = a.chat.endpoint + " " + a.chat.model.model;
  for (const auto& file : proposal.files) {
    for (const auto& hunk : file.hunks) {
      if (said.size() == kMostExplained) {
        notice(std::format("only the first {} hunks are explained by the model", kMostExplained));
        return said;
      }
      if (live) std::cerr << std::format("[{}] ", hunk.number);
      auto text = explainer->explain(model, open, file, hunk, on_text, &interrupted());
      if (live) std::cerr << "\n";
      if (!text && text.error().kind == ErrorKind::kCancelled) return said;
      if (!text) return std::unexpected(text.error());
      said[hunk.number] = std::move(*text);
    }
  }
  return said;
}

// The tree with what is accepted; where nothing was decided yet, with all that is not rejected.
Result<agent::CheckResult> checked(const Arguments& a, agent::Proposal proposal, const std::filesystem::path& top) {
  std::vector<agent::Hunk*> pending;
  bool decided = !a.accept.empty();
  for (auto& file : proposal.files)
    for (auto& hunk : file.hunks) {
      decided |= hunk.state == agent::HunkState::kAccepted || hunk.state == agent::HunkState::kEdited;
      if (hunk.state == agent::HunkState::kPending) pending.push_back(&hunk);
    }
  if (!decided)
    for (agent::Hunk* hunk : pending) hunk->state = agent::HunkState::kAccepted;
  auto cache = cache_folder("agent-index");
  if (!cache) return std::unexpected(cache.error());
  auto scratch = agent::scratch_folder();
  if (!scratch) return std::unexpected(scratch.error());
  agent::WorkbenchOptions options;
  options.index_cache = *cache;
  options.check = a.check;
  return agent::check_accepted(top, proposal, *scratch, std::move(options), &interrupted());
}

// Kept with the run, for its next instruction.
Result<void> comment(const Arguments& a, agent::Proposal& proposal, agent::RunDatabase& runs) {
  for (size_t i = 0; i + 1 < a.comments.size(); i += 2) {
    int number = 0, used = 0;
    const bool read = std::sscanf(a.comments[i].c_str(), "%9d%n", &number, &used) == 1;
    agent::Hunk* hunk = read && static_cast<size_t>(used) == a.comments[i].size() ? proposal.hunk(number) : nullptr;
    if (!hunk)
      return fail(ErrorKind::kInvalid, std::format("--comment {}: give the number of a hunk, 1 to {}, and a text",
                                                   a.comments[i], proposal.hunk_count()));
    hunk->comment = a.comments[i + 1];
    if (auto kept = runs.set_verdict(a.run, *hunk); !kept) return kept;
  }
  if (!a.json && !agent::instruction_of_comments(proposal).empty())
    std::cerr << std::format("`strata agent --resume {}` goes on with what you said\n", a.run);
  return {};
}

int show(const Arguments& a, const agent::Proposal& proposal, const std::filesystem::path& top, bool proposed) {
  auto risks = risks_of(proposal, top, proposed);
  if (!risks) return report(risks.error(), a.json);
  std::map<int, std::string> said;
  if (a.explain) {
    auto found = explanations(a, proposal);
    if (!found) return report(found.error(), a.json);
    said = std::move(*found);
  }
  std::optional<agent::CheckResult> check;
  if (a.checking) {
    auto result = checked(a, proposal, top);
    if (!result) return report_check(result.error(), a.json);
    check = std::move(*result);
  }
  if (a.json) {
    json result = {{"files", to_json(proposal, said)}, {"hunks", proposal.hunk_count()}, {"risks", to_json(*risks)}};
    if (check) result["check"] = to_json(*check);
    print_json(result);
  } else if (proposal.files.empty() && !check) {
    std::cout << "no changes\n";
  } else {
    print(*risks);
    print(proposal, said);
    if (check) print(*check);
  }
  return check && !check->good ? kFailed : kDone;
}

int accept_and_write(const Arguments& a, agent::Proposal& proposal, const std::filesystem::path& top,
                     agent::RunDatabase& runs) {
  json result = json::object();
  if (a.checking) {
    auto check = checked(a, proposal, top);
    if (!check) return report_check(check.error(), a.json);
    result["check"] = to_json(*check);
    if (!a.json) print(*check);
    if (!check->good) {
      result["status"] = "check failed";
      if (a.json) print_json(result);
      notice("nothing was written");
      return kFailed;
    }
  }
  auto journal = agent::Journal::open(runs, top);
  if (!journal) return report(journal.error(), a.json);
  for (const std::string& sentence : journal->recovered()) notice(sentence);
  int64_t run = a.run;
  if (run == 0) {
    auto started = runs.start_run(top.string(), "review of " + a.patch, "reviewed");
    if (!started) return report(started.error(), a.json);
    run = *started;
  }
  for (const auto& file : proposal.files)
    for (const auto& hunk : file.hunks)
      if (auto kept = runs.set_verdict(run, hunk); !kept) return report(kept.error(), a.json);
  auto done = journal->apply(run, proposal, "accepted in review");
  if (!done) return report(done.error(), a.json);
  result["files"] = to_json(proposal);
  if (!a.message.empty() && done->conflicts.empty() && done->step > 0) {
    auto committed = agent::commit_changes(top, done->written, a.message);
    if (committed) {
      result["commit"] = committed->id;
      std::cerr << to_utf8(committed->hook_output) << std::format("committed as {:.10}\n", committed->id);
    } else {
      result["error"] = to_utf8(committed.error().message);
      notice(committed.error().message);
    }
  }
  const int code = finish(*done, done->step > 0 ? "applied" : "nothing to apply", top.string(), a.json, result);
  return result.contains("error") ? kFailed : code;
}

int review(const Arguments& a) {
  if ((!a.patch.empty()) + (!a.commit.empty()) + (!a.range.empty()) + (a.run > 0) > 1) {
    std::cerr << "strata: review one of --patch, --commit, --range and --run at a time\n";
    return kUsage;
  }
  const bool proposed = !a.patch.empty() || a.run > 0;
  if (!a.accept.empty() && !proposed) {
    std::cerr
        << "strata: --accept goes with --patch or --run; what is in the work tree or committed is there already\n";
    return kUsage;
  }
  if (!a.comments.empty() && a.run == 0) {
    std::cerr << "strata: --comment goes with --run; the run goes on with what it says\n";
    return kUsage;
  }
  auto top = top_of(a.repository);
  if (!top) return report(top.error(), a.json);
  auto runs = open_runs();
  if (!runs) return report(runs.error(), a.json);
  auto changes = changes_of(a, *top, *runs);
  if (!changes) return report(changes.error(), a.json);
  auto proposal = agent::make_proposal(std::move(*changes));
  if (!proposal) return report(proposal.error(), a.json);
  if (a.run > 0)
    if (auto done = runs->restore_verdicts(a.run, *proposal); !done) return report(done.error(), a.json);
  if (!a.comments.empty()) {
    if (auto done = comment(a, *proposal, *runs); !done) {
      const int code = report(done.error(), a.json);
      return done.error().kind == ErrorKind::kInvalid ? kUsage : code;
    }
  }
  if (a.accept.empty()) return show(a, *proposal, *top, proposed);
  if (auto done = accept(*proposal, a.accept); !done) {
    report(done.error(), a.json);
    return kUsage;
  }
  return accept_and_write(a, *proposal, *top, *runs);
}

}  // namespace

void add_review(CLI::App& app, Run& run) {
  auto a = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "review", "Show changes hunk by hunk with their risks, and write those you accept to your tree");
  command->add_option("repository", a->repository, "Folder of the repository")->required();
  command->add_flag("--json", a->json, "Print the result as JSON");
  command->add_option("--patch", a->patch, "What a patch file would change")
      ->check(CLI::ExistingFile)
      ->option_text("FILE");
  command->add_option("--commit", a->commit, "What a commit changed")->option_text("COMMIT");
  command->add_option("--range", a->range, "What changed between two commits")->option_text("A..B");
  command->add_option("--run", a->run, "What a run of the agent proposes (strata runs lists them)")
      ->check(CLI::PositiveNumber)
      ->option_text("RUN");
  command
      ->add_option("--accept", a->accept,
                   "Of --run or --patch, write these hunks to your tree: all, none, or a list as in 1,3-5")
      ->option_text("LIST");
  command
      ->add_option("--message", a->message,
                   "Commit what was accepted, and only that, on the current branch; hooks run as for git commit")
      ->option_text("TEXT")
      ->needs("--accept");
  auto* check = command
                    ->add_option("--check", a->check,
                                 "Run this command (default: as detected) in the sandbox, on a copy of your tree with "
                                 "just what is accepted; with --accept, nothing is written unless it passes")
                    ->option_text("[COMMAND]")
                    ->expected(0, 1);
  command
      ->add_option("--comment", a->comments,
                   "Say of a hunk of --run what should be different; the run goes on with it when resumed")
      ->option_text("HUNK TEXT")
      ->type_size(2)
      ->needs("--run");
  command->add_flag("--explain", a->explain, "Let a model say in a sentence or two what each hunk does");
  add_chat_options(command, a->chat);
  command->footer(
      R"(Without --run, --patch, --commit or --range, what your working tree has changed since the last commit.

Examples:
  strata review .                                    your own changes, explained, with their risks
  strata review . --run 12                           what the agent proposes
  strata review . --run 12 --accept 1,3-5 --check    writes these hunks, if the check passes with them
  strata review . --run 12 --comment 2 "keep the old name"
                                                     `strata agent --resume 12` goes on with that
  strata review . --range main..HEAD --explain       with a sentence or two by the model on each hunk

Exit codes: 0 done, 1 failed, in conflict with your edits, or the check fails, 2 usage, 4 the sandbox cannot start.)");
  command->callback([a, check, &run] {
    a->checking = check->count() > 0;
    run = [a] { return review(*a); };
  });
}

}  // namespace strata::app
