// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/private_copy.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "tests/unit/agent/changes/work_area.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::set<std::string> files_in(const fs::path& root) {
  std::set<std::string> names;
  for (auto i = fs::recursive_directory_iterator(root); i != fs::recursive_directory_iterator(); ++i) {
    if (i->path().filename() == ".git") {
      i.disable_recursion_pending();
    } else if (i->is_symlink() || !i->is_directory()) {
      names.insert(i->path().lexically_relative(root).string());
    }
  }
  return names;
}

class PrivateCopyTest : public testing::Test {
 protected:
  PrivateCopy make() {
    auto copy = PrivateCopy::make(area_.tree, area_.path / "copy");
    if (!copy) {
      ADD_FAILURE() << copy.error().message;
      std::abort();
    }
    return std::move(*copy);
  }
  // "path: before -> after" with "-" for no file.
  std::vector<std::string> changed(const PrivateCopy& copy) {
    std::vector<std::string> all;
    const auto changes = copy.changes();
    EXPECT_TRUE(changes) << changes.error().message;
    if (!changes) return all;
    for (const FileChange& c : *changes) {
      all.push_back(c.path + ": " + (c.before ? c.before->bytes : "-") + " -> " + (c.after ? c.after->bytes : "-"));
    }
    return all;
  }
  WorkArea area_;
};

TEST_F(PrivateCopyTest, OddFilesAreCopiedByteForByteWithModesAndLinks) {
  const std::map<std::string, std::string> odd = {{"crlf", "a\r\nb\r\n"},
                                                  {"bom", "\xef\xbb\xbftext\n"},
                                                  {"no-end", "last line"},
                                                  {"empty", ""},
                                                  {"binary", std::string("\0\1\2\xff", 4)},
                                                  {"name\nwith newline", "n\n"},
                                                  {"-rf", "dash\n"},
                                                  {"--help", "dash\n"},
                                                  {"caf\xc3\xa9", "utf-8\n"},
                                                  {"latin\xe9", "not utf-8\n"},
                                                  {"sub/deep/er", "deep\n"},
                                                  {"package-lock.json", "{}\n"},
                                                  {"large", std::string(3 << 20, 'x')}};
  for (const auto& [name, bytes] : odd) area_.write("tree/" + name, bytes);
  area_.write("tree/run.sh", "#!/bin/sh\n");
  chmod((area_.tree / "run.sh").c_str(), 0755);
  area_.write("outside", "secret\n");
  fs::create_symlink("../outside", area_.tree / "out");
  fs::create_symlink("run.sh", area_.tree / "in");
  fs::create_directory_symlink("sub", area_.tree / "folder");
  area_.git("init");
  area_.git("add -A");
  area_.git("commit -m one");

  const PrivateCopy copy = make();
  EXPECT_EQ(files_in(copy.root()), files_in(area_.tree));
  for (const auto& [name, bytes] : odd) {
    EXPECT_EQ((*copy.read(name))->bytes, bytes) << name;
    EXPECT_EQ((*copy.base(name))->bytes, bytes) << name;
  }
  EXPECT_EQ((*copy.read("run.sh"))->mode, kExecutableFile);
  EXPECT_EQ(**copy.read("out"), (FileContent{"../outside", kLink}));
  EXPECT_TRUE(changed(copy).empty());

  for (const auto& [name, bytes] : odd) ASSERT_TRUE(copy.write(name, {bytes + "+"})) << name;
  const auto changes = copy.changes();
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->size(), odd.size());
  for (const FileChange& c : *changes) {
    EXPECT_EQ(c.before->bytes, odd.at(c.path));
    EXPECT_EQ(c.after->bytes, odd.at(c.path) + "+");
  }
  EXPECT_EQ(area_.read("outside"), "secret\n");
}

TEST_F(PrivateCopyTest, WhatGitIgnoresStaysOutButUntrackedFilesComeAlong) {
  area_.git("init");
  area_.write("tree/.gitignore", "*.o\nbuild/\n");
  area_.write("tree/main.c", "int main;\n");
  area_.write("tree/forced.o", "tracked all the same\n");
  area_.git("add -f .gitignore main.c forced.o");
  area_.git("commit -m one");
  area_.write("tree/untracked.c", "x\n");
  area_.write("tree/main.o", "x");
  area_.write("tree/build/out", "x");
  const PrivateCopy copy = make();
  EXPECT_EQ(files_in(copy.root()), (std::set<std::string>{".gitignore", "main.c", "forced.o", "untracked.c"}));

  fs::create_directories(copy.root() / "build");
  TemporaryFolder::read_file(copy.root() / "main.c");
  std::ofstream(copy.root() / "build/out") << "built";
  std::ofstream(copy.root() / "new.o") << "built";
  std::ofstream(copy.root() / "new.c") << "new";
  std::ofstream(copy.root() / "forced.o") << "changed";
  fs::remove(copy.root() / "untracked.c");
  EXPECT_THAT(changed(copy), testing::ElementsAre("forced.o: tracked all the same\n -> changed", "new.c: - -> new",
                                                  "untracked.c: x\n -> -"));
}

TEST_F(PrivateCopyTest, AChangeThatHidesItsTimeIsFound) {
  area_.write("tree/a", "before\n");
  const PrivateCopy copy = make();
  struct stat s{};
  stat((copy.root() / "a").c_str(), &s);
  std::ofstream(copy.root() / "a") << "after!\n";
  const timespec times[2] = {s.st_atim, s.st_mtim};
  utimensat(AT_FDCWD, (copy.root() / "a").c_str(), times, 0);
  EXPECT_THAT(changed(copy), testing::ElementsAre("a: before\n -> after!\n"));
}

TEST_F(PrivateCopyTest, EditingStaysInTheCopyAndInTheTree) {
  area_.write("tree/a", "a\n");
  area_.write("tree/dir/b", "b\n");
  area_.write("outside/file", "untouched\n");
  fs::create_directory_symlink(area_.path / "outside", area_.tree / "away");
  const PrivateCopy copy = make();
  ASSERT_TRUE(copy.write("dir/new/c", {"c\n"}));
  ASSERT_TRUE(copy.move("a", "moved/a"));
  ASSERT_TRUE(copy.remove("dir/b"));
  EXPECT_EQ(copy.remove("dir/b").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(copy.move("moved/a", "dir/new/c").error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(changed(copy),
              testing::ElementsAre("a: a\n -> -", "dir/b: b\n -> -", "dir/new/c: - -> c\n", "moved/a: - -> a\n"));
  for (const char* path : {"../x", "/etc/x", "a/../../x", ".git/config", "away/file", "", ".", "x/.Git/y"}) {
    EXPECT_FALSE(copy.write(path, {"x"})) << path;
    EXPECT_FALSE(copy.read(path)) << path;
  }
  EXPECT_EQ(area_.read("outside/file"), "untouched\n");
  EXPECT_EQ(area_.read("tree/a"), "a\n");
}

TEST_F(PrivateCopyTest, GitWorksInItWithoutTheUsersConfigurationAndHooks) {
  area_.git("init");
  area_.write("tree/a", "a\n");
  area_.git("add a");
  area_.git("commit -m one");
  area_.git("tag v1");
  area_.git("config remote.origin.url https://user:token@example.org/");
  area_.write("tree/.git/hooks/pre-commit", "#!/bin/sh\n");
  const PrivateCopy copy = make();
  const std::string in = "cd '" + copy.root().string() + "' && HOME=/nonexistent git -c safe.directory='*' ";
  EXPECT_EQ(std::system((in + "log -1 v1 >/dev/null && " + in + "diff --exit-code HEAD").c_str()), 0);
  EXPECT_EQ(TemporaryFolder::read_file(copy.root() / ".git/config").find("token"), std::string::npos);
  EXPECT_FALSE(fs::exists(copy.root() / ".git/hooks"));
}

TEST_F(PrivateCopyTest, AnUnfinishedCopyIsNoCopy) {
  area_.write("tree/a", "a\n");
  Cancel cancel;
  cancel.request();
  EXPECT_EQ(PrivateCopy::make(area_.tree, area_.path / "copy", &cancel).error().kind, ErrorKind::kCancelled);
  EXPECT_FALSE(fs::exists(area_.path / "copy"));
  make();
  EXPECT_FALSE(PrivateCopy::make(area_.tree, area_.path / "copy")) << "in use";
  fs::remove(area_.path / "copy/origin");
  EXPECT_EQ(PrivateCopy::open(area_.path / "copy").error().kind, ErrorKind::kDamaged);
}

}  // namespace
}  // namespace strata::agent
