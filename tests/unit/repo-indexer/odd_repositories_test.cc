// SPDX-License-Identifier: Apache-2.0
// Repositories that are not as one expects: each gives an index or an error a user can act on; nothing leads out of the
// tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "repo-indexer/index.h"
#include "tests/unit/repo-indexer/temporary_tree.h"

namespace strata::repo {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IndexReport updated(Index& index) {
  auto report = index.update();
  EXPECT_TRUE(report) << report.error().message;
  return report.value_or(IndexReport{});
}

TEST(OddRepositories, EmptyRepositoryWithoutCommits) {
  TemporaryTree tree;
  tree.git("init");
  Index index = tree.open();
  EXPECT_EQ(updated(index).files, 0);
  EXPECT_TRUE(index.search("anything", 5)->empty());
  EXPECT_TRUE(index.reading_order()->empty());
  EXPECT_TRUE(index.pack(1000, [](std::string_view text) { return std::ssize(text); }));
}

TEST(OddRepositories, FilesBeforeTheFirstCommit) {
  TemporaryTree tree;
  tree.git("init");
  tree.write("a.py", "x = 1\n");
  Index index = tree.open();
  updated(index);
  EXPECT_THAT(paths(index), ElementsAre("a.py"));
}

TEST(OddRepositories, PlainFolder) {
  TemporaryTree tree;
  tree.write("a.py", "x = 1\n");
  tree.write("node_modules/x/index.js", "x\n");
  Index index = tree.open();
  const IndexReport report = updated(index);
  EXPECT_FALSE(report.is_git);
  EXPECT_THAT(report.notice, HasSubstr("not a git repository"));
  EXPECT_THAT(paths(index), ElementsAre("a.py"));
}

TEST(OddRepositories, AFolderThatTheRepositoryAroundItIgnores) {
  TemporaryTree tree;
  tree.git("init");
  tree.write(".gitignore", "inner/\n");
  tree.write("inner/a.py", "x = 1\n");
  auto index = Index::open(tree.root / "inner", tree.cache);
  ASSERT_TRUE(index);
  updated(*index);
  EXPECT_THAT(paths(*index), ElementsAre("a.py"));
}

TEST(OddRepositories, BareRepository) {
  TemporaryTree tree;
  tree.git("init --bare");
  const auto index = Index::open(tree.root, tree.cache);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(index.error().message, HasSubstr("bare"));
}

TEST(OddRepositories, BareRepositoryWithCommits) {
  TemporaryTree tree;
  tree.git("init");
  tree.write("a.py", "x = 1\n");
  tree.git("add .");
  tree.git("commit -m first");
  tree.git("clone --bare . ../bare");
  const auto index = Index::open(tree.root.parent_path() / "bare", tree.cache);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, ErrorKind::kUnsupported);
}

TEST(OddRepositories, MergeInProgress) {
  TemporaryTree tree;
  tree.git("init");
  tree.write("a.py", "def first():\n    return 1\n\n");
  tree.git("add .");
  tree.git("commit -m first");
  tree.git("checkout -b side");
  tree.write("a.py", "def first():\n    return 2\n\n");
  tree.git("commit -am second");
  tree.git("checkout main");
  tree.write("a.py", "def first():\n    return 3\n\n");
  tree.git("commit -am third");
  tree.git("merge side >/dev/null || true");
  Index index = tree.open();
  const IndexReport report = updated(index);
  EXPECT_THAT(report.head, HasSubstr("a merge is in progress"));
  EXPECT_THAT(paths(index), ElementsAre("a.py"));
  EXPECT_EQ(index.find_symbols("first")->size(), 1u);
  EXPECT_THAT(*index.read_text(**index.file("a.py")), HasSubstr("<<<<<<<"));
}

TEST(OddRepositories, NoSuchFolder) {
  TemporaryTree tree;
  const auto index = Index::open(tree.root / "nowhere", tree.cache);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(index.error().message, HasSubstr("nowhere"));
}

TEST(OddRepositories, DamagedGitFolderIsReadAsAPlainOne) {
  TemporaryTree tree;
  tree.write("a.py", "x = 1\n");
  tree.write(".git/HEAD", "garbage");
  Index index = tree.open();
  EXPECT_FALSE(updated(index).notice.empty());
  EXPECT_THAT(paths(index), ElementsAre("a.py"));
}

TEST(OddRepositories, EveryFileLeftOutHasItsReason) {
  TemporaryTree tree;
  tree.write("ok.py", "x = 1\n");
  tree.write("binary.dat", "a\0b"s);
  tree.write("huge.txt", std::string(3 << 20, 'a'));
  tree.write("minified.js", "var a=1;" + std::string(200'000, 'x'));
  tree.write("package-lock.json", "{}\n");
  tree.write("model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
  ASSERT_EQ(mkfifo((tree.root / "pipe").c_str(), 0600), 0);
  Index index = tree.open();
  const IndexReport report = updated(index);
  EXPECT_THAT(paths(index), ElementsAre("ok.py"));
  EXPECT_EQ(reason(report, "binary.dat"), "binary");
  EXPECT_THAT(reason(report, "huge.txt"), HasSubstr("larger than 1 MB"));
  EXPECT_THAT(reason(report, "minified.js"), HasSubstr("minified"));
  EXPECT_THAT(reason(report, "package-lock.json"), HasSubstr("lock file"));
  EXPECT_THAT(reason(report, "model.bin"), HasSubstr("LFS"));
  EXPECT_THAT(reason(report, "pipe"), HasSubstr("regular"));
  EXPECT_EQ(report.parsed_files, 1);
  EXPECT_EQ(updated(index).skipped.size(), report.skipped.size());  // still told when nothing has changed
}

TEST(OddRepositories, LinksAreNeverFollowed) {
  TemporaryTree tree;
  std::ofstream(tree.root.parent_path() / "secret.py") << "password = 1\n";
  tree.write("a/real.py", "x = 1\n");
  fs::create_symlink("../secret.py", tree.root / "out.py");
  fs::create_symlink("a/real.py", tree.root / "in.py");
  fs::create_directory_symlink("..", tree.root / "up");
  fs::create_symlink("loop", tree.root / "loop");
  fs::create_symlink("nowhere", tree.root / "dangling");
  fs::create_directory_symlink("..", tree.root / "a/around");
  Index index = tree.open();
  const IndexReport report = updated(index);
  EXPECT_THAT(paths(index), ElementsAre("a/real.py"));
  EXPECT_THAT(reason(report, "out.py"), HasSubstr("out of the tree"));
  EXPECT_EQ(reason(report, "in.py"), "symbolic link");
  EXPECT_EQ(reason(report, "loop"), "symbolic link that cannot be followed");
  EXPECT_FALSE(*index.knows_word("password"));

  // A folder that becomes a link after the walk.
  const File file = **index.file("a/real.py");
  fs::rename(tree.root / "a", tree.root.parent_path() / "moved");
  fs::create_directory_symlink("../moved", tree.root / "a");
  EXPECT_FALSE(index.read_text(file));
  File outside = file;
  outside.path = "../secret.py";
  EXPECT_FALSE(index.read_text(outside));
  outside.path = (tree.root.parent_path() / "secret.py").string();
  EXPECT_FALSE(index.read_text(outside));
}

// Root can read everything, so its rights are given up for a while.
class OrdinaryUser {
 public:
  OrdinaryUser() : root_(geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    if (root_) ordinary = seteuid(kNobody) == 0;
  }
  ~OrdinaryUser() {
    if (root_ && ordinary) (void)!seteuid(0);
  }
  bool ordinary = true;

 private:
  bool root_;
};

TEST(OddRepositories, UnreadableFilesAndFolders) {
  const OrdinaryUser user;
  if (!user.ordinary) GTEST_SKIP() << "root can read everything, and is nobody else here";
  TemporaryTree tree;
  tree.write("closed.py", "x = 1\n");
  tree.write("closed/a.py", "x = 1\n");
  tree.write("open.py", "x = 1\n");
  chmod((tree.root / "closed.py").c_str(), 0);
  chmod((tree.root / "closed").c_str(), 0);
  Index index = tree.open();
  const IndexReport report = updated(index);
  chmod((tree.root / "closed").c_str(), 0700);
  EXPECT_THAT(paths(index), ElementsAre("open.py"));
  EXPECT_THAT(reason(report, "closed.py"), HasSubstr("unreadable"));
  EXPECT_THAT(reason(report, "closed/"), HasSubstr("unreadable"));
}

TEST(OddRepositories, StrangeNames) {
  TemporaryTree tree;
  const std::vector<std::string> names = {"-rf.py", "a\nb.py", "it's \"it\".py", "\xFF\xFE.py",
                                          "%s;DROP TABLE file.py"};
  tree.git("init");
  for (const std::string& name : names) tree.write(name, "def inside():\n    return 1\n\n");
  Index index = tree.open();
  updated(index);
  EXPECT_EQ(paths(index).size(), names.size());
  for (const std::string& name : names) {
    const auto file = index.file(name);
    ASSERT_TRUE(file && *file) << name;
    EXPECT_TRUE(index.read_text(**file)) << name;
  }
  EXPECT_EQ(index.find_symbols("inside")->size(), names.size());
}

TEST(OddRepositories, OtherEncodings) {
  TemporaryTree tree;
  tree.write("latin1.py", "# gr\xFC\xDF\ndef inside():\n    return 1\n");
  tree.write("utf16.py", "\xFF\xFEx\0=\0001\0\n\0"s);
  tree.write("bom.py", "\xEF\xBB\xBFname = 1\n");
  Index index = tree.open();
  updated(index);
  EXPECT_EQ(*index.read_text(**index.file("latin1.py")), "# grüß\ndef inside():\n    return 1\n");
  EXPECT_EQ(*index.read_text(**index.file("utf16.py")), "x=1\n");
  EXPECT_EQ(index.symbols("bom.py")->size(), 1u);
  EXPECT_TRUE(*index.knows_word("grüß"));
}

TEST(OddRepositories, SubmodulesAndNestedRepositoriesAreNotEntered) {
  TemporaryTree tree;
  tree.write("a.py", "x = 1\n");
  tree.write("nested/b.py", "x = 1\n");
  tree.git("init");
  tree.git("init nested");
  Index index = tree.open();
  const IndexReport report = updated(index);
  EXPECT_THAT(paths(index), ElementsAre("a.py"));
  EXPECT_THAT(reason(report, "nested/"), HasSubstr("nested repository"));
}

TEST(OddRepositories, DeeplyNestedCodeDoesNotOverflow) {
  TemporaryTree tree;
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "(\n";
  tree.write("deep.c", "int x = " + lines);
  tree.write("deep.py", lines);
  Index index = tree.open();
  updated(index);
  EXPECT_EQ(paths(index).size(), 2u);
}

// The scanners of these grammars keep a stack in a buffer of 1024 bytes.
TEST(OddRepositories, DeepNestingFitsIntoTheStateOfScanners) {
  TemporaryTree tree;
  std::string yaml, markdown, python, kotlin = "val x = ";
  for (int i = 0; i < 700; ++i) {
    yaml += std::string(i, ' ') + "a:\n";
    markdown += "> > ";
    python += std::string(i, ' ') + "if x:\n";
  }
  for (int i = 0; i < 3000; ++i) kotlin += "\"${\n";
  tree.write("deep.yaml", yaml);
  tree.write("deep.md", markdown + "# end\n");
  tree.write("deep.py", python);
  tree.write("deep.kt", kotlin);
  Index index = tree.open();
  updated(index);
  EXPECT_EQ(paths(index).size(), 4u);
}

TEST(OddRepositories, PipesInPlaceOfIgnoreRules) {
  TemporaryTree tree;
  tree.git("init");
  tree.write("a.py", "x = 1\n");
  tree.write("inner/b.py", "x = 1\n");
  ASSERT_EQ(mkfifo((tree.root / "pipe.py").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((tree.root / ".gitattributes").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((tree.root / "inner/.gitignore").c_str(), 0600), 0);
  Index index = tree.open();
  const IndexReport report = updated(index);
  EXPECT_THAT(paths(index), ElementsAre("a.py"));
  EXPECT_THAT(reason(report, "pipe.py"), HasSubstr("not a regular file"));
  EXPECT_THAT(reason(report, "inner/"), HasSubstr(".gitignore"));
  EXPECT_THAT(Index::open(tree.root / "inner", tree.cache).error().message, HasSubstr("pipe"));
  ASSERT_EQ(mkfifo((tree.root / ".gitmodules").c_str(), 0600), 0);
  EXPECT_THAT(index.update().error().message, HasSubstr(".gitmodules"));
}

// Overwrites part of every file of the cache.
void damage(const fs::path& cache, std::streamoff at, size_t bytes) {
  for (const auto& entry : fs::directory_iterator(cache)) {
    if (entry.path().extension() != ".db") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << std::string(bytes, '\x5A');
  }
}

TEST(OddRepositories, ADamagedIndexIsBuiltAnew) {
  TemporaryTree tree;
  tree.write("a.py", "def inside():\n    return 1\n\n");
  for (const auto& [at, bytes] : {std::pair<std::streamoff, size_t>{0, 100}, {100, 4000}, {4096, 60'000}}) {
    {
      Index index = tree.open();
      updated(index);
    }
    damage(tree.cache, at, bytes);
    Index index = tree.open();
    const IndexReport report = updated(index);
    EXPECT_THAT(report.notice, HasSubstr("anew")) << at;
    EXPECT_EQ(report.files, 1) << at;
    EXPECT_EQ(index.find_symbols("inside")->size(), 1u) << at;
  }
}

TEST(OddRepositories, AnIndexOfAnotherVersionIsBuiltAnew) {
  TemporaryTree tree;
  tree.write("a.py", "x = 1\n");
  {
    Index index = tree.open();
    updated(index);
  }
  for (const auto& entry : fs::directory_iterator(tree.cache)) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(entry.path().c_str(), &database), SQLITE_OK);
    sqlite3_exec(database, "PRAGMA user_version = 1", nullptr, nullptr, nullptr);
    sqlite3_close(database);
  }
  Index index = tree.open();
  const IndexReport report = updated(index);
  EXPECT_EQ(report.parsed_files, 1);
  EXPECT_THAT(report.notice, HasSubstr("another version of Strata"));
}

TEST(OddRepositories, TwoAtOnce) {
  TemporaryTree tree;
  for (int i = 0; i < 40; ++i) tree.write("f" + std::to_string(i) + ".py", "def f():\n    return 1\n\n");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Index index = tree.open();
      EXPECT_EQ(updated(index).files, 40);
    });
  }
  threads.clear();
  Index index = tree.open();
  EXPECT_EQ(updated(index).parsed_files, 0);
  EXPECT_EQ(index.find_symbols("f")->size(), 40u);
}

// Another program holds the index for long: what is known can be read, and who waits to write can give up.
TEST(OddRepositories, ALockedIndex) {
  TemporaryTree tree;
  tree.write("a.py", "def old():\n    return 1\n\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // what has just been written is looked at again
  Index index = tree.open();
  updated(index);
  sqlite3* holder = nullptr;
  for (const auto& entry : fs::directory_iterator(tree.cache)) {
    if (entry.path().extension() != ".db") continue;
    ASSERT_EQ(sqlite3_open(entry.path().c_str(), &holder), SQLITE_OK);
  }
  ASSERT_EQ(sqlite3_exec(holder, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(updated(index).files, 1);  // nothing has changed
  tree.write("b.py", "def new():\n    return 1\n\n");
  Cancel cancel;
  std::jthread giving_up([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    cancel.request();
  });
  const auto waited = index.update({}, &cancel);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().kind, ErrorKind::kCancelled) << waited.error().message;
  EXPECT_EQ(index.find_symbols("old")->size(), 1u);
  sqlite3_close(holder);
  EXPECT_EQ(updated(index).files, 2);
}

TEST(OddRepositories, AParseThatTakesTooLongIsCutOffAndTold) {
  TemporaryTree tree;
  std::string endless = "def unseen():\n    return 1\n\n";
  for (int i = 0; i < 20'000; ++i) endless += "f(((((a,\n";
  tree.write("endless.py", endless);
  Index index = tree.open();
  index.set_parse_budget(0);
  EXPECT_THAT(reason(updated(index), "endless.py"), HasSubstr("took too long to parse"));
  EXPECT_TRUE(index.symbols("endless.py")->empty());
  EXPECT_FALSE(index.search("unseen", 5)->empty());  // read as text
  EXPECT_FALSE(updated(index).skipped.empty());      // still told when nothing has changed
}

TEST(OddRepositories, HugeFilesAreNotRead) {
  TemporaryTree tree;
  tree.write("small.c", "int x;\n");
  tree.write("huge.c", "");
  fs::resize_file(tree.root / "huge.c", 50 << 20);
  Index index = tree.open();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(reason(updated(index), "huge.c"), HasSubstr("larger than 1 MB (52.4 MB)"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(OddRepositories, NulBytesFarIntoAText) {
  TemporaryTree tree;
  tree.write("late.py",
             "def before():\n    return 1\n" + std::string(9000, '#') + "\n\0\0\n"s + "def after():\n    return 2\n\n");
  Index index = tree.open();
  updated(index);
  EXPECT_EQ(index.find_symbols("before")->size(), 1u);
  EXPECT_EQ(index.find_symbols("after")->size(), 1u);
  EXPECT_EQ(index.read_text(**index.file("late.py"))->find('\0'), 9028u);
}

TEST(OddRepositories, BytesThatFitNoEncodingAreReplacedAndTold) {
  TemporaryTree tree;
  tree.write("damaged.py", "# grüß grüß grüß \xC3(\ndef inside():\n    return 1\n");
  Index index = tree.open();
  EXPECT_EQ(reason(updated(index), "damaged.py"), "1 bytes fit no encoding and were replaced");
  EXPECT_EQ(index.find_symbols("inside")->size(), 1u);
}

// The files of a tree under way: rewritten, cut short, removed and made again.
TEST(OddRepositories, FilesThatChangeWhileTheyAreRead) {
  TemporaryTree tree;
  const auto path = [](int i) { return "f" + std::to_string(i % 30) + ".py"; };
  for (int i = 0; i < 30; ++i) tree.write(path(i), "def first():\n    return 1\n\n");
  Index index = tree.open();
  {
    std::jthread writer([&](const std::stop_token& stop) {
      for (int i = 0; !stop.stop_requested(); i += 7) {
        std::error_code ignored;
        if (i % 3 == 0) fs::remove(tree.root / path(i), ignored);
        if (i % 5 == 0) fs::resize_file(tree.root / path(i + 1), 10, ignored);
        tree.write(path(i + 2), std::string(static_cast<size_t>(i % 4000), '#') + "\ndef changed():\n    return 2\n\n");
      }
    });
    for (int round = 0; round < 20; ++round) updated(index);
  }
  updated(index);
  auto fresh = Index::open(tree.root, tree.cache / "fresh");
  ASSERT_TRUE(fresh);
  updated(*fresh);
  EXPECT_EQ(paths(index), paths(*fresh));
  EXPECT_EQ(index.find_symbols("changed")->size(), fresh->find_symbols("changed")->size());
  const std::vector<File> files = *index.files();
  for (const File& file : files) EXPECT_EQ(file.blob_id, (*fresh->file(file.path))->blob_id) << file.path;
}

// The process may write files of no more than `bytes`, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(OddRepositories, AFullDiskKeepsTheOldIndex) {
  TemporaryTree tree;
  tree.write("old.py", "def old():\n    return 1\n\n");
  {
    Index index = tree.open();
    updated(index);
  }
  std::string many;
  for (int i = 0; i < 3000; ++i)
    many += "def function_number_" + std::to_string(i) + "():\n    return " + std::to_string(i * 7) + "\n\n";
  for (int i = 0; i < 10; ++i) tree.write("new" + std::to_string(i) + ".py", many);
  {
    Index index = tree.open();
    const FullDisk full(600'000);
    const auto report = index.update();
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, ErrorKind::kIo) << report.error().message;
    EXPECT_THAT(report.error().message, HasSubstr(".db"));
    EXPECT_THAT(paths(index), ElementsAre("old.py"));
    EXPECT_EQ(index.find_symbols("old")->size(), 1u);
  }
  Index index = tree.open();
  EXPECT_THAT(paths(index), ElementsAre("old.py"));
  EXPECT_EQ(updated(index).files, 11);
}

TEST(OddRepositories, WithoutAPlaceToWriteTheIndexIsInMemory) {
  TemporaryTree tree;
  tree.write("old.py", "def old():\n    return 1\n\n");
  const auto check = [&](const std::filesystem::path& cache, std::string_view said) {
    auto opened = open_updated(tree.root, cache);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_THAT(opened->report.notice, AllOf(HasSubstr(said), HasSubstr("in memory")));
    EXPECT_EQ(opened->index.find_symbols("old")->size(), 1u);
    tree.write("new.py", "def new():\n    return 1\n\n");
    EXPECT_EQ(updated(opened->index).files, 2);  // and it follows the tree
    std::filesystem::remove(tree.root / "new.py");
  };
  check("/dev/null/cache", "/dev/null/cache");
  {
    const FullDisk full(4096);
    check(tree.cache / "full", ".db");
  }
  const auto kept = open_updated(tree.root, tree.cache);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->report.notice.find("in memory"), std::string::npos);
}

TEST(OddRepositories, KilledWhileWriting) {
  TemporaryTree tree;
  for (int i = 0; i < 60; ++i) tree.write("f" + std::to_string(i) + ".py", "def f():\n    return 1\n\n");
  for (int round = 0; round < 12; ++round) {
    tree.write("f" + std::to_string(round) + ".py", "def f():\n    return " + std::to_string(round) + "\n\n");
    const pid_t child = fork();
    if (child == 0) {
      auto index = Index::open(tree.root, tree.cache);
      if (index) (void)index->update();
      _exit(0);
    }
    usleep(static_cast<useconds_t>(round) * 4000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    Index index = tree.open();
    EXPECT_EQ(updated(index).files, 60) << round;
    EXPECT_EQ(index.find_symbols("f")->size(), 60u) << round;
  }
}

TEST(OddRepositories, TwoProcessesAtOnce) {
  TemporaryTree tree;
  for (int i = 0; i < 60; ++i) tree.write("f" + std::to_string(i) + ".py", "def f():\n    return 1\n\n");
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      auto index = Index::open(tree.root, tree.cache);
      const auto report = index ? index->update() : std::unexpected(index.error());
      _exit(report && report->files == 60 ? 0 : 1);
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  Index index = tree.open();
  EXPECT_EQ(updated(index).parsed_files, 0);
  EXPECT_EQ(index.find_symbols("f")->size(), 60u);
}

TEST(OddRepositories, RulesThatChangeReadEverythingAnew) {
  TemporaryTree tree;
  tree.write("a.py", "def inside():\n    return 1\n\n");
  {
    Index index = tree.open();
    updated(index);
  }
  for (const auto& entry : fs::directory_iterator(tree.cache)) {
    if (entry.path().extension() != ".db") continue;
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(entry.path().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, "UPDATE figure SET value = 1 WHERE name = 'rules'", nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
  }
  Index index = tree.open();
  EXPECT_EQ(index.find_symbols("inside")->size(), 1u);  // the old index is there until the new one is
  const IndexReport report = updated(index);
  EXPECT_THAT(report.notice, HasSubstr("read again"));
  EXPECT_EQ(report.parsed_files, 1);
  EXPECT_EQ(updated(index).parsed_files, 0);
}

TEST(OddRepositories, ACacheThatCannotBeWritten) {
  TemporaryTree tree;
  tree.write("a.py", "x = 1\n");
  std::ofstream(tree.cache) << "a file where the folder should be";
  const auto index = Index::open(tree.root, tree.cache);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace strata::repo
