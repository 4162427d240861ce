// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/workers.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <format>
#include <mutex>
#include <thread>

#include "repo-indexer/generated.h"
#include "repo-indexer/language.h"
#include "repo-indexer/secrets.h"
#include "repo-indexer/terms.h"
#include "repo-indexer/text_encoding.h"

namespace strata::repo {
namespace {

constexpr size_t kLongLine = 20'000;    // longer lines are data or minified code
constexpr size_t kWaitingResults = 64;  // bounds the memory between workers and the writer
constexpr unsigned kMaxThreads = 16;
// A file changed within this time of being read may change again without a new time stamp.
constexpr int64_t kTimeResolutionNs = 50'000'000;

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

}  // namespace

void work_through(const std::vector<Task>& tasks, const WorkTree& tree, double parse_budget_s, const Cancel* cancel,
                  const std::function<bool(const Outcome&)>& take) {
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

}  // namespace strata::repo
