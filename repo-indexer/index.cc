// SPDX-License-Identifier: Apache-2.0
// update(): walk the tree; compare stamps with those stored; hand what differs to the workers (read, hash, decode,
// parse, cut, make terms); write what they return, all in one transaction. Nothing differs: nothing is written but the
// figures.
#include "repo-indexer/index.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <format>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "repo-indexer/generated.h"
#include "repo-indexer/language.h"
#include "repo-indexer/packing_plan.h"
#include "repo-indexer/resolve.h"
#include "repo-indexer/rows.h"
#include "repo-indexer/secrets.h"
#include "repo-indexer/store.h"
#include "repo-indexer/terms.h"
#include "repo-indexer/text_encoding.h"
#include "repo-indexer/walk.h"

namespace strata::repo {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongLine = 20'000;    // longer lines are data or minified code
constexpr size_t kWaitingResults = 64;  // bounds the memory between workers and the writer
constexpr unsigned kMaxThreads = 16;
// A file changed within this time of being read may change again without a new time stamp.
constexpr int64_t kTimeResolutionNs = 50'000'000;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// What became of a file that was looked at.
struct Outcome {
  IndexedFile file;
  bool unchanged = false;  // its blob is the one that is stored
  bool shelved = false;    // its blob is one that was stored before
  bool gone = false;       // between the walk and now
};

size_t longest_line(std::string_view text) {
  size_t longest = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  return longest;
}

// Reads and parses files; one per thread.
class Worker {
 public:
  Worker(const WorkTree& tree, Grammars& grammars, double parse_budget_s)
      : tree_(tree), grammars_(grammars), parser_(parse_budget_s) {}

  Outcome look_at(const FoundFile& found, const KnownFile* known) {
    Outcome outcome;
    IndexedFile& file = outcome.file;
    file.path = found.path;
    file.stamp = found.stamp;
    file.marks = found.marks;
    auto bytes = tree_.read(file.path, &file.stamp);
    if (!bytes) {
      outcome.gone = bytes.error().kind == ErrorKind::kNotFound;
      file.skipped = "unreadable: " + bytes.error().message;
      return outcome;
    }
    const int64_t now =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    if (file.stamp.ctime_ns > now - kTimeResolutionNs) file.stamp.ctime_ns = 0;
    file.blob_id = blob_id(*bytes);
    if (known && (known->blob_id == file.blob_id || known->shelved.contains(file.blob_id))) {
      outcome.unchanged = known->blob_id == file.blob_id;
      outcome.shelved = !outcome.unchanged;
      return outcome;
    }
    if (bytes->starts_with("version https://git-lfs.github.com/spec/")) {
      file.skipped = "content is in Git LFS and not here (run git lfs pull)";
      return outcome;
    }
    auto decoded = decode_text(std::move(*bytes));
    if (!decoded) {
      file.skipped = "binary";
      return outcome;
    }
    std::string* const text = &decoded->text;
    if (decoded->replaced > 0) {
      file.remark = std::format("{} bytes fit no encoding and were replaced", decoded->replaced);
    }
    file.secrets = mask_secrets(*text);
    if (looks_generated(file.path, *text)) file.marks |= kLooksGenerated;
    if (const size_t longest = longest_line(*text); longest > kLongLine) {
      file.skipped = std::format("generated or minified: a line of {} characters", longest);
      return outcome;
    }
    file.language = detect_language(file.path, *text);
    file.lines = count_lines(*text);
    if (const Grammar* grammar = grammars_.find(file.language); grammar && grammar->error.empty()) {
      file.parsed = parser_.parse(*grammar, *text);
      if (file.parsed.timed_out)
        file.remark +=
            (file.remark.empty() ? "" : "; ") + std::string("took too long to parse: read as text, without symbols");
    }
    file.passages = cut_passages(*text, file.parsed.symbols);
    for (const PassageRange& p : file.passages) {
      const std::string_view symbol =
          p.symbol < 0 ? "" : std::string_view(file.parsed.symbols[p.symbol].qualified_name);
      file.terms.push_back(terms_.passage(file.path, symbol, *text, p.first_byte, p.last_byte, file.parsed.comments));
    }
    return outcome;
  }

 private:
  const WorkTree& tree_;
  Grammars& grammars_;
  Parser parser_;
  TermMaker terms_;
};

struct Task {
  const FoundFile* found = nullptr;
  const KnownFile* known = nullptr;
};

// Runs the workers over the tasks and gives each outcome to `take` on the calling thread, until it returns false.
template <typename Take>
void work_through(const std::vector<Task>& tasks, const WorkTree& tree, double parse_budget_s, const Cancel* cancel,
                  Take take) {
  Grammars grammars;
  std::mutex mutex;
  std::condition_variable can_push, can_pop;
  std::deque<Outcome> outcomes;
  size_t next = 0, running = 0;
  bool stop = false;
  const auto work = [&] {
    Worker worker(tree, grammars, parse_budget_s);
    std::unique_lock lock(mutex);
    while (!stop && next < tasks.size() && !(cancel && cancel->requested())) {
      const Task& task = tasks[next++];
      lock.unlock();
      Outcome outcome = worker.look_at(*task.found, task.known);
      lock.lock();
      can_push.wait(lock, [&] { return stop || outcomes.size() < kWaitingResults; });
      outcomes.push_back(std::move(outcome));
      can_pop.notify_one();
    }
    --running;
    can_pop.notify_one();
  };
  std::vector<std::jthread> threads;
  const auto count =
      std::clamp<size_t>(tasks.size(), 1, std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads));
  running = count;
  for (size_t i = 0; i < count; ++i) threads.emplace_back(work);
  std::unique_lock lock(mutex);
  for (;;) {
    can_pop.wait(lock, [&] { return !outcomes.empty() || running == 0; });
    if (outcomes.empty()) return;
    const Outcome outcome = std::move(outcomes.front());
    outcomes.pop_front();
    can_push.notify_one();
    lock.unlock();
    const bool go_on = take(outcome);
    lock.lock();
    if (!go_on) {
      stop = true;
      can_push.notify_all();
      lock.unlock();
      return;  // the threads are joined
    }
  }
}

File file_of(const Row& row) {
  const auto marks = static_cast<int>(row.integer(6));
  return {row.integer(0),
          row.text(1),
          row.text(2),
          row.text(3),
          row.integer(4),
          static_cast<int>(row.integer(5)),
          is_generated(marks),
          (marks & kVendored) != 0,
          static_cast<int>(row.integer(7))};
}

#define STRATA_FILE_COLUMNS \
  "id, path, blob_id, language, size, lines, marks, (SELECT count(*) FROM secret WHERE file_id = file.id)"

Passage passage_of(const Row& row) {
  return {row.integer(0),
          row.text(1),
          static_cast<int>(row.integer(2)),
          static_cast<int>(row.integer(3)),
          static_cast<uint32_t>(row.integer(4)),
          static_cast<uint32_t>(row.integer(5)),
          row.text(6),
          row.text(7)};
}

#define STRATA_PASSAGE_COLUMNS                                                                           \
  "passage.id, file.path, passage.first_line, passage.last_line, passage.first_byte, passage.last_byte," \
  " coalesce(symbol.qualified_name, ''), coalesce(symbol.kind, '')"

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

#define STRATA_IMPORT_COLUMNS \
  "importer.path, line, name, reference.qualifier, coalesce(target.path, ''), importer.language"

Import import_of(const Row& row) {
  std::string name = row.text(2);
  if (const std::string from = row.text(3); !from.empty() && from != "<") {
    const bool path = from.find('/') != from.npos;  // JavaScript's names come from a file
    name = path ? from : from + (from.ends_with('.') ? "" : std::string(scoping_of(row.text(5)).separator)) + name;
  }
  return {row.text(0), static_cast<int>(row.integer(1)), std::move(name), row.text(4)};
}

constexpr const char* kInMemory = ":memory:";  // to SQLite

}  // namespace

struct Index::Impl {
  WorkTree tree;
  fs::path database_path;
  Store store;
  std::string notice;  // of opening, told by the next update
  TermMaker terms;
  std::optional<Resolver> resolver;  // of the state `resolver_version`
  int64_t resolver_version = -1;
  double parse_budget_s = kParseBudgetS;

  Database& database() { return store.database(); }

  // Another one if another process has written.
  Result<int64_t> version() {
    int64_t version = -1;
    auto done = database().query("PRAGMA data_version", [&](const Row& row) { version = row.integer(0); });
    return done ? Result<int64_t>(version) : std::unexpected(done.error());
  }

  // The resolver of the database as it is now.
  Result<Resolver*> current_resolver() {
    const auto now = version();
    if (!now) return std::unexpected(now.error());
    if (!resolver || *now != resolver_version) {
      auto opened = Resolver::open(database());
      if (!opened) return std::unexpected(opened.error());
      resolver = std::move(*opened);
      resolver_version = *now;
    }
    return &*resolver;
  }

  // All rows of a query, each made by `make`.
  template <typename Make, typename... Values>
  auto rows(std::string_view sql, Make make, const Values&... values)
      -> Result<std::vector<decltype(make(std::declval<const Row&>()))>> {
    std::vector<decltype(make(std::declval<const Row&>()))> all;
    if (auto done = database().query(sql, [&](const Row& row) { all.push_back(make(row)); }, values...); !done) {
      return std::unexpected(done.error());
    }
    return all;
  }

  Result<void> bring_up_to_date(const FoundTree& found, IndexReport& report, const Progress& progress,
                                const Cancel* cancel);
  using KnownFiles = std::map<std::string, KnownFile>;
  Result<void> write_changes(const FoundTree& found, const KnownFiles& known, IndexReport& report,
                             const Progress& progress, const Cancel* cancel);
  Result<IndexReport> stored_report();
};

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
  read("SELECT count(*), total(lines), total(size), total(symbols), total(refs) FROM file WHERE skipped = ''",
       [&](const Row& row) {
         report.files = static_cast<int>(row.integer(0));
         report.lines = row.integer(1);
         report.bytes = row.integer(2);
         report.symbols = row.integer(3);
         report.references = row.integer(4);
       });
  read("SELECT path, line, kind FROM secret JOIN file ON file.id = file_id ORDER BY path, line",
       [&](const Row& row) { report.secrets.push_back({row.text(0), static_cast<int>(row.integer(1)), row.text(2)}); });
  read("SELECT language, count(*) FROM file WHERE skipped = '' GROUP BY language ORDER BY count(*) DESC, language",
       [&](const Row& row) { report.languages.emplace_back(row.text(0), static_cast<int>(row.integer(1))); });
  read(
      "SELECT path, skipped || remark AS reason FROM file WHERE reason <> '' UNION ALL SELECT path, reason FROM "
      "left_out"
      " ORDER BY path",
      [&](const Row& row) { report.skipped.push_back({row.text(0), row.text(1)}); });
  if (!done) return std::unexpected(done.error());
  return report;
}

Result<IndexReport> Index::report() const { return impl_->stored_report(); }

Result<std::vector<File>> Index::files() const {
  return impl_->rows("SELECT " STRATA_FILE_COLUMNS " FROM file WHERE skipped = '' ORDER BY path", file_of);
}

Result<std::optional<File>> Index::file(std::string_view path) const {
  auto found = impl_->rows("SELECT " STRATA_FILE_COLUMNS " FROM file WHERE path = ?1 AND skipped = ''", file_of, path);
  if (!found) return std::unexpected(found.error());
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<std::string> Index::read_text(const File& file) const {
  auto bytes = impl_->tree.read(file.path);
  if (!bytes) return bytes;
  if (blob_id(*bytes) != file.blob_id) {
    return fail(ErrorKind::kNotFound, std::format("{} has changed since it was indexed", file.path));
  }
  auto decoded = decode_text(std::move(*bytes));
  if (!decoded) return fail(ErrorKind::kUnsupported, file.path + " is binary");
  mask_secrets(decoded->text);
  return std::move(decoded->text);
}

Result<std::vector<Symbol>> Index::symbols(std::string_view path) const {
  return impl_->rows("SELECT " STRATA_SYMBOL_COLUMNS
                     " FROM symbol JOIN file ON file.id = symbol.file_id WHERE path = ?1"
                     " ORDER BY symbol.id",
                     symbol_of, path);
}

Result<std::vector<Passage>> Index::passages(std::string_view path) const {
  return impl_->rows("SELECT " STRATA_PASSAGE_COLUMNS
                     " FROM passage JOIN file ON file.id = passage.file_id"
                     " LEFT JOIN symbol ON symbol.id = passage.symbol_id WHERE path = ?1 ORDER BY passage.first_line",
                     passage_of, path);
}

Result<std::vector<Symbol>> Index::list_symbols(const SymbolFilter& filter, size_t limit) const {
  // instr() and not LIKE: '_' stands in half of all names.
  return impl_->rows(
      "SELECT " STRATA_SYMBOL_COLUMNS
      " FROM symbol JOIN file ON file.id = symbol.file_id"
      " WHERE (?1 = '' OR instr(lower(symbol.qualified_name), lower(?1)) OR instr(lower(symbol.name), lower(?1)))"
      " AND (?2 = '' OR symbol.kind = ?2) AND (?3 = '' OR file.path = ?3) ORDER BY path, symbol.id LIMIT ?4",
      symbol_of, std::string_view(filter.contains), std::string_view(filter.kind), std::string_view(filter.file),
      static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX)));
}

Result<std::vector<Symbol>> Index::find_symbols(std::string_view name) const {
  auto found = impl_->rows("SELECT " STRATA_SYMBOL_COLUMNS
                           " FROM symbol JOIN file ON file.id = symbol.file_id"
                           " WHERE symbol.name = ?1 COLLATE NOCASE OR symbol.qualified_name = ?1 COLLATE NOCASE"
                           " ORDER BY definition DESC, path, symbol.id",
                           symbol_of, name);
  if (!found) return found;
  const auto exact = [&](const Symbol& s) { return s.name == name || s.qualified_name == name; };
  if (std::ranges::any_of(*found, exact)) std::erase_if(*found, [&](const Symbol& s) { return !exact(s); });
  return found;
}

Result<bool> Index::knows_word(std::string_view word) const {
  bool known = false;
  auto done = impl_->database().query(
      "SELECT 1 FROM term WHERE term = ?1 AND col = 'words'"
      " UNION ALL SELECT 1 FROM symbol WHERE qualified_name = ?2 COLLATE NOCASE LIMIT 1",
      [&](const Row&) { known = true; }, std::string_view(lower_case(word)), word);
  if (!done) return std::unexpected(done.error());
  return known;
}

Result<std::vector<Reference>> Index::references(std::string_view name) const {
  return impl_->rows(
      "SELECT reference.name, path, line, reference.kind, coalesce(qualified_name, ''),"
      " coalesce(first_line, 0), coalesce(last_line, 0) FROM reference"
      " JOIN file ON file.id = reference.file_id LEFT JOIN symbol ON symbol.id = reference.symbol_id"
      " WHERE reference.name = ?1 ORDER BY path, line",
      [](const Row& row) {
        return Reference{row.text(0),
                         row.text(1),
                         static_cast<int>(row.integer(2)),
                         row.text(3),
                         row.text(4),
                         static_cast<int>(row.integer(5)),
                         static_cast<int>(row.integer(6)),
                         0};
      },
      name);
}

Result<std::vector<Symbol>> Index::subclasses(std::string_view name) const {
  return impl_->rows("SELECT DISTINCT " STRATA_SYMBOL_COLUMNS
                     " FROM reference JOIN symbol ON symbol.id = reference.symbol_id"
                     " JOIN file ON file.id = symbol.file_id WHERE reference.name = ?1 AND reference.kind = 'inherit'"
                     " ORDER BY path, symbol.first_line",
                     symbol_of, name);
}

Result<std::vector<Reference>> Index::references(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->references(symbol);
}

Result<std::vector<Relation>> Index::callers(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->callers(symbol);
}

Result<std::vector<Relation>> Index::callees(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->callees(symbol);
}

Result<std::vector<Relation>> Index::subclasses(const Symbol& symbol) const {
  auto resolver = impl_->current_resolver();
  if (!resolver) return std::unexpected(resolver.error());
  return (*resolver)->subclasses(symbol);
}

Result<std::vector<Import>> Index::includes(std::string_view path) const {
  return impl_->rows("SELECT DISTINCT " STRATA_IMPORT_COLUMNS
                     " FROM file AS importer JOIN reference ON reference.file_id = importer.id"
                     " LEFT JOIN import_edge ON import_edge.reference_id = reference.id"
                     " AND import_edge.file_id = importer.id"
                     " LEFT JOIN file AS target ON target.id = import_edge.target_id"
                     " WHERE importer.path = ?1 AND reference.kind = 'import' ORDER BY line, reference.id, target.path",
                     import_of, path);
}

Result<std::vector<Import>> Index::included_by(std::string_view path) const {
  return impl_->rows("SELECT DISTINCT " STRATA_IMPORT_COLUMNS
                     " FROM file AS target JOIN import_edge ON import_edge.target_id = target.id"
                     " JOIN reference ON reference.id = import_edge.reference_id"
                     " JOIN file AS importer ON importer.id = reference.file_id"
                     " WHERE target.path = ?1 ORDER BY importer.path, line, reference.id",
                     import_of, path);
}

Result<std::optional<Symbol>> Index::symbol_at(std::string_view path, int line) const {
  auto found = impl_->rows("SELECT " STRATA_SYMBOL_COLUMNS
                           " FROM symbol JOIN file ON file.id = symbol.file_id"
                           " WHERE path = ?1 AND ?2 BETWEEN first_line AND last_line"
                           " ORDER BY last_line - first_line, abs(name_line - ?2), symbol.id DESC LIMIT 1",
                           symbol_of, path, line);
  if (!found) return std::unexpected(found.error());
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<Index::Frequency> Index::frequency(std::string_view stem) const {
  Frequency frequency;
  auto done = impl_->database().query(
      "SELECT coalesce((SELECT max(doc) FROM term WHERE term = ?1 AND col <> 'words'), 0),"
      " (SELECT count(*) FROM passage)",
      [&](const Row& row) { frequency = {row.integer(0), row.integer(1)}; }, stem);
  if (!done) return std::unexpected(done.error());
  return frequency;
}

Result<bool> Index::knows_phrase(std::string_view words) const {
  std::string phrase;
  for (const std::string& stem : stems_of(words)) phrase += stem + ' ';
  bool known = false;
  auto done = impl_->database().query(
      "SELECT 1 FROM search WHERE search MATCH ?1 LIMIT 1", [&](const Row&) { known = true; },
      std::string_view("{name code comments} : \"" + phrase + "\""));
  if (!done) return std::unexpected(done.error());
  return known;
}

Result<std::vector<Hit>> Index::search(std::string_view query, int limit) const {
  const std::string expression = impl_->terms.query(query);
  if (expression.empty() || limit <= 0) return std::vector<Hit>{};
  // Weights of name, code, comments, words: a name says most, a comment says in words what code says in signs.
  return impl_->rows(
      "SELECT " STRATA_PASSAGE_COLUMNS
      ", score FROM"
      " (SELECT rowid AS hit, bm25(search, 3.0, 1.0, 1.5, 2.0) AS score FROM search WHERE search MATCH ?1"
      "  ORDER BY score LIMIT ?2)"
      " JOIN passage ON passage.id = hit JOIN file ON file.id = passage.file_id"
      " LEFT JOIN symbol ON symbol.id = passage.symbol_id ORDER BY score, path, passage.first_line",
      [](const Row& row) { return Hit{passage_of(row), -row.real(8)}; }, std::string_view(expression), limit);
}

Result<PackingSources> Index::sources() const {
  auto all = files();
  if (!all) return std::unexpected(all.error());
  return PackingSources{impl_->database(), impl_->tree, std::move(*all),
                        [this](const File& file) { return read_text(file); }};
}

Result<std::vector<File>> Index::reading_order(const std::vector<std::string>& near) const {
  auto from = sources();
  return from ? repo::reading_order(std::move(*from), near) : std::unexpected(from.error());
}

Result<PackingPlan> Index::pack(int64_t budget, const TokenCounter& count, const std::vector<std::string>& near,
                                const Cancel* cancel) const {
  auto from = sources();
  if (!from) return std::unexpected(from.error());
  auto about = report();
  if (!about) return std::unexpected(about.error());
  auto plan = make_plan(std::move(*from), budget, count, near, cancel);
  if (!plan) return plan;
  std::unordered_set<std::string_view> packed;
  for (const PackedSegment& segment : plan->segments) packed.insert(segment.path);
  for (Secret& secret : about->secrets) {
    if (packed.contains(secret.path)) plan->secrets.push_back(std::move(secret));
  }
  for (Skipped& s : about->skipped) {
    if (!packed.contains(s.path)) plan->left_out.push_back({std::move(s.path), 0, std::move(s.reason)});
  }
  return plan;
}

Result<std::string> Index::map(int64_t budget, const TokenCounter& count, const std::vector<std::string>& near) const {
  auto from = sources();
  return from ? make_map(std::move(*from), budget, count, near) : std::unexpected(from.error());
}

}  // namespace strata::repo
