// SPDX-License-Identifier: Apache-2.0
// Which files are found, and what is said of those that are not.
#include "repo-indexer/walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/repo-indexer/temporary_tree.h"

namespace strata::repo {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

FoundTree walked(const TemporaryTree& tree) {
  auto opened = WorkTree::open(tree.root);
  EXPECT_TRUE(opened) << opened.error().message;
  auto found = opened->walk(nullptr);
  EXPECT_TRUE(found) << found.error().message;
  return std::move(*found);
}

std::vector<std::string> names(const FoundTree& found) {
  std::vector<std::string> all;
  for (const FoundFile& file : found.files) all.push_back(file.path);
  return all;
}

std::string reason(const FoundTree& found, std::string_view path) {
  for (const Skipped& s : found.skipped)
    if (s.path == path) return s.reason;
  return "";
}

int marks(const FoundTree& found, std::string_view path) {
  for (const FoundFile& file : found.files)
    if (file.path == path) return file.marks;
  return -1;
}

TEST(Walk, StrataignoreLeavesOutTrackedFilesAndBringsBackIgnoredOnes) {
  TemporaryTree tree;
  tree.git("init");
  tree.write(".gitignore", "*.gen\n");
  tree.write(".strataignore", "/data/\n*.csv\n!wanted.gen\n");
  for (const char* path : {"a.c", "a.csv", "data/b.c", "wanted.gen", "other.gen", "sub/c.c"}) tree.write(path, "x\n");
  tree.write("sub/.strataignore", "c.c\n");
  tree.git("add a.c a.csv data sub");
  const FoundTree found = walked(tree);
  EXPECT_THAT(names(found), ElementsAre(".gitignore", ".strataignore", "a.c", "sub/.strataignore", "wanted.gen"));
  EXPECT_EQ(reason(found, "a.csv"), "ignored (.strataignore)");
  EXPECT_EQ(reason(found, "data/"), "ignored (.strataignore)");
  EXPECT_EQ(reason(found, "sub/c.c"), "ignored (.strataignore)");
  EXPECT_EQ(reason(found, "other.gen"), "ignored (.gitignore)");
}

TEST(Walk, StrataignoreWorksWithoutGit) {
  TemporaryTree tree;
  tree.write(".strataignore", "out\n");
  tree.write("out/a.c", "x\n");
  tree.write("b.c", "x\n");
  EXPECT_THAT(names(walked(tree)), ElementsAre(".strataignore", "b.c"));
}

TEST(Walk, AttributesMarkFiles) {
  TemporaryTree tree;
  tree.git("init");
  tree.write(".gitattributes",
             "*.pb.c linguist-generated=true\n/hand.c -linguist-generated\nlib/* linguist-vendored\n"
             "vendor/ours.c -linguist-vendored\n*.blob binary\n");
  for (const char* path : {"a.pb.c", "hand.c", "lib/l.c", "vendor/ours.c", "vendor/theirs.c", "x.blob", "plain.c"})
    tree.write(path, "x\n");
  const FoundTree found = walked(tree);
  EXPECT_EQ(marks(found, "a.pb.c"), kGenerated);
  EXPECT_EQ(marks(found, "hand.c"), kNotGenerated);
  EXPECT_EQ(marks(found, "lib/l.c"), kVendored);
  EXPECT_EQ(marks(found, "vendor/ours.c"), 0);
  EXPECT_EQ(marks(found, "vendor/theirs.c"), kVendored);
  EXPECT_EQ(marks(found, "plain.c"), 0);
  EXPECT_EQ(reason(found, "x.blob"), "binary (.gitattributes)");
}

TEST(Walk, TrackedFilesThatAreNotThere) {
  TemporaryTree tree;
  tree.git("init");
  tree.write("a.c", "x\n");
  tree.write("b.c", "x\n");
  tree.git("add .");
  fs::remove(tree.root / "b.c");
  const FoundTree found = walked(tree);
  EXPECT_THAT(names(found), ElementsAre("a.c"));
  EXPECT_THAT(reason(found, "b.c"), HasSubstr("deleted in the work tree"));
}

TEST(Walk, SubmodulesWithTheirState) {
  TemporaryTree tree;
  const std::string other = (tree.root.parent_path() / "other").string();
  tree.git("init '" + other + "'");
  tree.git("-C '" + other + "' commit --allow-empty -m first");
  tree.git("init");
  tree.git("submodule add '" + other + "' module");
  tree.git("commit -m added");
  EXPECT_THAT(reason(walked(tree), "module"), testing::MatchesRegex("submodule at [0-9a-f]{8}"));
  tree.git("-C module commit --allow-empty -m second");
  EXPECT_THAT(reason(walked(tree), "module"),
              testing::MatchesRegex("submodule at [0-9a-f]{8}, but git's index has [0-9a-f]{8}"));
  tree.git("submodule deinit -f module");
  EXPECT_THAT(reason(walked(tree), "module"), HasSubstr("git submodule update --init"));
}

TEST(Walk, AnIndexThatChangesIsReadAgain) {
  TemporaryTree tree;
  tree.git("init");
  tree.write(".gitignore", "*.gen\n");
  tree.write("a.gen", "x\n");
  auto opened = WorkTree::open(tree.root);
  ASSERT_TRUE(opened);
  EXPECT_THAT(names(*opened->walk(nullptr)), ElementsAre(".gitignore"));
  tree.git("add -f a.gen");
  EXPECT_THAT(names(*opened->walk(nullptr)), ElementsAre(".gitignore", "a.gen"));
}

TEST(Walk, HeadSaysWhatIsCheckedOut) {
  TemporaryTree tree;
  tree.git("init");
  const auto head = [&] { return WorkTree::open(tree.root)->head(); };
  EXPECT_EQ(head(), "no commits yet");
  tree.write("a.c", "1\n");
  tree.git("add . && git -c user.name=t -c user.email=t@t commit -m first");
  EXPECT_THAT(head(), testing::StartsWith("main at "));
  tree.git("checkout -b side");
  tree.write("a.c", "2\n");
  tree.git("commit -am second");
  tree.git("checkout main");
  tree.write("a.c", "3\n");
  tree.git("commit -am third");
  const std::string merge =
      "cd '" + tree.root.string() + "' && git -c user.name=t -c user.email=t@t merge side >/dev/null 2>&1";
  EXPECT_NE(std::system(merge.c_str()), 0);  // a conflict
  EXPECT_THAT(head(), HasSubstr("a merge is in progress"));
  EXPECT_THAT(names(walked(tree)), ElementsAre("a.c"));
  tree.git("merge --abort");
  tree.git("checkout --detach");
  EXPECT_THAT(head(), testing::StartsWith("detached at "));
}

TEST(Walk, LockedAndDamagedGitIndex) {
  TemporaryTree tree;
  tree.git("init");
  tree.write("a.c", "x\n");
  tree.git("add .");
  tree.write(".git/index.lock", "");
  EXPECT_THAT(names(walked(tree)), ElementsAre("a.c"));
  tree.write(".git/index", "garbage");
  const FoundTree found = walked(tree);
  EXPECT_THAT(names(found), ElementsAre("a.c"));
  EXPECT_THAT(reason(found, ".git/index"), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace strata::repo
