// SPDX-License-Identifier: Apache-2.0
// The thread sleeps in poll(2) on inotify and on a pipe that ends it. One watch a folder, on the folders that the walk
// enters, and on the git folder for HEAD and index. Folders come and go: after a burst with folders in it, the tree is
// walked again and every folder gets a watch, which for those that have one only renews its name.
#include "repo-indexer/watcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <set>
#include <thread>
#include <unordered_map>

#include "repo-indexer/walk.h"

namespace strata::repo {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
                             IN_DELETE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr std::string_view kGitFolder = ".git/";  // in place of a path, for the watch on it

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

using Snapshot = std::map<std::string, FileStamp>;

Snapshot snapshot_of(const FoundTree& found) {
  Snapshot snapshot;
  for (const FoundFile& file : found.files) snapshot.emplace_hint(snapshot.end(), file.path, file.stamp);
  return snapshot;
}

}  // namespace

struct Watcher::Impl {
  Impl(WorkTree opened, OnChange callback, Options given, int inotify_number, int read_end, int write_end)
      : tree(std::move(opened)),
        on_change(std::move(callback)),
        options(given),
        inotify(inotify_number),
        ended(read_end),
        end(write_end) {}
  ~Impl() {
    [[maybe_unused]] const auto written = write(end.number(), "x", 1);
    if (thread.joinable()) thread.join();
  }

  // Watches on all folders; false if the system has no room for them.
  bool watch(const std::vector<std::string>& folders) {
    const auto add = [&](const std::filesystem::path& folder, const std::string& name) {
      const int id = inotify_add_watch(inotify.number(), folder.c_str(), kEvents);
      if (id < 0) return errno == ENOENT || errno == ENOTDIR || errno == EACCES;  // gone meanwhile
      names[id] = name;
      return true;
    };
    if (inotify.number() < 0) return false;
    if (tree.is_git() && !add(tree.git_folder(), std::string(kGitFolder))) return false;
    return std::ranges::all_of(folders, [&](const std::string& folder) { return add(tree.root() / folder, folder); });
  }

  // Takes what inotify has to say. `folders`: have any come or gone? `all`: anything may have changed.
  // False if there was nothing.
  bool read_events(std::set<std::string>& changed, bool& folders, bool& all) {
    bool any = false;
    alignas(inotify_event) char buffer[64 * 1024];
    for (ssize_t length; (length = read(inotify.number(), buffer, sizeof buffer)) > 0;) {
      any = true;
      for (ssize_t at = 0; at < length;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
        if (event->mask & IN_Q_OVERFLOW) all = folders = true;
        const auto name = names.find(event->wd);
        if (name == names.end()) continue;
        const std::string folder = name->second, file = event->len ? event->name : "";
        if (event->mask & IN_IGNORED) {  // the watched folder is gone, and its watch with it
          names.erase(name);
          folders = true;
        } else if (folder == kGitFolder) {
          if (file == "HEAD" || file == "index") all = true;
        } else if (file != ".git") {
          folders |= (event->mask & IN_ISDIR) != 0;
          changed.insert(folder + file + (event->mask & IN_ISDIR && !file.empty() ? "/" : ""));
        }
      }
    }
    return any;
  }

  // Sleeps until inotify or the end has something to say. False at the end.
  bool sleep(milliseconds time) {
    pollfd sources[] = {{ended.number(), POLLIN, 0}, {inotify.number(), POLLIN, 0}};
    const bool inotify_too = inotify.number() >= 0 && !is_polling;
    poll(sources, inotify_too ? 2 : 1, static_cast<int>(time.count()));
    return sources[0].revents == 0;
  }

  void run() {
    constexpr milliseconds kForever{-1};
    std::set<std::string> changed;
    bool folders = false, all = false;
    Clock::time_point first;
    while (!is_polling) {
      const bool waiting = !changed.empty() || all || folders;
      const bool more = sleep(waiting ? options.quiet : kForever);
      if (!more) return;
      const bool quiet = !read_events(changed, folders, all);
      if (changed.empty() && !folders && !all) continue;
      if (!waiting) first = Clock::now();
      if (!quiet && Clock::now() - first < options.at_most) continue;
      tell(changed, folders, all);
      changed.clear();
      folders = all = false;
    }
    for (;;) {
      if (!sleep(options.poll_every)) return;
      auto found = tree.walk(nullptr);
      if (!found) continue;
      Snapshot now = snapshot_of(*found);
      std::vector<std::string> differing;
      for (const auto& [path, stamp] : now) {
        const auto was = seen.find(path);
        if (was == seen.end() || was->second != stamp) differing.push_back(path);
      }
      for (const auto& [path, stamp] : seen) {
        if (!now.contains(path)) differing.push_back(path);
      }
      seen = std::move(now);
      std::ranges::sort(differing);
      if (!differing.empty()) on_change(differing);
    }
  }

  void tell(const std::set<std::string>& changed, bool folders, bool all) {
    auto found = tree.walk(nullptr);
    if (!found) return on_change({});
    if (folders && !watch(found->folders)) {
      is_polling = true;
      all = true;  // what happened in folders without a watch is not known
    }
    Snapshot now = snapshot_of(*found);
    std::vector<std::string> paths;
    for (const std::string& path : changed) {
      // What the walk does not see now and did not see before is ignored.
      const auto inside = [&](const Snapshot& files) {
        const auto next = files.lower_bound(path);
        return next != files.end() && (next->first == path || (path.ends_with('/') && next->first.starts_with(path)));
      };
      if (inside(now) || inside(seen)) paths.push_back(path);
    }
    seen = std::move(now);
    if (all) paths.clear();
    if (all || !paths.empty()) on_change(paths);
  }

  WorkTree tree;
  OnChange on_change;
  Options options;
  Descriptor inotify, ended, end;
  std::unordered_map<int, std::string> names;  // of watches
  Snapshot seen;
  std::atomic<bool> is_polling = false;
  std::thread thread;
};

Watcher::Watcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Watcher::Watcher(Watcher&&) noexcept = default;
Watcher& Watcher::operator=(Watcher&&) noexcept = default;
Watcher::~Watcher() = default;

bool Watcher::polling() const { return impl_->is_polling; }

Result<Watcher> Watcher::start(const std::filesystem::path& path, OnChange on_change, Options options) {
  auto tree = WorkTree::open(path);
  if (!tree) return std::unexpected(tree.error());
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorKind::kIo, "watching files: no more descriptors");
  const int inotify = options.force_polling ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  auto impl = std::make_unique<Impl>(std::move(*tree), std::move(on_change), options, inotify, ends[0], ends[1]);
  auto found = impl->tree.walk(nullptr);
  if (!found) return std::unexpected(found.error());
  impl->is_polling = !impl->watch(found->folders);
  // What changed between the walk and the watches is seen by a second look.
  found = impl->tree.walk(nullptr);
  if (!found) return std::unexpected(found.error());
  impl->seen = snapshot_of(*found);
  impl->thread = std::thread([raw = impl.get()] { raw->run(); });
  return Watcher(std::move(impl));
}

}  // namespace strata::repo
