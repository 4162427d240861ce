// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/run_database.h"

#include <chrono>
#include <format>

#include "base/user_folders.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

constexpr int kSchemaVersion = 1;
constexpr const char* kSchema = R"sql(
CREATE TABLE run(id INTEGER PRIMARY KEY AUTOINCREMENT, repository TEXT NOT NULL, started INTEGER NOT NULL,
                 status TEXT NOT NULL, instruction TEXT NOT NULL);
CREATE INDEX run_of_repository ON run(repository, id);
CREATE TABLE event(run INTEGER NOT NULL REFERENCES run(id), seq INTEGER NOT NULL, kind TEXT NOT NULL,
                   json TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY(run, seq)) WITHOUT ROWID;
CREATE TABLE verdict(run INTEGER NOT NULL REFERENCES run(id), hunk TEXT NOT NULL, state INTEGER NOT NULL,
                     comment TEXT NOT NULL, edited TEXT NOT NULL, PRIMARY KEY(run, hunk)) WITHOUT ROWID;
CREATE TABLE step(id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id), number INTEGER NOT NULL,
                  repository TEXT NOT NULL, title TEXT NOT NULL, time INTEGER NOT NULL, by_hand INTEGER NOT NULL);
CREATE UNIQUE INDEX step_of_run ON step(run, number);
CREATE TABLE change(id INTEGER PRIMARY KEY, step INTEGER NOT NULL REFERENCES step(id), path TEXT NOT NULL,
                    before TEXT NOT NULL, before_mode INTEGER NOT NULL, after TEXT NOT NULL,
                    after_mode INTEGER NOT NULL);
CREATE INDEX change_of_path ON change(path, step);
CREATE INDEX change_of_step ON change(step);
CREATE TABLE hunk(step INTEGER NOT NULL REFERENCES step(id), number INTEGER NOT NULL,
                  change INTEGER NOT NULL REFERENCES change(id), kind INTEGER NOT NULL, old_first INTEGER NOT NULL,
                  old_lines INTEGER NOT NULL, new_first INTEGER NOT NULL, new_lines INTEGER NOT NULL,
                  active INTEGER NOT NULL, changed INTEGER NOT NULL);
CREATE INDEX hunk_of_change ON hunk(change);
CREATE INDEX hunk_of_step ON hunk(step, number);
CREATE TABLE pending(repository TEXT NOT NULL, path TEXT NOT NULL, before TEXT NOT NULL, before_mode INTEGER NOT NULL,
                     after TEXT NOT NULL, after_mode INTEGER NOT NULL, temporary TEXT NOT NULL,
                     PRIMARY KEY(repository, path)) WITHOUT ROWID;
)sql";

int64_t milliseconds() {
  using namespace std::chrono;
  return duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch()).count();
}

// Makes the tables of a new file. Two processes may come here at once: the second finds them.
Result<void> prepare(repo::Database& database, const fs::path& file) {
  if (auto done = database.script("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; BEGIN IMMEDIATE"); !done) {
    return done;
  }
  int64_t version = 0;
  auto done = database.query("PRAGMA user_version", [&](const repo::Row& row) { version = row.integer(0); });
  if (done && version == 0) done = database.script(kSchema);
  if (done && version == 0) done = database.script(std::format("PRAGMA user_version = {}", kSchemaVersion).c_str());
  if (done && version > kSchemaVersion) {
    done = fail(ErrorKind::kUnsupported, file.string() + ": a newer Strata wrote this file; use that one");
  }
  if (done) return database.script("COMMIT");
  (void)database.script("ROLLBACK");
  return done;
}

Result<repo::Database> open_database(const fs::path& file) {
  auto database = repo::Database::open(file);
  if (!database) return database;
  if (auto done = prepare(*database, file); !done) return std::unexpected(done.error());
  return database;
}

fs::path free_name(const fs::path& file) {
  for (int i = 1;; ++i) {
    const fs::path name = file.string() + (i == 1 ? ".damaged" : std::format(".damaged-{}", i));
    if (!fs::exists(name)) return name;
  }
}

}  // namespace

Result<fs::path> RunDatabase::default_file() {
  auto folder = data_folder();
  if (!folder) return folder;
  return *folder / "runs.sqlite";
}

Result<RunDatabase> RunDatabase::open(const fs::path& file, const std::function<void(const std::string&)>& notice) {
  auto database = open_database(file);
  if (!database && database.error().kind == ErrorKind::kDamaged) {
    const std::string why = database.error().message;
    const fs::path aside = free_name(file);
    std::error_code error;
    fs::rename(file, aside, error);
    if (error)
      return fail(ErrorKind::kDamaged, std::format("{}, and it cannot be moved aside: {}", why, error.message()));
    for (const char* suffix : {"-wal", "-shm"}) fs::rename(file.string() + suffix, aside.string() + suffix, error);
    if (notice) {
      notice(std::format("{}: the record of runs could not be read and is now {}; earlier runs are not listed", why,
                         aside.string()));
    }
    database = open_database(file);
  }
  if (!database) return std::unexpected(database.error());
  return RunDatabase(file, std::move(*database));
}

fs::path RunDatabase::folder(int64_t run) const { return file_.parent_path() / "runs" / std::to_string(run); }
fs::path RunDatabase::content_folder() const { return file_.parent_path() / "contents"; }

Result<int64_t> RunDatabase::start_run(const std::string& repository, const std::string& instruction,
                                       const std::string& status) {
  auto done = database_.run("INSERT INTO run(repository, started, status, instruction) VALUES(?1, ?2, ?3, ?4)",
                            repository, milliseconds() / 1000, status, instruction);
  if (!done) return std::unexpected(done.error());
  return database_.last_id();
}

Result<void> RunDatabase::set_status(int64_t run, const std::string& status) {
  return database_.run("UPDATE run SET status = ?2 WHERE id = ?1", run, status);
}

namespace {

Run run_of(const repo::Row& row) { return {row.integer(0), row.text(1), row.integer(2), row.text(3), row.text(4)}; }

}  // namespace

Result<Run> RunDatabase::run(int64_t id) {
  Run found;
  auto done = database_.query(
      "SELECT id, repository, started, status, instruction FROM run WHERE id = ?1",
      [&](const repo::Row& row) { found = run_of(row); }, id);
  if (!done) return std::unexpected(done.error());
  if (found.id == 0) return fail(ErrorKind::kNotFound, std::format("there is no run {}; `strata runs` lists them", id));
  return found;
}

Result<std::vector<Run>> RunDatabase::runs(const std::string& repository) {
  std::vector<Run> all;
  auto done = database_.query(
      "SELECT id, repository, started, status, instruction FROM run WHERE repository = ?1 OR ?1 = '' ORDER BY id DESC",
      [&](const repo::Row& row) { all.push_back(run_of(row)); }, repository);
  if (!done) return std::unexpected(done.error());
  return all;
}

Result<RunTotals> RunDatabase::totals(int64_t run) {
  RunTotals totals;
  auto done = database_.query(
      "SELECT count(DISTINCT path), count(DISTINCT hunk.step || '.' || hunk.number), count(DISTINCT CASE WHEN active "
      "THEN "
      "hunk.step || '.' || hunk.number END) FROM step JOIN hunk ON hunk.step = step.id JOIN change ON change.id = "
      "hunk.change WHERE run = ?1 AND NOT by_hand",
      [&](const repo::Row& row) {
        totals.files = static_cast<int>(row.integer(0));
        totals.hunks = static_cast<int>(row.integer(1));
        totals.active = static_cast<int>(row.integer(2));
      },
      run);
  if (!done) return std::unexpected(done.error());
  done = database_.query(
      "SELECT coalesce(json ->> '$.model', '') AS model, sum(json ->> '$.usage.in'), sum(json ->> '$.usage.reused'), "
      "sum(json ->> '$.usage.out') FROM event WHERE run = ?1 AND kind IN ('turn', 'attempt') AND "
      "CASE WHEN json_valid(json) THEN json ->> '$.usage' END IS NOT NULL GROUP BY model ORDER BY model",
      [&](const repo::Row& row) {
        totals.tokens.push_back({row.text(0), row.integer(1), row.integer(2), row.integer(3)});
      },
      run);
  if (!done) return std::unexpected(done.error());
  return totals;
}

Result<int64_t> RunDatabase::append(int64_t run, const std::string& kind, const std::string& json) {
  int64_t seq = 0;
  auto done = database_.query(
      "INSERT INTO event(run, seq, kind, json, time) VALUES(?1, (SELECT coalesce(max(seq), 0) + 1 FROM event WHERE run "
      "= ?1), ?2, ?3, ?4) RETURNING seq",
      [&](const repo::Row& row) { seq = row.integer(0); }, run, kind, json, milliseconds());
  if (!done) return std::unexpected(done.error());
  return seq;
}

Result<std::vector<RunEvent>> RunDatabase::events(int64_t run, int64_t after_seq) {
  std::vector<RunEvent> all;
  auto done = database_.query(
      "SELECT seq, kind, json, time FROM event WHERE run = ?1 AND seq > ?2 ORDER BY seq",
      [&](const repo::Row& row) { all.push_back({row.integer(0), row.text(1), row.text(2), row.integer(3)}); }, run,
      after_seq);
  if (!done) return std::unexpected(done.error());
  return all;
}

Result<void> RunDatabase::set_verdict(int64_t run, const Hunk& hunk) {
  return database_.run("INSERT OR REPLACE INTO verdict(run, hunk, state, comment, edited) VALUES(?1, ?2, ?3, ?4, ?5)",
                       run, hunk.id, static_cast<int>(hunk.state), hunk.comment, hunk.edited);
}

Result<void> RunDatabase::restore_verdicts(int64_t run, Proposal& proposal) {
  for (ProposalFile& file : proposal.files) {
    for (Hunk& hunk : file.hunks) {
      auto done = database_.query(
          "SELECT state, comment, edited FROM verdict WHERE run = ?1 AND hunk = ?2",
          [&](const repo::Row& row) {
            hunk.state = static_cast<HunkState>(row.integer(0));
            hunk.comment = row.text(1);
            hunk.edited = row.text(2);
          },
          run, hunk.id);
      if (!done) return done;
    }
  }
  return {};
}

Result<void> RunDatabase::clear_comments(int64_t run) {
  return database_.run("UPDATE verdict SET comment = '' WHERE run = ?1", run);
}

}  // namespace strata::agent
