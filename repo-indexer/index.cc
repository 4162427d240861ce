// SPDX-License-Identifier: Apache-2.0
// update(): walk the tree; compare stamps with those stored; hand what differs to the workers; write what they return,
// all in one transaction. Nothing differs: nothing is written but the figures.
#include "repo-indexer/index.h"

#include <algorithm>
#include <chrono>
#include <format>

#include "repo-indexer/index_impl.h"
#include "repo-indexer/indexed_files.h"
#include "repo-indexer/workers.h"

namespace strata::repo {
namespace {

namespace fs = std::filesystem;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The database in `cache` that was written last of those with `part` in their names; empty if there is none.
fs::path newest_index(const fs::path& cache, std::string_view part) {
  fs::path newest;
  fs::file_time_type written;
  std::error_code error;
  fs::directory_iterator entries(cache, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (!name.ends_with(".db") || name.find(part) == name.npos) continue;
    const auto time = entries->last_write_time(error);
    if (newest.empty() || time > written) newest = entries->path(), written = time;
  }
  return newest;
}
constexpr const char* kInMemory = ":memory:";  // to SQLite

}  // namespace
Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

const fs::path& Index::root() const { return impl_->tree.root(); }

void Index::set_parse_budget(double seconds) { impl_->parse_budget_s = seconds; }

Result<Index> Index::open(const fs::path& path, const fs::path& cache) {
  auto tree = WorkTree::open(path);
  if (!tree) return std::unexpected(tree.error());
  std::string notice;
  if (cache.empty()) {
    auto store = Store::open(kInMemory, {}, notice);
    if (!store) return std::unexpected(store.error());
    return Index(
        std::unique_ptr<Impl>(new Impl{std::move(*tree), kInMemory, std::move(*store), notice, TermMaker(), {}, -1}));
  }
  std::error_code error;
  fs::create_directories(cache, error);
  if (error) return fail(ErrorKind::kIo, cache.string() + ": cannot create this folder: " + error.message());
  // One database a work tree; those of one repository share the first of the two ids.
  const auto id = [](const fs::path& of) { return blob_id(of.string()).substr(0, 12); };
  const std::string family = id(tree->is_git() ? tree->common_folder() : tree->root());
  const fs::path database =
      cache / std::format("{}-{}-{}.db", tree->root().filename().string(), family, id(tree->root()));
  auto store = Store::open(database, newest_index(cache, "-" + family + "-"), notice);
  if (!store) return std::unexpected(store.error());
  return Index(
      std::unique_ptr<Impl>(new Impl{std::move(*tree), database, std::move(*store), notice, TermMaker(), {}, -1}));
}

Result<OpenedIndex> open_updated(const fs::path& path, const fs::path& cache, const Progress& progress,
                                 const Cancel* cancel) {
  const auto attempt = [&](const fs::path& where) -> Result<OpenedIndex> {
    auto index = Index::open(path, where);
    if (!index) return std::unexpected(index.error());
    auto report = index->update(progress, cancel);
    if (!report) return std::unexpected(report.error());
    return OpenedIndex{std::move(*index), std::move(*report)};
  };
  auto opened = attempt(cache);
  if (opened || opened.error().kind != ErrorKind::kIo) return opened;
  // It holds nothing that the tree does not. If it was the tree that could not be read, this fails alike.
  auto in_memory = attempt({});
  if (!in_memory) return in_memory;
  std::string& notice = in_memory->report.notice;
  notice = opened.error().message + "; the index is in memory and will be made again" +
           (notice.empty() ? "" : "; " + notice);
  return in_memory;
}

Result<IndexReport> Index::update(const Progress& progress, const Cancel* cancel) {
  const auto start = std::chrono::steady_clock::now();
  if (progress) progress("looking at files", 0, 0);
  auto found = impl_->tree.walk(cancel);
  if (!found) return std::unexpected(found.error());
  IndexReport report;
  report.walk_s = seconds_since(start);

  impl_->resolver.reset();
  impl_->database().set_cancel(cancel);
  auto done = impl_->bring_up_to_date(*found, report, progress, cancel);
  if (!done && done.error().kind == ErrorKind::kDamaged) {
    // The index holds nothing that the tree does not: start anew.
    std::error_code error;
    std::string ignored;
    {
      Store closed = std::move(impl_->store);
    }
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(impl_->database_path.string() + ending, error);
    auto store = Store::open(impl_->database_path, {}, ignored);
    if (!store) return std::unexpected(store.error());
    impl_->store = std::move(*store);
    impl_->database().set_cancel(cancel);
    impl_->notice = "the index was damaged and has been built anew";
    report.parsed_files = 0;
    done = impl_->bring_up_to_date(*found, report, progress, cancel);
  }
  impl_->database().set_cancel(nullptr);
  if (!done) return std::unexpected(done.error());

  auto stored = impl_->stored_report();
  if (!stored) return stored;
  stored->parsed_files = report.parsed_files;
  stored->walk_s = report.walk_s;
  stored->parse_s = report.parse_s;
  stored->store_s = report.store_s;
  stored->resolve_s = report.resolve_s;
  stored->seconds = seconds_since(start);
  if (!impl_->notice.empty()) {
    stored->notice = impl_->notice + (stored->notice.empty() ? "" : "; ") + stored->notice;
    impl_->notice.clear();
  }
  return stored;
}

Result<void> Index::Impl::bring_up_to_date(const FoundTree& found, IndexReport& report, const Progress& progress,
                                           const Cancel* cancel) {
  // Most of the time nothing has changed, and nobody needs to wait for the right to write.
  const auto before = version();
  if (!before) return std::unexpected(before.error());
  auto known = store.known_files();
  if (!known) return std::unexpected(known.error());
  const auto present = std::ranges::count_if(*known, [](const auto& entry) { return entry.second.id != 0; });
  const bool same = present == std::ssize(found.files) && std::ranges::all_of(found.files, [&](const FoundFile& file) {
                      const auto it = known->find(file.path);
                      return it != known->end() && it->second.stamp == file.stamp &&
                             (it->second.marks & ~kLooksGenerated) == file.marks;
                    });
  auto skipped = rows("SELECT path, reason FROM left_out ORDER BY rowid",
                      [](const Row& row) { return Skipped{row.text(0), row.text(1)}; });
  if (!skipped) return std::unexpected(skipped.error());
  const bool same_skipped = std::ranges::equal(*skipped, found.skipped, [](const Skipped& a, const Skipped& b) {
    return a.path == b.path && a.reason == b.reason;
  });
  if (same && same_skipped) return {};

  if (auto begun = store.begin(); !begun) return begun;
  const auto now = version();
  if (now && *now != *before) known = store.known_files();  // another process has written while we waited
  auto done = !now     ? Result<void>(std::unexpected(now.error()))
              : !known ? Result<void>(std::unexpected(known.error()))
                       : write_changes(found, *known, report, progress, cancel);
  // Cancelled: the files that are finished are kept.
  if (!done && done.error().kind != ErrorKind::kCancelled) {
    store.rollback();
    return done;
  }
  if (auto committed = store.commit(); !committed) {
    store.rollback();
    return committed;
  }
  return done;
}

Result<void> Index::Impl::write_changes(const FoundTree& found, const KnownFiles& known, IndexReport& report,
                                        const Progress& progress, const Cancel* cancel) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<Task> tasks;
  bool paths_changed = false;
  std::vector<std::string> changed;
  for (const FoundFile& file : found.files) {
    const auto it = known.find(file.path);
    if (it == known.end()) {
      tasks.push_back({&file, nullptr});
    } else if (it->second.stamp != file.stamp || (it->second.marks & ~kLooksGenerated) != file.marks) {
      tasks.push_back({&file, &it->second});
    }
  }
  for (const auto& [path, file] : known) {
    // id 0: only on the shelf
    if (file.id == 0 || std::ranges::binary_search(found.files, path, {}, &FoundFile::path)) continue;
    paths_changed = true;
    if (auto removed = store.remove(file.id); !removed) return removed;
  }
  // The largest first, so that no thread is left alone with one at the end.
  std::ranges::sort(tasks, std::ranges::greater(), [](const Task& task) { return task.found->stamp.size; });
  Result<void> done;
  int64_t finished = 0;
  work_through(tasks, tree, parse_budget_s, cancel, [&](const Outcome& outcome) {
    const auto write_start = std::chrono::steady_clock::now();
    const IndexedFile& file = outcome.file;
    const auto before = known.find(file.path);
    if (outcome.gone) {
      if (before != known.end() && before->second.id != 0) done = store.remove(before->second.id);
      paths_changed = true;
    } else if (outcome.unchanged) {
      done = store.touch(before->second.id, file.stamp, file.marks | (before->second.marks & kLooksGenerated));
    } else {
      done = outcome.shelved ? store.restore(file) : store.put(file);
      paths_changed |= before == known.end() || before->second.id == 0;
      changed.push_back(file.path);
      report.parsed_files += file.skipped.empty() && !outcome.shelved;
    }
    report.store_s += seconds_since(write_start);
    if (progress) progress("indexing", ++finished, static_cast<int64_t>(tasks.size()));
    return done.has_value();
  });
  if (done) done = store.trim_shelf();
  if (!done) return done;
  report.parse_s = seconds_since(start) - report.store_s;
  const auto resolve_start = std::chrono::steady_clock::now();
  if (done = resolve_imports(database(), paths_changed, changed); !done) return done;
  report.resolve_s = seconds_since(resolve_start);
  if (auto cleared = database().run("DELETE FROM left_out"); !cleared) return cleared;
  for (const Skipped& s : found.skipped) {
    if (done =
            database().run("INSERT INTO left_out VALUES(?1, ?2)", std::string_view(s.path), std::string_view(s.reason));
        !done) {
      return done;
    }
  }
  if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
  return {};
}

Result<IndexReport> Index::Impl::stored_report() {
  IndexReport report;
  report.is_git = tree.is_git();
  report.notice = tree.notice();
  report.head = tree.head();
  Result<void> done;
  const auto read = [&](std::string_view sql, auto on_row) {
    if (done) done = database().query(sql, on_row);
  };
  std::map<std::string, int> languages;
  read("SELECT path, skipped, remark, lines, size, symbols, refs, language FROM file", [&](const Row& row) {
    std::string reason = row.text(1);
    if (reason.empty()) {
      ++report.files;
      report.lines += row.integer(3);
      report.bytes += row.integer(4);
      report.symbols += row.integer(5);
      report.references += row.integer(6);
      ++languages[row.text(7)];
    }
    reason += row.text(2);
    if (!reason.empty()) report.skipped.push_back({row.text(0), std::move(reason)});
  });
  read("SELECT path, reason FROM left_out",
       [&](const Row& row) { report.skipped.push_back({row.text(0), row.text(1)}); });
  read("SELECT path, line, kind FROM secret JOIN file ON file.id = file_id ORDER BY path, line",
       [&](const Row& row) { report.secrets.push_back({row.text(0), static_cast<int>(row.integer(1)), row.text(2)}); });
  std::ranges::sort(report.skipped, {}, &Skipped::path);
  report.languages.assign(languages.begin(), languages.end());
  std::ranges::stable_sort(report.languages, std::ranges::greater(), &std::pair<std::string, int>::second);
  if (!done) return std::unexpected(done.error());
  return report;
}

Result<IndexReport> Index::report() const { return impl_->stored_report(); }
}  // namespace strata::repo
