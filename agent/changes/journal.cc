// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/journal.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <format>
#include <map>
#include <set>

#include "agent/changes/change_chain.h"
#include "agent/changes/write_lock.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;
using repo::Row;

class Transaction {
 public:
  explicit Transaction(repo::Database& database) : database_(database), open_(database.script("BEGIN IMMEDIATE")) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!finished_) (void)database_.script("ROLLBACK");
  }
  const Result<void>& open() const { return open_; }
  Result<void> commit() {
    auto done = database_.script("COMMIT");
    finished_ = done.has_value();
    return done;
  }

 private:
  repo::Database& database_;
  Result<void> open_;
  bool finished_ = false;
};

int64_t seconds() {
  using namespace std::chrono;
  return duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
}

ContentRef ref_of(const Row& row, int column) {
  return {row.text(column), static_cast<uint32_t>(row.integer(column + 1))};
}

// A file that is about to be written.
struct Write {
  std::string path;
  MaybeFile before, after;
  std::string temporary;
};

// A step that is about to be recorded.
struct NewLink {
  std::string path;
  ContentRef before, after;
  std::vector<ChainHunk> hunks;
};

}  // namespace

Result<JournalAddress> parse_address(std::string_view text) {
  JournalAddress address;
  int64_t parts[3] = {};
  size_t count = 0;
  const char *at = text.data(), *end = text.data() + text.size();
  for (bool more = true; more && count < 3; ++count) {
    const auto [next, error] = std::from_chars(at, end, parts[count]);
    if (error != std::errc() || parts[count] <= 0 || parts[count] > 1'000'000'000) break;
    at = next;
    more = at != end && *at == '.';
    at += more;
    if (!more) {
      if (at != end) break;
      return JournalAddress{parts[0], static_cast<int>(parts[1]), static_cast<int>(parts[2])};
    }
  }
  return fail(ErrorKind::kInvalid,
              std::format("{}: name a run, a step of it or a hunk of that, as in 12, 12.1 or 12.1.3", text));
}

struct Journal::Impl {
  RunDatabase& runs;
  repo::Database& database;
  std::string repository;
  TreeFiles tree;
  Contents contents;
  std::vector<std::string> recovered;

  Result<std::vector<ChainLink>> chain(const std::string& path);
  Result<int> next_number(int64_t run);
  Result<void> add_step(int64_t run, int number, const std::string& title, bool by_hand, const std::vector<NewLink>&);
  Result<void> remember(const std::vector<Write>& writes);
  Result<void> forget() { return database.run("DELETE FROM pending WHERE repository = ?1", repository); }
  Result<std::string> write_all(const std::vector<Write>& writes);
  Result<void> recover();
  Result<std::optional<NewLink>> edited_by_hand(const std::string& path, const MaybeFile& now);
  Result<WriteReport> toggle(const JournalAddress& address, bool active, bool merge);
  Result<void> set_active(const std::set<int64_t>& rows, bool active);
  Result<JournalAddress> newest(const char* sql, const char* otherwise);
};

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

const std::vector<std::string>& Journal::recovered() const { return impl_->recovered; }

Result<Journal> Journal::open(RunDatabase& runs, const fs::path& repository) {
  auto tree = TreeFiles::open(repository);
  if (!tree) return std::unexpected(tree.error());
  const std::string root = tree->root().string();
  auto impl = std::unique_ptr<Impl>(
      new Impl{runs, runs.database(), root, std::move(*tree), Contents(ContentStore(runs.content_folder())), {}});
  const WriteLock lock(runs.file());
  if (auto done = impl->recover(); !done) return std::unexpected(done.error());
  return Journal(std::move(impl));
}

Result<std::vector<ChainLink>> Journal::Impl::chain(const std::string& path) {
  std::vector<ChainLink> links;
  std::map<int64_t, size_t> place;  // by the change's row
  auto done = database.query(
      "SELECT change.id, step.run, step.number, step.by_hand, before, before_mode, after, after_mode FROM change JOIN "
      "step "
      "ON step.id = change.step WHERE change.path = ?1 AND step.repository = ?2 ORDER BY step.id",
      [&](const Row& row) {
        place[row.integer(0)] = links.size();
        links.push_back({row.integer(1),
                         static_cast<int>(row.integer(2)),
                         row.integer(3) != 0,
                         ref_of(row, 4),
                         ref_of(row, 6),
                         {}});
      },
      path, repository);
  for (const auto& [change, link] : place) {
    if (!done) break;
    done = database.query(
        "SELECT rowid, number, kind, old_first, old_lines, new_first, new_lines, active FROM hunk WHERE change = ?1 "
        "ORDER BY old_first, rowid",
        [&](const Row& row) {
          const auto integer = [&](int column) { return static_cast<int>(row.integer(column)); };
          links[link].hunks.push_back({row.integer(0), integer(1), static_cast<Hunk::Kind>(integer(2)), integer(3),
                                       integer(4), integer(5), integer(6), integer(7) != 0});
        },
        change);
  }
  if (!done) return std::unexpected(done.error());
  return links;
}

Result<int> Journal::Impl::next_number(int64_t run) {
  int number = 1;
  auto done = database.query(
      "SELECT coalesce(max(number), 0) + 1 FROM step WHERE run = ?1",
      [&](const Row& row) { number = static_cast<int>(row.integer(0)); }, run);
  if (!done) return std::unexpected(done.error());
  return number;
}

Result<void> Journal::Impl::add_step(int64_t run, int number, const std::string& title, bool by_hand,
                                     const std::vector<NewLink>& links) {
  auto done =
      database.run("INSERT INTO step(run, number, repository, title, time, by_hand) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                   run, number, repository, title, seconds(), by_hand ? 1 : 0);
  const int64_t step = database.last_id();
  for (const NewLink& link : links) {
    if (done) {
      done = database.run(
          "INSERT INTO change(step, path, before, before_mode, after, after_mode) VALUES(?1, ?2, ?3, ?4, ?5, ?6)", step,
          link.path, link.before.id, int64_t{link.before.mode}, link.after.id, int64_t{link.after.mode});
    }
    const int64_t change = database.last_id();
    for (const ChainHunk& hunk : link.hunks) {
      if (!done) return done;
      done = database.run(
          "INSERT INTO hunk(step, number, change, kind, old_first, old_lines, new_first, new_lines, active, changed) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 0)",
          step, hunk.number, change, static_cast<int>(hunk.kind), hunk.old_first, hunk.old_lines, hunk.new_first,
          hunk.new_lines);
    }
  }
  return done;
}

// Contents go to the store before the transaction that names them.
Result<void> Journal::Impl::remember(const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    const auto before = contents.keep(write.before), after = contents.keep(write.after);
    if (!before) return std::unexpected(before.error());
    if (!after) return std::unexpected(after.error());
    auto done = database.run("INSERT INTO pending VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", repository, write.path,
                             before->id, int64_t{before->mode}, after->id, int64_t{after->mode}, write.temporary);
    if (!done) return done;
  }
  return {};
}

// The path that could not be written because it has just been edited, with everything as it was; empty if all is done.
Result<std::string> Journal::Impl::write_all(const std::vector<Write>& writes) {
  for (size_t i = 0; i < writes.size(); ++i) {
    auto done = tree.replace(writes[i].path, writes[i].before, writes[i].after, writes[i].temporary);
    if (done && *done) continue;
    while (i-- > 0) (void)tree.replace(writes[i].path, writes[i].after, writes[i].before, writes[i].temporary);
    if (!done) return std::unexpected(done.error());
    for (const Write& write : writes) {
      if (const auto now = tree.read(write.path); !now || *now != write.before) return write.path;
    }
    return writes.front().path;
  }
  return std::string();
}

Result<void> Journal::Impl::recover() {
  std::vector<std::tuple<std::string, ContentRef, ContentRef, std::string>> begun;
  auto done = database.query(
      "SELECT path, before, before_mode, after, after_mode, temporary FROM pending WHERE repository = ?1",
      [&](const Row& row) { begun.emplace_back(row.text(0), ref_of(row, 1), ref_of(row, 3), row.text(5)); },
      repository);
  if (!done) return done;
  for (const auto& [path, before_ref, after_ref, temporary] : begun) {
    const auto before = contents.get(before_ref), after = contents.get(after_ref);
    if (!before) return std::unexpected(before.error());
    if (!after) return std::unexpected(after.error());
    if (auto cleared = tree.clear_leftover(path, *before, *after, temporary); !cleared) return cleared;
    const auto now = tree.read(path);
    if (now && *now == *after) continue;
    if (auto written = tree.replace(path, *before, *after, temporary); written && *written) {
      recovered.push_back(std::format("{}: finished what a stopped process had begun", path));
    } else {
      recovered.push_back(
          std::format("{}: a stopped process was about to change this file; it {}, so it was left alone", path,
                      written ? "has been edited since" : "cannot be written now"));
    }
  }
  return begun.empty() ? Result<void>{} : forget();
}

// What the user did to a file since the journal last wrote it.
Result<std::optional<NewLink>> Journal::Impl::edited_by_hand(const std::string& path, const MaybeFile& now) {
  const auto links = chain(path);
  if (!links) return std::unexpected(links.error());
  const auto state = state_of(*links, contents);
  if (!state) return std::unexpected(state.error());
  if (links->empty() || state->content == contents.name(now)) return std::optional<NewLink>{};
  auto kept = contents.keep(now);
  if (!kept) return std::unexpected(kept.error());
  const auto before = contents.get(state->content);
  if (!before) return std::unexpected(before.error());
  if (auto named = contents.keep(*before); !named) return std::unexpected(named.error());
  return NewLink{path, state->content, *kept, {ChainHunk{0, 1, Hunk::Kind::kWhole, 0, 0, 0, 0, true}}};
}

namespace {

std::string temporary_name(size_t index) { return std::format(".strata-{}-{}", getpid(), index); }

Conflict just_edited(const std::string& path) {
  return {path, {}, "", "this file was edited a moment ago; nothing was written, try again"};
}

}  // namespace

Result<WriteReport> Journal::apply(int64_t run, const Proposal& proposal, const std::string& title) {
  const WriteLock lock(impl_->runs.file());
  auto plan = plan_apply(impl_->tree, proposal);
  if (!plan) return std::unexpected(plan.error());
  WriteReport report;
  report.run = run;
  if (!plan->conflicts.empty()) {
    report.conflicts = std::move(plan->conflicts);
    return report;
  }
  if (plan->changes.empty()) return report;

  std::vector<NewLink> by_hand, links;
  std::vector<Write> writes;
  std::set<int> numbers;
  for (const FileChange& change : plan->changes) {
    auto edited = impl_->edited_by_hand(change.path, change.before);
    if (!edited) return std::unexpected(edited.error());
    if (*edited) by_hand.push_back(std::move(**edited));
    const auto before = impl_->contents.keep(change.before), after = impl_->contents.keep(change.after);
    if (!before) return std::unexpected(before.error());
    if (!after) return std::unexpected(after.error());
    const auto file = std::ranges::find_if(
        proposal.files, [&](const ProposalFile& f) { return f.path == change.path || f.old_path == change.path; });
    links.push_back({change.path, *before, *after, locate_hunks(*file, change)});
    for (const ChainHunk& hunk : links.back().hunks) numbers.insert(hunk.number);
    writes.push_back({change.path, change.before, change.after, temporary_name(writes.size())});
  }
  auto known = impl_->runs.run(run);
  if (!known) return std::unexpected(known.error());
  int number = 0;
  {
    Transaction transaction(impl_->database);
    if (!transaction.open()) return std::unexpected(transaction.open().error());
    auto next = impl_->next_number(run);
    if (!next) return std::unexpected(next.error());
    number = *next;
    Result<void> done;
    if (!by_hand.empty()) done = impl_->add_step(run, number++, "edited by hand", true, by_hand);
    if (done) done = impl_->add_step(run, number, title, false, links);
    if (done) done = impl_->remember(writes);
    if (done) done = impl_->runs.set_status(run, "applied");
    if (done) done = transaction.commit();
    if (!done) return std::unexpected(done.error());
  }
  const auto written = impl_->write_all(writes);
  if (!written || !written->empty()) {
    Transaction transaction(impl_->database);
    for (const char* sql : {"DELETE FROM hunk WHERE step IN (SELECT id FROM step WHERE run = ?1 AND number = ?2)",
                            "DELETE FROM change WHERE step IN (SELECT id FROM step WHERE run = ?1 AND number = ?2)",
                            "DELETE FROM step WHERE run = ?1 AND number = ?2"}) {
      if (auto done = impl_->database.run(sql, run, number); !done) return std::unexpected(done.error());
    }
    if (auto done = impl_->runs.set_status(run, known->status); !done) return std::unexpected(done.error());
    if (auto done = impl_->forget(); !done) return std::unexpected(done.error());
    if (auto done = transaction.commit(); !done) return std::unexpected(done.error());
    if (!written) return std::unexpected(written.error());
    report.conflicts.push_back(just_edited(*written));
    return report;
  }
  if (auto done = impl_->forget(); !done) return std::unexpected(done.error());
  report.step = number;
  report.hunks = static_cast<int>(numbers.size());
  report.written = std::move(plan->changes);
  return report;
}

Result<void> Journal::Impl::set_active(const std::set<int64_t>& rows, bool active) {
  int64_t moment = 0;
  auto done = database.query("SELECT coalesce(max(changed), 0) + 1 FROM hunk",
                             [&](const Row& row) { moment = row.integer(0); });
  for (const int64_t row : rows) {
    if (!done) break;
    done = database.run("UPDATE hunk SET active = ?2, changed = ?3 WHERE rowid = ?1", row, active ? 1 : 0, moment);
  }
  return done;
}

Result<WriteReport> Journal::Impl::toggle(const JournalAddress& address, bool active, bool merge) {
  std::set<int64_t> rows;
  std::set<std::string> paths;
  std::set<std::pair<int64_t, int64_t>> hunks;
  auto done = database.query(
      "SELECT hunk.rowid, change.path, hunk.step, hunk.number FROM hunk JOIN step ON step.id = hunk.step JOIN change "
      "ON "
      "change.id = hunk.change WHERE step.repository = ?1 AND step.run = ?2 AND (?3 = 0 OR step.number = ?3) AND (?4 = "
      "0 "
      "OR hunk.number = ?4) AND hunk.active = ?5 AND NOT step.by_hand",
      [&](const Row& row) {
        rows.insert(row.integer(0));
        paths.insert(row.text(1));
        hunks.emplace(row.integer(2), row.integer(3));
      },
      repository, address.run, address.step, address.hunk, active ? 0 : 1);
  if (!done) return std::unexpected(done.error());
  if (rows.empty()) {
    int64_t forgotten = 0;
    done = database.query(
        "SELECT count(*) FROM step WHERE repository = ?1 AND run = ?2 AND (?3 = 0 OR number = ?3) AND NOT EXISTS "
        "(SELECT "
        "1 FROM change WHERE change.step = step.id)",
        [&](const Row& row) { forgotten = row.integer(0); }, repository, address.run, address.step);
    if (!done) return std::unexpected(done.error());
    if (forgotten > 0) {
      return fail(ErrorKind::kNotFound,
                  "this was so long ago that its history was removed to stay within the limit of "
                  "the disk; it cannot be undone or redone");
    }
    return fail(ErrorKind::kNotFound, std::format("there is nothing to {} there; `strata runs` lists what was applied",
                                                  active ? "redo" : "undo"));
  }
  WriteReport report;
  report.run = address.run;
  std::vector<NewLink> by_hand;
  std::vector<Write> writes;
  for (const std::string& path : paths) {
    auto links = chain(path);
    auto now = tree.read(path);
    if (!links) return std::unexpected(links.error());
    if (!now) {
      report.conflicts.push_back({path, {}, "", now.error().message});
      continue;
    }
    auto edited = edited_by_hand(path, *now);
    if (!edited) return std::unexpected(edited.error());
    if (*edited) {
      links->push_back({0, 0, true, (*edited)->before, (*edited)->after, (*edited)->hunks});
      by_hand.push_back(std::move(**edited));
    }
    for (ChainLink& link : *links) {
      for (ChainHunk& hunk : link.hunks) {
        if (hunk.row != 0 && rows.contains(hunk.row)) hunk.active = active;
      }
    }
    auto state = state_of(*links, contents);
    if (!state) return std::unexpected(state.error());
    if (state->conflict) {
      const ChainLink& later = *state->conflict;
      report.conflicts.push_back({path,
                                  {},
                                  std::move(state->marked),
                                  later.by_hand ? "the same lines were edited by hand since"
                                                : std::format("step {}.{} needs the same lines; undo or redo it first",
                                                              later.run, later.step)});
      continue;
    }
    if (*edited && !merge) {
      report.conflicts.push_back(
          {path, {}, "", "this file was edited since; --merge keeps the edits and changes the rest"});
      continue;
    }
    auto after = contents.get(state->content);
    if (!after) return std::unexpected(after.error());
    if (*after != *now) writes.push_back({path, std::move(*now), std::move(*after), temporary_name(writes.size())});
  }
  if (!report.conflicts.empty()) return report;

  int number = 0;
  {
    Transaction transaction(database);
    if (!transaction.open()) return std::unexpected(transaction.open().error());
    if (!by_hand.empty()) {
      auto next = next_number(address.run);
      if (!next) return std::unexpected(next.error());
      done = add_step(address.run, number = *next, "edited by hand", true, by_hand);
    }
    if (done) done = set_active(rows, active);
    if (done) done = remember(writes);
    if (done) done = transaction.commit();
    if (!done) return std::unexpected(done.error());
  }
  const auto written = write_all(writes);
  if (!written || !written->empty()) {
    Transaction transaction(database);
    done = set_active(rows, !active);
    if (done) done = forget();
    if (done) done = transaction.commit();
    if (!done) return std::unexpected(done.error());
    if (!written) return std::unexpected(written.error());
    report.conflicts.push_back(just_edited(*written));
    return report;
  }
  if (done = forget(); !done) return std::unexpected(done.error());
  report.step = address.step;
  report.hunks = static_cast<int>(hunks.size());
  for (Write& write : writes) {
    report.written.push_back({std::move(write.path), std::move(write.before), std::move(write.after)});
  }
  return report;
}

Result<WriteReport> Journal::undo(const JournalAddress& address, bool merge) {
  const WriteLock lock(impl_->runs.file());
  return impl_->toggle(address, false, merge);
}

Result<WriteReport> Journal::redo(const JournalAddress& address, bool merge) {
  const WriteLock lock(impl_->runs.file());
  return impl_->toggle(address, true, merge);
}

Result<JournalAddress> Journal::Impl::newest(const char* sql, const char* otherwise) {
  JournalAddress address;
  auto done = database.query(
      sql, [&](const Row& row) { address = {row.integer(0), static_cast<int>(row.integer(1)), 0}; }, repository);
  if (!done) return std::unexpected(done.error());
  if (address.run == 0) return fail(ErrorKind::kNotFound, otherwise);
  return address;
}

Result<JournalAddress> Journal::last_done() {
  return impl_->newest(
      "SELECT run, step.number FROM step JOIN hunk ON hunk.step = step.id WHERE repository = ?1 AND NOT by_hand AND "
      "active "
      "ORDER BY step.id DESC LIMIT 1",
      "nothing that Strata changed here is left to undo");
}

Result<JournalAddress> Journal::last_undone() {
  return impl_->newest(
      "SELECT run, step.number FROM step JOIN hunk ON hunk.step = step.id WHERE repository = ?1 AND NOT by_hand AND "
      "NOT "
      "active ORDER BY changed DESC, step.id LIMIT 1",
      "nothing was undone here that could be redone");
}

Result<std::vector<JournalStep>> Journal::steps(int64_t run) {
  std::vector<JournalStep> all;
  auto done = impl_->database.query(
      "SELECT step.number, title, step.time, by_hand, hunk.number, change.path, active FROM step JOIN hunk ON "
      "hunk.step = "
      "step.id JOIN change ON change.id = hunk.change WHERE run = ?1 AND repository = ?2 ORDER BY step.number, "
      "hunk.number, change.path",
      [&](const Row& row) {
        const auto number = static_cast<int>(row.integer(0));
        if (all.empty() || all.back().number != number) {
          all.push_back({0, number, row.text(1), row.integer(2), row.integer(3) != 0, {}});
        }
        all.back().hunks.push_back({static_cast<int>(row.integer(4)), row.text(5), row.integer(6) != 0});
      },
      run, impl_->repository);
  if (!done) return std::unexpected(done.error());
  for (JournalStep& step : all) step.run = run;
  return all;
}

}  // namespace strata::agent
