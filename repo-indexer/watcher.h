// SPDX-License-Identifier: Apache-2.0
// Tells when a work tree has changed, so that Index::update() is called then and not all the time. inotify where the
// system has room for it, else looking at the tree every few seconds. What a branch switch or a build does in a burst
// is told once, when it has been quiet for a moment.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace strata::repo {

class Watcher {
 public:
  struct Options {
    std::chrono::milliseconds quiet{200};        // nothing happened for so long: tell
    std::chrono::milliseconds at_most{2000};     // but do not wait longer than this
    std::chrono::milliseconds poll_every{2000};  // without inotify
    bool force_polling = false;
  };
  // Called on the watcher's own thread, with changed paths relative to the root ('/' separated, ascending; a folder
  // ends in
  // '/'; empty: anything may have changed). Paths that git ignores are not told.
  using OnChange = std::function<void(const std::vector<std::string>& paths)>;

  // Watches the tree that contains `path`. Errors: as WorkTree::open.
  static Result<Watcher> start(const std::filesystem::path& path, OnChange on_change, Options options);
  static Result<Watcher> start(const std::filesystem::path& path, OnChange on_change) {
    return start(path, std::move(on_change), Options());
  }
  Watcher(Watcher&&) noexcept;
  Watcher& operator=(Watcher&&) noexcept;
  ~Watcher();  // waits for a call that is under way

  bool polling() const;  // since when the system has no room for more watches

 private:
  struct Impl;
  explicit Watcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::repo
