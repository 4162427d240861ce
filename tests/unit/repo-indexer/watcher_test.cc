// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "tests/unit/repo-indexer/temporary_tree.h"

namespace strata::repo {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// Collects what a watcher tells.
class Told {
 public:
  Watcher::OnChange callback() {
    return [this](const std::vector<std::string>& paths) {
      const std::lock_guard lock(mutex_);
      told_.push_back(paths);
      changed_.notify_all();
    };
  }
  // The next thing told; {"nothing"} after the time.
  std::vector<std::string> next(std::chrono::milliseconds time = 5s) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, time, [&] { return taken_ < told_.size(); })) return {"nothing"};
    return told_[taken_++];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<std::string>> told_;
  size_t taken_ = 0;
};

class WatcherTest : public testing::TestWithParam<bool> {
 protected:
  WatcherTest() {
    tree_.git("init");
    tree_.write(".gitignore", "*.o\n");
    tree_.write("src/a.c", "1\n");
    auto watcher = Watcher::start(tree_.root, told_.callback(), {50ms, 1s, 100ms, GetParam()});
    EXPECT_TRUE(watcher);
    watcher_ = std::make_unique<Watcher>(std::move(*watcher));
    EXPECT_EQ(watcher_->polling(), GetParam());
  }
  TemporaryTree tree_;
  Told told_;
  std::unique_ptr<Watcher> watcher_;
};

TEST_P(WatcherTest, TellsWhatChangedOnce) {
  tree_.write("src/a.c", "22\n");
  EXPECT_THAT(told_.next(), ElementsAre("src/a.c"));
  tree_.write("b.c", "1\n");
  EXPECT_THAT(told_.next(), ElementsAre("b.c"));
  fs::remove(tree_.root / "b.c");
  EXPECT_THAT(told_.next(), ElementsAre("b.c"));
  EXPECT_THAT(told_.next(300ms), ElementsAre("nothing"));
}

TEST_P(WatcherTest, IgnoredFilesAreNotTold) {
  tree_.write("src/a.o", "1\n");
  EXPECT_THAT(told_.next(500ms), ElementsAre("nothing"));
}

TEST_P(WatcherTest, SeesIntoNewFolders) {
  tree_.write("new/deep/b.c", "1\n");
  EXPECT_THAT(told_.next(), testing::Contains(testing::StartsWith("new/")));
  std::this_thread::sleep_for(200ms);
  tree_.write("new/deep/b.c", "22\n");
  EXPECT_THAT(told_.next(), ElementsAre("new/deep/b.c"));
  fs::rename(tree_.root / "new", tree_.root / "moved");
  EXPECT_NE(told_.next(), std::vector<std::string>{"nothing"});
  std::this_thread::sleep_for(200ms);
  while (told_.next(1ms) != std::vector<std::string>{"nothing"}) {
  }
  tree_.write("moved/deep/b.c", "333\n");
  EXPECT_THAT(told_.next(), ElementsAre("moved/deep/b.c"));
}

TEST_P(WatcherTest, EndsAtOnce) {
  tree_.write("src/a.c", "22\n");
  const auto start = std::chrono::steady_clock::now();
  watcher_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

INSTANTIATE_TEST_SUITE_P(, WatcherTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Polling" : "Inotify"; });

TEST(Watcher, ABurstIsToldAsOne) {
  TemporaryTree tree;
  tree.write("a.c", "1\n");
  Told told;
  auto watcher = Watcher::start(tree.root, told.callback(), {200ms, 10s, 100ms, false});
  ASSERT_TRUE(watcher);
  for (int i = 0; i < 50; ++i) {
    tree.write("f" + std::to_string(i) + ".c", "1\n");
    std::this_thread::sleep_for(2ms);
  }
  EXPECT_EQ(told.next().size(), 50u);
  EXPECT_THAT(told.next(500ms), ElementsAre("nothing"));
}

TEST(Watcher, ABranchSwitchMeansAnything) {
  TemporaryTree tree;
  tree.git("init");
  tree.write("a.c", "1\n");
  tree.git("add . && git -c user.name=t -c user.email=t@t commit -m first");
  Told told;
  auto watcher = Watcher::start(tree.root, told.callback(), {50ms, 1s, 100ms, false});
  ASSERT_TRUE(watcher);
  tree.git("checkout -b side");
  EXPECT_THAT(told.next(), IsEmpty());
}

TEST(Watcher, NoSuchFolder) { EXPECT_FALSE(Watcher::start("/nowhere/at/all", {})); }

}  // namespace
}  // namespace strata::repo
