// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/tree_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "tests/unit/agent/temporary_folder.h"

namespace strata::agent {
namespace {

class TreeFilesTest : public testing::Test {
 protected:
  MaybeFile at(const std::string& path) { return *tree_.read(path); }
  TemporaryFolder folder_;
  TreeFiles tree_ = std::move(*TreeFiles::open(folder_.path, false));
};

TEST_F(TreeFilesTest, OnlyWhatWasExpectedIsReplaced) {
  folder_.write("a", "one\n");
  EXPECT_FALSE(*tree_.replace("a", FileContent{"two\n"}, FileContent{"three\n"}, "t"));
  EXPECT_FALSE(*tree_.replace("a", {}, FileContent{"three\n"}, "t"));
  EXPECT_FALSE(*tree_.replace("b", FileContent{"x"}, {}, "t"));
  EXPECT_EQ(folder_.read("a"), "one\n");
  EXPECT_TRUE(*tree_.replace("a", FileContent{"one\n"}, FileContent{"two\n"}, "t"));
  EXPECT_TRUE(*tree_.replace("a", FileContent{"two\n"}, FileContent{"target", kLink}, "t"));
  EXPECT_TRUE(*tree_.replace("a", FileContent{"target", kLink}, FileContent{"x", kExecutableFile}, "t"));
  EXPECT_TRUE(*tree_.replace("a", FileContent{"x", kExecutableFile}, {}, "t"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path));
}

TEST_F(TreeFilesTest, PermissionsStayAsTheyWere) {
  folder_.write("private", "x\n");
  chmod((folder_.path / "private").c_str(), 0640);
  ASSERT_TRUE(*tree_.replace("private", FileContent{"x\n"}, FileContent{"y\n"}, "t"));
  struct stat s{};
  stat((folder_.path / "private").c_str(), &s);
  EXPECT_EQ(s.st_mode & 0777, 0640u);
  ASSERT_TRUE(*tree_.replace("private", FileContent{"y\n"}, FileContent{"y\n", kExecutableFile}, "t"));
  stat((folder_.path / "private").c_str(), &s);
  EXPECT_EQ(s.st_mode & 0777, 0750u);
}

// An editor saves as fast as it can while we replace: what it has saved last must be there in the end, or ours.
TEST_F(TreeFilesTest, AnEditThatComesInBetweenIsNeverLost) {
  folder_.write("file", "0");
  std::atomic<bool> stop = false;
  std::atomic<int> replaced = 0;
  std::thread ours([&] {
    while (!stop) {
      const MaybeFile now = at("file");
      if (!now || now->bytes.starts_with("ours")) continue;
      const auto done = tree_.replace("file", now, FileContent{"ours after " + now->bytes}, ".t");
      if (done && *done) ++replaced;
    }
  });
  for (int i = 1; i <= 2000; ++i) {
    const std::string mine = std::to_string(i);
    folder_.write("editor", mine);
    std::filesystem::rename(folder_.path / "editor", folder_.path / "file");
  }
  stop = true;
  ours.join();
  EXPECT_GT(replaced, 0);
  const std::string last = folder_.read("file");
  EXPECT_TRUE(last == "2000" || last == "ours after 2000") << last;
}

TEST_F(TreeFilesTest, PathsOutOfTheTreeAndThroughLinksAreRefused) {
  TemporaryFolder outside;
  outside.write("file", "untouched\n");
  std::filesystem::create_directory_symlink(outside.path, folder_.path / "away");
  for (const char* path : {"away/file", "../x", "/x", "a/./b", "a/", ".git", ".GIT/hooks/x", "a/.git/config"}) {
    EXPECT_FALSE(tree_.read(path)) << path;
    EXPECT_FALSE(tree_.replace(path, FileContent{"untouched\n"}, FileContent{"x"}, "t")) << path;
  }
  EXPECT_EQ(outside.read("file"), "untouched\n");
  EXPECT_TRUE(is_tree_path("name\nwith newline"));
  EXPECT_TRUE(is_tree_path("-rf"));
  EXPECT_TRUE(is_tree_path(".gitignore"));
}

}  // namespace
}  // namespace strata::agent
