// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/prune.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <format>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/changes/write_lock.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

// A content that was put a moment ago may not be named by anything yet.
constexpr int64_t kSettledSeconds = 3600;

int64_t seconds_now() {
  using namespace std::chrono;
  return duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
}

struct Content {
  fs::path file;
  int64_t bytes = 0;
  bool settled = false;
};

std::map<std::string, Content> all_contents(const fs::path& folder) {
  std::map<std::string, Content> contents;
  std::error_code error;
  for (fs::recursive_directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    struct stat s{};
    if (lstat(i->path().c_str(), &s) != 0 || !S_ISREG(s.st_mode)) continue;
    const std::string id = i->path().parent_path().filename().string() + i->path().filename().string();
    contents[id] = {i->path(), s.st_blocks * int64_t{512}, seconds_now() - s.st_mtim.tv_sec > kSettledSeconds};
  }
  return contents;
}

class Pruner {
 public:
  Pruner(RunDatabase& database, const PruneLimits& limits, const Cancel* cancel)
      : database_(database), limits_(limits), cancel_(cancel) {}

  Result<Pruned> run() {
    const WriteLock lock(database_.file());
    if (auto done = copies(); !done) return std::unexpected(done.error());
    if (auto done = contents(); !done) return std::unexpected(done.error());
    pruned_.left = total_;
    return std::move(pruned_);
  }

 private:
  // Nothing of its proposal waits for the user, and nobody can want to resume it.
  Result<bool> decided(const Run& run) {
    const bool ended = run.status == "applied" || run.status == "rejected" || run.status == "reviewed";
    if (!ended && run.status != "done") return false;
    auto copy = PrivateCopy::open(database_.folder(run.id) / "copy");
    if (!copy) return copy.error().kind == ErrorKind::kDamaged;
    auto changes = copy->changes(cancel_);
    if (!changes) return std::unexpected(changes.error());
    if (!ended) return changes->empty();
    auto proposal = make_proposal(std::move(*changes));
    if (!proposal) return std::unexpected(proposal.error());
    if (auto done = database_.restore_verdicts(run.id, *proposal); !done) return std::unexpected(done.error());
    // "Rejected" is said of the whole run.
    return run.status == "rejected" || std::ranges::none_of(proposal->files, [](const ProposalFile& file) {
             return std::ranges::any_of(file.hunks, [](const Hunk& hunk) {
               return hunk.state == HunkState::kPending || !hunk.comment.empty();
             });
           });
  }

  Result<void> copies() {
    auto runs = database_.runs();  // newest first
    if (!runs) return std::unexpected(runs.error());
    for (const auto& [id, content] : all_contents(database_.content_folder())) total_ += content.bytes;
    struct Candidate {
      int64_t run, bytes;
      bool old;
    };
    std::vector<Candidate> candidates;
    for (const Run& run : *runs) {
      const fs::path folder = database_.folder(run.id) / "copy";
      std::error_code error;
      if (!fs::exists(folder, error)) continue;
      const int64_t bytes = bytes_on_disk(folder);
      total_ += bytes;
      const bool old = static_cast<double>(seconds_now() - run.started) >= limits_.days * 86400;
      candidates.push_back({run.id, bytes, old});
      copies_.insert(run.id);
    }
    int newer = 0;  // decided ones that are kept
    std::vector<Candidate> kept;
    for (const Candidate& c : candidates) {
      const auto run = std::ranges::find(*runs, c.run, &Run::id);
      if (!c.old && total_ <= limits_.bytes) continue;  // looking into it costs more than knowing it would be kept
      auto is_decided = decided(*run);
      if (!is_decided) return std::unexpected(is_decided.error());
      if (!*is_decided) continue;
      if (c.old && newer >= limits_.keep) {
        if (auto done = remove(c.run, c.bytes); !done) return done;
      } else {
        ++newer;
        kept.push_back(c);
      }
    }
    for (auto c = kept.rbegin(); c != kept.rend() && total_ > limits_.bytes; ++c)
      if (auto done = remove(c->run, c->bytes); !done) return done;
    return {};
  }

  // Under another name first: a copy is there or it is not, whenever this process is killed.
  Result<void> remove(int64_t run, int64_t bytes) {
    const fs::path folder = database_.folder(run), gone = folder / "copy.gone";
    std::error_code error;
    fs::remove_all(gone, error);
    fs::rename(folder / "copy", gone, error);
    if (!error) fs::remove_all(gone, error);
    if (error) return fail(ErrorKind::kIo, std::format("{}: cannot be removed: {}", gone.string(), error.message()));
    pruned_.runs.push_back(run);
    copies_.erase(run);
    freed(bytes);
    return {};
  }

  void freed(int64_t bytes) {
    total_ -= bytes;
    pruned_.freed += bytes;
  }

  // What runs need to be resumed.
  Result<void> count_events() {
    for (const int64_t run : copies_) {
      auto events = database_.events(run);
      if (!events) return std::unexpected(events.error());
      for (const RunEvent& event : *events) {
        const auto json = nlohmann::json::parse(event.json, nullptr, false);
        if (!json.is_object() || !json.contains("files") || !json["files"].is_array()) continue;
        for (const auto& file : json["files"]) {
          if (!file.is_object()) continue;
          ++uses_[file.value("before", "")];
          ++uses_[file.value("after", "")];
        }
      }
    }
    return {};
  }

  struct Step {
    int64_t id = 0;
    std::string name, repository;
    bool whole = true;  // no hunk of it is undone
    std::set<std::string> paths;
    std::vector<std::string> ids;
  };

  Result<std::vector<Step>> steps() {
    std::vector<Step> all;
    auto done = database_.database().query(
        "SELECT step.id, step.run || '.' || step.number, step.repository, change.path, before, after, (SELECT "
        "min(active) FROM hunk WHERE hunk.change = change.id) FROM step JOIN change ON change.step = step.id ORDER BY "
        "step.id",
        [&](const repo::Row& row) {
          if (all.empty() || all.back().id != row.integer(0))
            all.push_back({row.integer(0), row.text(1), row.text(2), true, {}, {}});
          Step& step = all.back();
          step.paths.insert(row.text(3));
          step.ids.push_back(row.text(4));
          step.ids.push_back(row.text(5));
          step.whole = step.whole && row.integer(6) != 0;
        });
    if (done)
      done = database_.database().query("SELECT before, after FROM pending", [&](const repo::Row& row) {
        ++uses_[row.text(0)];
        ++uses_[row.text(1)];
      });
    if (!done) return std::unexpected(done.error());
    return all;
  }

  Result<void> contents() {
    if (auto done = count_events(); !done) return done;
    auto history = steps();
    if (!history) return std::unexpected(history.error());
    for (const Step& step : *history)
      for (const std::string& id : step.ids) ++uses_[id];
    const auto stored = all_contents(database_.content_folder());
    int64_t unused = 0;
    for (const auto& [id, content] : stored)
      if (!uses_.contains(id) && content.settled) unused += content.bytes;
    if (total_ - unused > limits_.bytes)
      if (auto done = forget(*history, stored, total_ - unused - limits_.bytes); !done) return done;
    for (const auto& [id, content] : stored) {
      if (!content.settled || uses_[id] > 0) continue;
      std::error_code error;
      if (!fs::remove(content.file, error)) continue;
      ++pruned_.contents;
      freed(content.bytes);
    }
    return {};
  }

  // The oldest steps, until that many bytes are needed no more. What a file is stays a function of the steps that are
  // left: only beginnings of its chain go, and none with a hunk that is undone.
  Result<void> forget(const std::vector<Step>& history, const std::map<std::string, Content>& stored, int64_t bytes) {
    auto& database = database_.database();
    if (auto begun = database.script("BEGIN IMMEDIATE"); !begun) return begun;
    std::set<std::pair<std::string, std::string>> stuck;
    Result<void> done;
    for (const Step& step : history) {
      if (bytes <= 0 || !done) break;
      const bool goes = step.whole && std::ranges::none_of(step.paths, [&](const std::string& path) {
                          return stuck.contains({step.repository, path});
                        });
      if (!goes) {
        for (const std::string& path : step.paths) stuck.insert({step.repository, path});
        continue;
      }
      done = database.run("DELETE FROM hunk WHERE step = ?1", step.id);
      if (done) done = database.run("DELETE FROM change WHERE step = ?1", step.id);
      for (const std::string& id : step.ids)
        if (const auto content = stored.find(id);
            --uses_[id] == 0 && content != stored.end() && content->second.settled)
          bytes -= content->second.bytes;
      pruned_.forgotten.push_back(step.name);
    }
    if (done) return database.script("COMMIT");
    (void)database.script("ROLLBACK");
    return done;
  }

  RunDatabase& database_;
  const PruneLimits& limits_;
  const Cancel* cancel_;
  Pruned pruned_;
  int64_t total_ = 0;
  std::set<int64_t> copies_;         // runs that have one
  std::map<std::string, int> uses_;  // of contents
};

}  // namespace

Result<Pruned> prune(RunDatabase& database, const PruneLimits& limits, const Cancel* cancel) {
  return Pruner(database, limits, cancel).run();
}

Result<PrivateCopy> open_copy(const RunDatabase& database, int64_t run) {
  const fs::path folder = database.folder(run) / "copy";
  std::error_code error;
  if (!fs::exists(folder, error) && fs::exists(folder.parent_path(), error)) {
    return fail(ErrorKind::kNotFound,
                std::format("the private copy of run {} is no longer kept, so its proposal cannot be shown or resumed; "
                            "what it applied can still be undone",
                            run));
  }
  return PrivateCopy::open(folder);
}

int64_t bytes_on_disk(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    struct stat s{};
    if (lstat(i->path().c_str(), &s) == 0) bytes += s.st_blocks * int64_t{512};
  }
  return bytes;
}

}  // namespace strata::agent
