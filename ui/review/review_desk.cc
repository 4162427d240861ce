// SPDX-License-Identifier: Apache-2.0
#include "ui/review/review_desk.h"

#include <QCoreApplication>
#include <algorithm>

#include "agent/changes/prune.h"
#include "agent/changes/sources.h"
#include "agent/run/check_accepted.h"
#include "base/user_folders.h"

namespace strata::ui {
namespace {

const char* const kRejected = "rejected";  // status of a run of which nothing was wanted

QString tr(const char* text) { return QCoreApplication::translate("ReviewDesk", text); }
QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

// The tree's files as they are to be after the rejected hunks of its own changes are taken back.
std::vector<agent::FileChange> takingBack(const agent::Proposal& proposal) {
  std::vector<agent::FileChange> changes;
  for (agent::ProposalFile file : proposal.files) {
    bool any = false;
    for (agent::Hunk& hunk : file.hunks) {
      any = any || hunk.state == agent::HunkState::kRejected;
      hunk.state = hunk.state == agent::HunkState::kRejected ? agent::HunkState::kPending : agent::HunkState::kAccepted;
    }
    if (!any) continue;
    if (file.path != file.old_path) {  // taken or left as a whole
      changes.push_back({file.old_path, {}, file.before});
      changes.push_back({file.path, file.after, {}});
      continue;
    }
    const auto kept = agent::accepted_changes(file);
    changes.push_back({file.path, file.after, kept.empty() ? file.before : kept.front().after});
  }
  return changes;
}

}  // namespace

Result<ReviewDesk> ReviewDesk::open(const std::filesystem::path& repository,
                                    const std::function<void(const std::string&)>& notice) {
  auto file = agent::RunDatabase::default_file();
  if (!file) return std::unexpected(file.error());
  auto database = agent::RunDatabase::open(*file, notice);
  if (!database) return std::unexpected(database.error());
  return ReviewDesk(repository, std::make_unique<agent::RunDatabase>(std::move(*database)));
}

Result<agent::Journal> ReviewDesk::journal() { return agent::Journal::open(*database_, repository_); }

Result<Review> ReviewDesk::ofRun(int64_t id) {
  auto run = database_->run(id);
  if (!run) return std::unexpected(run.error());
  auto copy = agent::open_copy(*database_, id);
  if (!copy) return std::unexpected(copy.error());
  auto changes = copy->changes();
  if (!changes) return std::unexpected(changes.error());
  auto proposal = agent::make_proposal(std::move(*changes));
  if (!proposal) return std::unexpected(proposal.error());
  if (auto done = database_->restore_verdicts(id, *proposal); !done) return std::unexpected(done.error());

  Review review;
  review.run = id;
  review.title = text(run->instruction);
  review.proposal = std::move(*proposal);
  auto events = database_->events(id);
  if (!events) return std::unexpected(events.error());
  review.left_alone = leftAlone(*events);
  for (const agent::RunEvent& event : *events)
    for (RunStep& step : stepsOf(event)) {
      if (step.kind == RunStep::Kind::kCheck)
        review.checks.push_back(std::move(step));
      else if (step.kind == RunStep::Kind::kEnd)
        review.end = step.good ? QString() : step.text;
    }
  auto book = journal();
  if (!book) return std::unexpected(book.error());
  auto steps = book->steps(id);
  if (!steps) return std::unexpected(steps.error());
  for (const agent::JournalStep& step : *steps)
    for (const agent::JournalHunk& hunk : step.hunks)
      if (hunk.active && !step.by_hand) review.applied[hunk.number] = step.number;
  return review;
}

Result<Review> ReviewDesk::ofWorkTree() {
  auto changes = agent::work_tree_changes(repository_);
  if (!changes) return std::unexpected(changes.error());
  auto proposal = agent::make_proposal(std::move(*changes));
  if (!proposal) return std::unexpected(proposal.error());
  Review review;
  review.title = tr("Changes of the working tree");
  review.proposal = std::move(*proposal);
  return review;
}

Result<void> ReviewDesk::decide(int64_t run, const agent::Hunk& hunk, bool all_rejected) {
  if (auto done = database_->set_verdict(run, hunk); !done) return done;
  auto known = database_->run(run);
  if (!known) return std::unexpected(known.error());
  if (all_rejected) return database_->set_status(run, kRejected);
  if (known->status == kRejected) return database_->set_status(run, "done");
  return {};
}

Result<Written> ReviewDesk::write(const Review& review) {
  auto book = journal();
  if (!book) return std::unexpected(book.error());
  if (!review.ofWorkTree()) {
    auto report = book->apply(review.run, review.proposal, review.title.toStdString());
    if (!report) return std::unexpected(report.error());
    return Written{Written::What::kApplied, review.title, std::move(*report)};
  }
  auto proposal = agent::make_proposal(takingBack(review.proposal));
  if (!proposal) return std::unexpected(proposal.error());
  for (agent::ProposalFile& file : proposal->files)
    for (agent::Hunk& hunk : file.hunks) hunk.state = agent::HunkState::kAccepted;
  const QString title = tr("taking back changes of the working tree");
  auto run = database_->start_run(repository_.string(), title.toStdString(), "reviewed");
  if (!run) return std::unexpected(run.error());
  auto report = book->apply(*run, *proposal, title.toStdString());
  if (!report) return std::unexpected(report.error());
  return Written{Written::What::kTakenBack, title, std::move(*report)};
}

Result<Checked> ReviewDesk::check(const Review& review, const Cancel* cancel) {
  auto cache = cache_folder("agent-index");
  if (!cache) return std::unexpected(cache.error());
  agent::WorkbenchOptions options;
  options.index_cache = *cache;
  // The command of the run, if it had one.
  if (!review.checks.empty()) options.check = review.checks.back().command.toStdString();
  auto scratch = agent::scratch_folder();
  if (!scratch) return std::unexpected(scratch.error());
  auto result = agent::check_accepted(repository_, review.proposal, *scratch, std::move(options), cancel);
  if (!result) return std::unexpected(result.error());
  return Checked{review.run, std::move(*result), count(review).to_write};
}

Result<QString> ReviewDesk::titleOf(agent::Journal& journal, const agent::JournalAddress& address) {
  auto steps = journal.steps(address.run);
  if (!steps) return std::unexpected(steps.error());
  for (const agent::JournalStep& step : *steps)
    if (step.number == address.step) return text(step.title).section(u'\n', 0, 0);
  return QString();
}

Result<Written> ReviewDesk::back(std::optional<agent::JournalAddress> address, bool merge, bool again) {
  auto book = journal();
  if (!book) return std::unexpected(book.error());
  if (!address) {
    auto newest = again ? book->last_undone() : book->last_done();
    if (!newest) return std::unexpected(newest.error());
    address = *newest;
  }
  auto title = titleOf(*book, *address);
  if (!title) return std::unexpected(title.error());
  auto report = again ? book->redo(*address, merge) : book->undo(*address, merge);
  if (!report) return std::unexpected(report.error());
  return Written{again ? Written::What::kRedone : Written::What::kUndone, *title, std::move(*report)};
}

Result<Written> ReviewDesk::undo(std::optional<agent::JournalAddress> address, bool merge) {
  return back(address, merge, false);
}

Result<Written> ReviewDesk::redo(bool merge) { return back({}, merge, true); }

Result<History> ReviewDesk::history() {
  auto book = journal();
  if (!book) return std::unexpected(book.error());
  History history;
  const std::pair<Result<agent::JournalAddress>, QString*> ends[] = {{book->last_done(), &history.undo},
                                                                     {book->last_undone(), &history.redo}};
  for (const auto& [address, title] : ends) {
    if (!address && address.error().kind == ErrorKind::kNotFound) continue;
    if (!address) return std::unexpected(address.error());
    auto found = titleOf(*book, *address);
    if (!found) return std::unexpected(found.error());
    *title = *found;
  }
  return history;
}

Result<std::vector<agent::Run>> ReviewDesk::runs() { return database_->runs(repository_.string()); }

Result<std::optional<WaitingRun>> ReviewDesk::waiting() {
  auto all = runs();
  if (!all) return std::unexpected(all.error());
  std::optional<WaitingRun> none;
  if (all->empty()) return none;
  const agent::Run& newest = all->front();
  if (newest.status == "applied" || newest.status == kRejected || newest.status == "reviewed") return none;
  auto events = database_->events(newest.id);
  if (!events) return std::unexpected(events.error());
  // What is said of the end is not there if the process was killed.
  const bool interrupted = newest.status == "running";
  const bool changed = std::ranges::any_of(*events, [](const agent::RunEvent& event) {
    return (event.kind == "result" || event.kind == "attempt") && event.json.find("\"after\":") != std::string::npos;
  });
  if (events->empty() || (!changed && !interrupted)) return none;
  return WaitingRun{newest, std::move(*events), interrupted};
}

}  // namespace strata::ui
