// SPDX-License-Identifier: Apache-2.0
// strata review, undo, redo and runs: what is proposed, taken over hunk by hunk, and taken back.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <format>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>

#include "agent/changes/commit.h"
#include "agent/changes/journal.h"
#include "agent/changes/risks.h"
#include "agent/changes/sources.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"
#include "repo-indexer/walk.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

struct Arguments {
  std::string repository, patch, commit, range, accept, message, address;
  int64_t run = 0;
  bool json = false, merge = false;
};

// The top of the work tree, as runs and the journal name it.
Result<std::filesystem::path> top_of(const std::string& repository) {
  auto tree = repo::WorkTree::open(repository);
  if (!tree) return std::unexpected(tree.error());
  return tree->root();
}

Result<std::vector<agent::FileChange>> changes_of(const Arguments& a, const std::filesystem::path& top,
                                                  agent::RunDatabase& runs) {
  if (!a.commit.empty()) return agent::commit_changes_of(top, a.commit);
  if (!a.range.empty()) return agent::range_changes(top, a.range);
  if (a.run > 0) {
    if (auto known = runs.run(a.run); !known) return std::unexpected(known.error());
    auto copy = agent::PrivateCopy::open(runs.folder(a.run) / "copy");
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

json to_json(const agent::Proposal& proposal) {
  json files = json::array();
  for (const auto& file : proposal.files) {
    json hunks = json::array();
    for (const auto& hunk : file.hunks) {
      json one = {{"number", hunk.number},
                  {"symbol", to_utf8(hunk.symbol)},
                  {"old_first", hunk.old_first},
                  {"old_lines", hunk.old_lines},
                  {"new_first", hunk.new_first},
                  {"new_lines", hunk.new_lines},
                  {"state", agent::name_of(hunk.state)},
                  {"formatting_only", hunk.formatting_only},
                  {"diff", to_utf8(hunk.diff)}};
      hunks.push_back(std::move(one));
    }
    json one = {{"file", to_utf8(file.path)}, {"binary", file.binary}, {"hunks", hunks}};
    if (file.old_path != file.path) one["old_file"] = to_utf8(file.old_path);
    files.push_back(std::move(one));
  }
  return files;
}

void print(const agent::Proposal& proposal) {
  for (const auto& file : proposal.files) {
    const std::string renamed = file.old_path != file.path ? " (was " + to_utf8(file.old_path) + ")" : "";
    const char* what = !file.before ? " (new)" : !file.after ? " (deleted)" : "";
    std::cout << std::format("{}{}{}{}\n", to_utf8(file.path), renamed, what, file.binary ? " (binary)" : "");
    for (const auto& hunk : file.hunks)
      std::cout << std::format("[{}]{}{}\n{}", hunk.number, hunk.formatting_only ? " formatting only" : "",
                               hunk.moved_from.empty() && hunk.moved_to.empty() ? "" : " moved lines",
                               to_utf8(hunk.diff));
  }
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

json to_json(const std::vector<agent::Risk>& risks) {
  json rows = json::array();
  for (const auto& risk : risks) {
    json places = json::array();
    for (const auto& place : risk.places) places.push_back({{"file", to_utf8(place.path)}, {"line", place.line}});
    rows.push_back({{"kind", agent::name_of(risk.kind)},
                    {"text", to_utf8(risk.text)},
                    {"hunks", risk.hunks},
                    {"places", std::move(places)}});
  }
  return rows;
}

void print(const std::vector<agent::Risk>& risks) {
  for (const auto& risk : risks) {
    std::string hunks;
    for (const int number : risk.hunks) hunks += std::format("[{}]", number);
    std::cout << std::format("risk {} {}: {}\n", hunks, agent::name_of(risk.kind), to_utf8(risk.text));
    for (const auto& place : risk.places) std::cout << std::format("    {}:{}\n", to_utf8(place.path), place.line);
  }
}

// What a write did: exit code 1 where conflicts kept it from being done.
int finish(const Arguments& a, const agent::WriteReport& done, std::string_view what, const std::string& top,
           json result = json::object()) {
  json conflicts = json::array(), written = json::array();
  for (const auto& conflict : done.conflicts)
    conflicts.push_back({{"file", to_utf8(conflict.path)}, {"reason", conflict.reason}, {"hunks", conflict.hunks}});
  for (const auto& change : done.written) written.push_back(to_utf8(change.path));
  result["status"] = conflicts.empty() ? what : "conflict";
  result["run"] = done.run;
  result["step"] = done.step;
  result["written"] = written;
  result["conflicts"] = conflicts;
  if (a.json) {
    print_json(result);
  } else {
    for (const auto& conflict : done.conflicts)
      std::cerr << std::format("strata: {}: {}\n", to_utf8(conflict.path), conflict.reason);
    if (conflicts.empty()) std::cout << std::format("{}: {} files\n", what, written.size());
    if (conflicts.empty() && what == "applied" && done.step > 0)
      std::cerr << std::format("`strata undo {} {}.{}` takes it back\n", top, done.run, done.step);
  }
  return conflicts.empty() ? kDone : kFailed;
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
  if (a.accept.empty()) {
    auto risks = risks_of(*proposal, *top, proposed);
    if (!risks) return report(risks.error(), a.json);
    if (a.json) {
      print_json({{"files", to_json(*proposal)}, {"hunks", proposal->hunk_count()}, {"risks", to_json(*risks)}});
    } else if (proposal->files.empty()) {
      std::cout << "no changes\n";
    } else {
      print(*risks);
      print(*proposal);
    }
    return kDone;
  }
  if (auto done = accept(*proposal, a.accept); !done) {
    report(done.error(), a.json);
    return kUsage;
  }
  auto journal = agent::Journal::open(*runs, *top);
  if (!journal) return report(journal.error(), a.json);
  for (const std::string& sentence : journal->recovered()) notice(sentence);
  int64_t run = a.run;
  if (run == 0) {
    auto started = runs->start_run(top->string(), "review of " + a.patch, "reviewed");
    if (!started) return report(started.error(), a.json);
    run = *started;
  }
  for (const auto& file : proposal->files)
    for (const auto& hunk : file.hunks)
      if (auto kept = runs->set_verdict(run, hunk); !kept) return report(kept.error(), a.json);
  auto done = journal->apply(run, *proposal, "accepted in review");
  if (!done) return report(done.error(), a.json);
  if (done->conflicts.empty() && done->step > 0)
    if (auto kept = runs->set_status(run, "applied"); !kept) return report(kept.error(), a.json);
  json result = {{"files", to_json(*proposal)}};
  if (!a.message.empty() && done->conflicts.empty() && done->step > 0) {
    auto committed = agent::commit_changes(*top, done->written, a.message);
    if (committed) {
      result["commit"] = committed->id;
      std::cerr << to_utf8(committed->hook_output) << std::format("committed as {:.10}\n", committed->id);
    } else {
      result["error"] = to_utf8(committed.error().message);
      notice(committed.error().message);
    }
  }
  const int code = finish(a, *done, done->step > 0 ? "applied" : "nothing to apply", top->string(), result);
  return result.contains("error") ? kFailed : code;
}

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
  return finish(a, *done, again ? "redone" : "undone", top->string());
}

int list_runs(const Arguments& a) {
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
  json all = json::array();
  for (const agent::Run& run : *runs) {
    const auto totals = database->totals(run.id);
    if (!totals) return report(totals.error(), a.json);
    all.push_back({{"run", run.id},
                   {"repository", to_utf8(run.repository)},
                   {"started", run.started},
                   {"status", run.status},
                   {"files", totals->files},
                   {"hunks", totals->hunks},
                   {"undone", totals->hunks - totals->active},
                   {"instruction", to_utf8(run.instruction)}});
    if (!a.json)
      std::cout << std::format(
          "{:5}  {:%F %R}  {:10} {:3} files {:4} hunks{}  {}{}\n", run.id,
          std::chrono::sys_seconds(std::chrono::seconds(run.started)), run.status, totals->files, totals->hunks,
          totals->active < totals->hunks ? std::format(" ({} undone)", totals->hunks - totals->active) : "",
          top.empty() ? to_utf8(run.repository) + "  " : "", to_utf8(run.instruction));
  }
  if (a.json) print_json({{"runs", all}});
  return kDone;
}

}  // namespace

void add_review(CLI::App& app, Run& run) {
  auto a = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* what, auto&& action, bool needs_repository = true) {
    auto* command = app.add_subcommand(name, what);
    command->add_option("repository", a->repository, "Folder of the repository")->required(needs_repository);
    command->add_flag("--json", a->json, "Print the result as JSON");
    command->callback([a, action, &run] { run = [a, action] { return action(*a); }; });
    return command;
  };
  auto* reviewing = add("review", "Show changes hunk by hunk, and take over those you accept", review);
  reviewing->add_option("--patch", a->patch, "Changes of a patch file")->check(CLI::ExistingFile);
  reviewing->add_option("--commit", a->commit, "Changes of a commit");
  reviewing->add_option("--range", a->range, "Changes between two commits, A..B");
  reviewing->add_option("--run", a->run, "What a run of the agent proposes")->check(CLI::PositiveNumber);
  reviewing->add_option("--accept", a->accept, "Write these hunks to your tree: all, none, or a list as in 1,3-5");
  reviewing
      ->add_option("--message", a->message,
                   "Commit what was accepted, and only that, on the current branch; hooks run as for git commit")
      ->needs("--accept");
  for (const bool again : {false, true}) {
    auto* command = add(again ? "redo" : "undo", again ? "Do again what was undone" : "Take back what was applied",
                        [again](const Arguments& arguments) { return take_back(arguments, again); });
    command->add_option("address", a->address, "A run, RUN.STEP or RUN.STEP.HUNK (default: the last)");
    command->add_flag("--merge", a->merge, "Where you have edited since, keep your edits and merge");
  }
  add("runs", "List what the agent has done", list_runs, false);
}

}  // namespace strata::app
