// SPDX-License-Identifier: Apache-2.0
// Accepting, undoing and redoing, in every combination, with edits in between, and with the process killed.
#include "agent/changes/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstddef>
#include <random>

#include "tests/unit/agent/changes/work_area.h"

namespace strata::agent {
namespace {

using testing::HasSubstr;

// Sixty lines, of which six places far from each other are changed: by other lines, more lines, fewer lines.
struct SixHunks {
  std::vector<std::string> before;
  std::vector<std::vector<std::string>> after;  // per line

  SixHunks() {
    for (int i = 0; i < 60; ++i) before.push_back("line " + std::to_string(i) + "\n");
    for (const std::string& line : before) after.push_back({line});
    after[0] = {"first\n"};
    after[12] = {"a\n", "b\n", "c\n"};
    after[24] = {};
    after[25] = {};
    after[36] = {"line 36\n", "inserted\n"};
    after[47] = {"CRLF\r\n"};
    after[59] = {"no end of line"};
  }
  std::string text(unsigned subset) const {
    const int hunk_of[] = {0, 12, 24, 36, 47, 59};
    std::string out;
    for (int i = 0; i < 60; ++i) {
      const int start = i == 25 ? 24 : i;
      const auto* hunk = std::ranges::find(hunk_of, start);
      const bool taken = hunk != std::end(hunk_of) && (subset >> (hunk - hunk_of)) & 1;
      if (!taken) {
        out += before[static_cast<size_t>(i)];
      } else {
        for (const std::string& line : after[static_cast<size_t>(i)]) out += line;
      }
    }
    return out;
  }
  std::vector<FileChange> changes() const { return {{"src/file.txt", FileContent{text(0)}, FileContent{text(63)}}}; }
};

TEST(Journal, AllSubsetsOfSixHunksAreOnDiskAsAccepted) {
  const SixHunks six;
  for (unsigned subset = 0; subset < 64; ++subset) {
    WorkArea area;
    area.write("tree/src/file.txt", six.text(0));
    RunDatabase runs = area.runs();
    Journal journal = area.journal(runs);
    Proposal proposal = proposal_of(six.changes());
    ASSERT_EQ(proposal.hunk_count(), 6u);
    accept(proposal, subset);
    const auto report = journal.apply(*runs.start_run(area.tree, "", "applied"), proposal, "test");
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->conflicts.empty());
    EXPECT_EQ(report->hunks, std::popcount(subset));
    EXPECT_EQ(area.read("tree/src/file.txt"), six.text(subset)) << subset;
  }
}

TEST(Journal, HunksAreUndoneAndRedoneInAnyOrder) {
  const SixHunks six;
  WorkArea area;
  area.write("tree/src/file.txt", six.text(0));
  RunDatabase runs = area.runs();
  Journal journal = area.journal(runs);
  const int64_t run = *runs.start_run(area.tree, "", "applied");
  Proposal proposal = proposal_of(six.changes());
  accept(proposal);
  ASSERT_TRUE(journal.apply(run, proposal, "test"));
  std::mt19937 random(1);
  unsigned active = 63;
  for (int i = 0; i < 150; ++i) {
    const int hunk = static_cast<int>(random() % 6);
    const bool on = (active >> hunk) & 1;
    const auto report = on ? journal.undo({run, 1, hunk + 1}) : journal.redo({run, 1, hunk + 1});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->conflicts.empty());
    active ^= 1u << hunk;
    ASSERT_EQ(area.read("tree/src/file.txt"), six.text(active)) << "after " << i;
  }
}

// Steps of several files, some of which change the same file in other places.
class Steps : public testing::Test {
 protected:
  void SetUp() override {
    area_.write("tree/src/file.txt", six_.text(0));
    area_.write("tree/gone.txt", "is deleted\n");
    area_.write("tree/run.sh", "#!/bin/sh\n");
    run_ = *runs_.start_run(area_.tree, "", "applied");
    for (unsigned step = 0; step < 3; ++step) {
      const unsigned from = (1u << (2 * step)) - 1, to = (1u << (2 * step + 2)) - 1;
      std::vector<FileChange> changes = {{"src/file.txt", FileContent{six_.text(from)}, FileContent{six_.text(to)}}};
      if (step == 0) changes.push_back({"new/file.txt", {}, FileContent{"is new\n"}});
      if (step == 1) changes.push_back({"gone.txt", FileContent{"is deleted\n"}, {}});
      if (step == 2) {
        changes.push_back({"run.sh", FileContent{"#!/bin/sh\n"}, FileContent{"#!/bin/sh\n", kExecutableFile}});
        changes.push_back({"link", {}, FileContent{"run.sh", kLink}});
      }
      Proposal proposal = proposal_of(changes);
      accept(proposal);
      const auto report = journal_.apply(run_, proposal, "step");
      ASSERT_TRUE(report) << report.error().message;
      ASSERT_TRUE(report->conflicts.empty());
    }
  }
  void expect_state(unsigned steps, const std::string& when) {
    unsigned hunks = 0;
    for (unsigned step = 0; step < 3; ++step) hunks |= (steps >> step) & 1 ? 3u << (2 * step) : 0;
    EXPECT_EQ(area_.read("tree/src/file.txt"), six_.text(hunks)) << when;
    EXPECT_EQ(area_.at("new/file.txt"), steps & 1 ? MaybeFile(FileContent{"is new\n"}) : MaybeFile()) << when;
    EXPECT_EQ(std::filesystem::exists(area_.tree / "new"), (steps & 1) != 0) << when;
    EXPECT_EQ(area_.at("gone.txt"), steps & 2 ? MaybeFile() : MaybeFile(FileContent{"is deleted\n"})) << when;
    EXPECT_EQ(area_.at("run.sh")->mode, steps & 4 ? kExecutableFile : kRegularFile) << when;
    EXPECT_EQ(area_.at("link"), steps & 4 ? MaybeFile(FileContent{"run.sh", kLink}) : MaybeFile()) << when;
  }

  SixHunks six_;
  WorkArea area_;
  RunDatabase runs_ = area_.runs();
  Journal journal_ = area_.journal(runs_);
  int64_t run_ = 0;
};

TEST_F(Steps, AreUndoneAndRedoneInAnyOrder) {
  expect_state(7, "applied");
  std::mt19937 random(2);
  unsigned active = 7;
  for (int i = 0; i < 60; ++i) {
    const int step = static_cast<int>(random() % 3);
    const bool on = (active >> step) & 1;
    const auto report = on ? journal_.undo({run_, step + 1, 0}) : journal_.redo({run_, step + 1, 0});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->conflicts.empty()) << report->conflicts[0].reason;
    active ^= 1u << step;
    expect_state(active, "after " + std::to_string(i));
  }
}

TEST_F(Steps, WithoutAnAddressTheLastOneIsMeant) {
  for (int step = 3; step >= 1; --step) {
    EXPECT_EQ(journal_.last_done()->step, step);
    ASSERT_TRUE(journal_.undo(*journal_.last_done()));
  }
  expect_state(0, "all undone");
  EXPECT_EQ(journal_.last_done().error().kind, ErrorKind::kNotFound);
  for (int step = 1; step <= 3; ++step) {
    EXPECT_EQ(journal_.last_undone()->step, step);
    ASSERT_TRUE(journal_.redo(*journal_.last_undone()));
  }
  expect_state(7, "all redone");
  EXPECT_EQ(journal_.last_undone().error().kind, ErrorKind::kNotFound);
}

TEST_F(Steps, ARunIsUndoneAsAWhole) {
  ASSERT_TRUE(journal_.undo({run_, 0, 0}));
  expect_state(0, "undone");
  EXPECT_EQ(journal_.undo({run_, 0, 0}).error().kind, ErrorKind::kNotFound);
  ASSERT_TRUE(journal_.redo({run_, 0, 0}));
  expect_state(7, "redone");
}

TEST_F(Steps, EditsByHandAreNeverOverwritten) {
  std::string edited = six_.text(63);
  edited.replace(edited.find("line 30\n"), 8, "by hand\n");
  area_.write("tree/src/file.txt", edited);
  const auto refused = journal_.undo({run_, 1, 0});
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->conflicts.size(), 1u);
  EXPECT_THAT(refused->conflicts[0].reason, HasSubstr("--merge"));
  EXPECT_TRUE(refused->written.empty());
  EXPECT_EQ(area_.read("tree/src/file.txt"), edited);
  EXPECT_EQ(area_.at("new/file.txt"), MaybeFile(FileContent{"is new\n"})) << "all or nothing";

  const auto merged = journal_.undo({run_, 1, 0}, true);
  ASSERT_TRUE(merged && merged->conflicts.empty());
  std::string expected = six_.text(63 - 3);
  expected.replace(expected.find("line 30\n"), 8, "by hand\n");
  EXPECT_EQ(area_.read("tree/src/file.txt"), expected);
  ASSERT_TRUE(journal_.redo({run_, 1, 0}));
  EXPECT_EQ(area_.read("tree/src/file.txt"), edited) << "the edit is part of the chain now";
}

TEST_F(Steps, EditsByHandInTheSameLinesAreShownAsAConflict) {
  std::string edited = six_.text(63);
  edited.replace(edited.find("first\n"), 6, "by hand\n");
  area_.write("tree/src/file.txt", edited);
  const auto refused = journal_.undo({run_, 1, 0}, true);
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->conflicts.size(), 1u);
  EXPECT_THAT(refused->conflicts[0].text, HasSubstr("<<<<<<<"));
  EXPECT_THAT(refused->conflicts[0].text, HasSubstr("by hand"));
  EXPECT_EQ(area_.read("tree/src/file.txt"), edited);
}

TEST_F(Steps, AreListedWithTheirHunks) {
  ASSERT_TRUE(journal_.undo({run_, 2, 1}));
  const auto steps = journal_.steps(run_);
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 3u);
  EXPECT_EQ((*steps)[1].title, "step");
  EXPECT_FALSE((*steps)[1].hunks[0].active);
  EXPECT_TRUE((*steps)[1].hunks[1].active);
}

TEST(Journal, AcceptingMergesIntoWhatTheUserHasEditedMeanwhile) {
  const SixHunks six;
  WorkArea area;
  std::string edited = six.text(0);
  edited.insert(edited.find("line 18\n"), "two\nmore\n");
  area.write("tree/src/file.txt", edited);
  RunDatabase runs = area.runs();
  Journal journal = area.journal(runs);
  const int64_t run = *runs.start_run(area.tree, "", "applied");
  Proposal proposal = proposal_of(six.changes());
  accept(proposal);
  ASSERT_TRUE(journal.apply(run, proposal, "test")->conflicts.empty());
  std::string expected = six.text(63);
  expected.insert(expected.find("line 18\n"), "two\nmore\n");
  EXPECT_EQ(area.read("tree/src/file.txt"), expected);
  // Each hunk is still one of its own, at its new place.
  for (int hunk = 1; hunk <= 6; ++hunk) ASSERT_TRUE(journal.undo({run, 1, hunk})) << hunk;
  EXPECT_EQ(area.read("tree/src/file.txt"), edited);
}

TEST(Journal, AConflictNamesItsHunksAndNothingIsWritten) {
  const SixHunks six;
  WorkArea area;
  std::string edited = six.text(0);
  edited.replace(edited.find("line 12\n"), 8, "mine\n");
  area.write("tree/src/file.txt", edited);
  RunDatabase runs = area.runs();
  Journal journal = area.journal(runs);
  Proposal proposal = proposal_of(six.changes());
  accept(proposal);
  const int64_t run = *runs.start_run(area.tree, "", "applied");
  const auto refused = journal.apply(run, proposal, "test");
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->conflicts.size(), 1u);
  EXPECT_EQ(refused->conflicts[0].hunks, std::vector<int>{2});
  EXPECT_THAT(refused->conflicts[0].text, HasSubstr("mine"));
  EXPECT_EQ(area.read("tree/src/file.txt"), edited);
  accept(proposal, 63 & ~2u);
  EXPECT_TRUE(journal.apply(run, proposal, "test")->conflicts.empty());
  std::string expected = six.text(63 & ~2u);
  expected.replace(expected.find("line 12\n"), 8, "mine\n");
  EXPECT_EQ(area.read("tree/src/file.txt"), expected);
}

TEST(Journal, EditedHunksAreWrittenAsTheUserWroteThem) {
  const SixHunks six;
  WorkArea area;
  area.write("tree/src/file.txt", six.text(0));
  RunDatabase runs = area.runs();
  Journal journal = area.journal(runs);
  Proposal proposal = proposal_of(six.changes());
  accept(proposal, 1);
  proposal.hunk(2)->state = HunkState::kEdited;
  proposal.hunk(2)->edited = "my\nown\nlines\nhere\n";
  const int64_t run = *runs.start_run(area.tree, "", "applied");
  ASSERT_TRUE(journal.apply(run, proposal, "test"));
  std::string expected = six.text(1);
  expected.replace(expected.find("line 12\n"), 8, "my\nown\nlines\nhere\n");
  EXPECT_EQ(area.read("tree/src/file.txt"), expected);
  ASSERT_TRUE(journal.undo({run, 1, 1}));
  ASSERT_TRUE(journal.undo({run, 1, 2}));
  EXPECT_EQ(area.read("tree/src/file.txt"), six.text(0));
}

TEST(Journal, WhatIsThereAlreadyIsNoChange) {
  const SixHunks six;
  WorkArea area;
  area.write("tree/src/file.txt", six.text(63));
  RunDatabase runs = area.runs();
  Journal journal = area.journal(runs);
  Proposal proposal = proposal_of(six.changes());
  accept(proposal);
  const auto report = journal.apply(*runs.start_run(area.tree, "", "applied"), proposal, "test");
  ASSERT_TRUE(report && report->conflicts.empty());
  EXPECT_EQ(report->step, 0);
}

TEST(Journal, ALinkInTheWayIsNotFollowed) {
  WorkArea area;
  area.write("outside/file", "untouched\n");
  std::filesystem::create_directory_symlink(area.path / "outside", area.tree / "dir");
  RunDatabase runs = area.runs();
  Journal journal = area.journal(runs);
  Proposal proposal = proposal_of({{"dir/file", FileContent{"untouched\n"}, FileContent{"written\n"}}});
  accept(proposal);
  const auto report = journal.apply(*runs.start_run(area.tree, "", "applied"), proposal, "test");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->conflicts.size(), 1u);
  EXPECT_EQ(area.read("outside/file"), "untouched\n");
  for (const char* path : {"../outside/file", "/etc/x", ".git/hooks/pre-commit", "a/.GIT/config", "a//b", ""}) {
    EXPECT_FALSE(make_proposal({{path, {}, FileContent{"x"}}})) << path;
  }
}

// Kills a child that has called be_killed_here() as it enters or leaves its nth system call from there on that changes
// files; false: it had fewer of them and has ended.
void be_killed_here() {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
  raise(SIGSTOP);
}
bool kill_at_change(pid_t child, int nth) {
  // What is not here (opening, fsync) leaves a killed process's files as the next of these finds them.
  constexpr long kChanging[] = {SYS_write,    SYS_pwrite64, SYS_ftruncate, SYS_linkat,   SYS_unlink,
                                SYS_unlinkat, SYS_rename,   SYS_renameat,  SYS_renameat2};
  int status = 0;
  for (;;) {
    waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) return false;
    const long call = ptrace(PTRACE_PEEKUSER, child, offsetof(user_regs_struct, orig_rax), nullptr);
    if (WSTOPSIG(status) == SIGTRAP && std::ranges::find(kChanging, call) != std::end(kChanging) && --nth == 0) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
      return true;
    }
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
  }
}

TEST(Journal, AnAcceptanceKilledAtAnySystemCallIsWholeAgainWhenReopened) {
  std::map<std::string, int> seen;
  bool killed = true;
  for (int nth = 1; killed; ++nth) {
    WorkArea area;
    area.write("tree/one", "1\n");
    area.write("tree/two", "2\n");
    Proposal proposal = proposal_of({{"made", {}, FileContent{"made\n"}},
                                     {"one", FileContent{"1\n"}, FileContent{"11\n"}},
                                     {"two", FileContent{"2\n"}, {}}});
    accept(proposal);
    const pid_t child = fork();
    if (child == 0) {
      RunDatabase runs = area.runs();
      Journal journal = area.journal(runs);
      const int64_t run = *runs.start_run(area.tree, "", "done");
      be_killed_here();
      (void)journal.apply(run, proposal, "test");
      _exit(0);
    }
    killed = kill_at_change(child, nth);

    RunDatabase runs = area.runs();
    Journal journal = area.journal(runs);
    const bool after = area.read("tree/one") == "11\n";
    seen[after ? "after" : "before"]++;
    if (!journal.recovered().empty()) seen["recovered"]++;
    EXPECT_EQ(area.read("tree/one"), after ? "11\n" : "1\n") << nth;
    EXPECT_EQ(area.read("tree/two"), after ? "" : "2\n") << nth;
    EXPECT_EQ(area.read("tree/made"), after ? "made\n" : "") << nth;
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(area.tree)) files += !entry.is_directory();
    EXPECT_EQ(files, 2) << "nothing is left behind, " << nth;
    EXPECT_EQ(runs.run(1)->status, after ? "applied" : "done") << "what the list of runs says is true, " << nth;
    EXPECT_EQ(journal.undo({1, 0, 0}).has_value(), after) << nth;
    EXPECT_EQ(area.read("tree/one"), "1\n") << nth;
  }
  EXPECT_GT(seen["before"], 5);
  EXPECT_GT(seen["after"], 5);
  EXPECT_GT(seen["recovered"], 3);
}

// A child applies, undoes and redoes for ever and is killed at a random moment. What it leaves must be a whole state
// once the journal has been opened again: of all files either all or none of a step.
TEST(Journal, KilledAtAnyMomentItIsWholeAgainWhenReopened) {
  const SixHunks six;
  std::mt19937 random(3);
  std::map<std::string, int> seen;
  constexpr int kRounds = 40;
  for (int round = 0; round < kRounds; ++round) {
    WorkArea area;
    std::vector<FileChange> changes = six.changes();
    area.write("tree/src/file.txt", six.text(0));
    for (int i = 0; i < 5; ++i) {
      const std::string name = "file" + std::to_string(i);
      area.write("tree/" + name, "before " + name + "\n");
      changes.push_back({name, FileContent{"before " + name + "\n"}, FileContent{"after " + name + "\n"}});
    }
    changes.push_back({"made", {}, FileContent{"made\n"}});
    Proposal proposal = proposal_of(changes);  // takes longer than what is to be hit
    accept(proposal);
    const pid_t child = fork();
    if (child == 0) {
      RunDatabase runs = area.runs();
      Journal journal = area.journal(runs);
      const int64_t run = *runs.start_run(area.tree, "", "applied");
      (void)journal.apply(run, proposal, "test");
      for (;;) {
        (void)journal.undo({run, 0, 0});
        (void)journal.redo({run, 0, 0});
      }
    }
    usleep(2000 + static_cast<useconds_t>(random() % 150'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);

    RunDatabase runs = area.runs();
    Journal journal = area.journal(runs);
    const bool after = area.read("tree/file0") == "after file0\n";
    seen[after ? "after" : "before"]++;
    if (!journal.recovered().empty()) seen["recovered"]++;
    EXPECT_EQ(area.read("tree/src/file.txt"), six.text(after ? 63 : 0)) << round;
    EXPECT_EQ(area.read("tree/made"), after ? "made\n" : "") << round;
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(area.tree)) files += !entry.is_directory();
    EXPECT_EQ(files, 6 + after) << "nothing is left behind, round " << round;
    for (int i = 0; i < 5; ++i) {
      const std::string name = "file" + std::to_string(i);
      EXPECT_EQ(area.read("tree/" + name), (after ? "after " : "before ") + name + "\n") << round;
    }
    if (journal.last_done() || journal.last_undone()) {  // and the journal knows which
      const auto report = after ? journal.undo({1, 0, 0}) : journal.redo({1, 0, 0});
      ASSERT_TRUE(report && report->conflicts.empty()) << round;
      EXPECT_EQ(area.read("tree/src/file.txt"), six.text(after ? 0 : 63)) << round;
    }
  }
  // The kills must have hit both states and something unfinished, or they prove nothing.
  EXPECT_GT(seen["after"], 0);
  EXPECT_GT(seen["before"], 0);
  EXPECT_GT(seen["recovered"], 0);
}

TEST(Journal, AnEditMadeBetweenTheKillAndReopeningStays) {
  WorkArea area;
  RunDatabase runs = area.runs();
  const ContentStore store(runs.content_folder());
  area.write("tree/a", "edited by the user\n");
  ASSERT_TRUE(runs.database().run("INSERT INTO pending VALUES(?1, 'a', ?2, ?3, ?4, ?3, '.strata-1-0')",
                                  std::filesystem::canonical(area.tree).string(), *store.put("before\n"),
                                  int64_t{kRegularFile}, *store.put("after\n")));
  area.write("tree/.strata-1-0", "half of aft");
  Journal journal = area.journal(runs);
  EXPECT_EQ(area.read("tree/a"), "edited by the user\n");
  EXPECT_FALSE(std::filesystem::exists(area.tree / ".strata-1-0"));
  ASSERT_EQ(journal.recovered().size(), 1u);
  EXPECT_THAT(journal.recovered()[0], HasSubstr("edited since"));
}

TEST(Journal, AddressesAreRunsStepsAndHunks) {
  EXPECT_EQ(parse_address("12")->run, 12);
  EXPECT_EQ(parse_address("12.3")->step, 3);
  EXPECT_EQ(parse_address("12.3.4")->hunk, 4);
  for (const char* text :
       {"", ".", "0", "-1", "1.", "1.2.", "1.2.3.", "1.2.3.4", "x", "1x", "1.x", "99999999999999999999"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
}

}  // namespace
}  // namespace strata::agent
