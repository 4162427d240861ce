// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/prune.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/changes/work_area.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr PruneLimits kAll{.days = 0, .keep = 0, .bytes = int64_t{1} << 40};

class PruneTest : public testing::Test {
 protected:
  void SetUp() override {
    area.put("a", FileContent{"one\n"});
    area.put("b", FileContent{"one\n"});
  }
  // A run whose copy changes `path`, with this status and, where it is said, this verdict on the change.
  int64_t run(const std::string& status, const std::string& path, std::optional<HunkState> verdict = {}) {
    const int64_t id = *runs.start_run(area.tree.string(), "do it", status);
    auto copy = PrivateCopy::make(area.tree, runs.folder(id) / "copy");
    EXPECT_TRUE(copy) << copy.error().message;
    if (!path.empty()) {
      EXPECT_TRUE(copy->write(path, {"of run " + std::to_string(id) + "\n"}));
    }
    if (verdict) {
      Proposal proposal = proposal_of(*copy->changes());
      proposal.files[0].hunks[0].state = *verdict;
      EXPECT_TRUE(runs.set_verdict(id, proposal.files[0].hunks[0]));
    }
    return id;
  }
  bool has_copy(int64_t id) { return fs::exists(runs.folder(id) / "copy"); }
  // Writes `text` to `path` of the tree as a step of a new run.
  int64_t applied(const std::string& path, const std::string& text) {
    const int64_t id = *runs.start_run(area.tree.string(), "do it", "applied");
    Proposal proposal = proposal_of({{path, area.at(path), FileContent{text}}});
    accept(proposal);
    EXPECT_TRUE(area.journal(runs).apply(id, proposal, "step"));
    return id;
  }
  // As if everything had happened long ago.
  void settle() {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(runs.content_folder()))
      if (entry.is_regular_file())
        fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::hours(2));
  }
  Pruned pruned(const PruneLimits& limits) {
    auto done = prune(runs, limits);
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(Pruned{});
  }

  WorkArea area;
  RunDatabase runs = area.runs();
};

TEST_F(PruneTest, OnlyCopiesOfRunsThatAreDecidedGo) {
  const int64_t waiting = run("done", "a"), interrupted = run("running", "a"), stopped = run("budget", "a"),
                half = run("applied", "a"), accepted = run("applied", "a", HunkState::kAccepted),
                rejected = run("rejected", "a"), empty = run("done", "");
  EXPECT_THAT(pruned(kAll).runs, testing::UnorderedElementsAre(accepted, rejected, empty));
  for (const int64_t kept : {waiting, interrupted, stopped, half}) EXPECT_TRUE(has_copy(kept)) << kept;
  for (const int64_t gone : {accepted, rejected, empty}) EXPECT_FALSE(has_copy(gone)) << gone;
  auto copy = open_copy(runs, accepted);
  ASSERT_FALSE(copy);
  EXPECT_THAT(copy.error().message, HasSubstr("no longer kept"));
  EXPECT_TRUE(open_copy(runs, waiting));
}

TEST_F(PruneTest, TheNewestAndTheYoungAreKeptUnlessTheLimitSaysOtherwise) {
  const int64_t first = run("rejected", "a"), second = run("rejected", "a"), third = run("rejected", "a");
  EXPECT_THAT(pruned({}).runs, IsEmpty()) << "they are young";
  EXPECT_THAT(pruned({.days = 0, .keep = 2, .bytes = int64_t{1} << 40}).runs, ElementsAre(first));
  const Pruned all = pruned({.days = 30, .keep = 30, .bytes = 0});
  EXPECT_THAT(all.runs, ElementsAre(second, third)) << "the oldest goes first";
  EXPECT_GT(all.freed, 0);
  EXPECT_EQ(all.left, 0);
}

TEST_F(PruneTest, WhatUndoNeedsStaysAndTheRestGoesOnceItHasSettled) {
  const int64_t id = applied("a", "two\n");
  const std::string unused = *ContentStore(runs.content_folder()).put("nobody wants this");
  EXPECT_EQ(pruned(kAll).contents, 0) << "a moment ago";
  settle();
  EXPECT_EQ(pruned(kAll).contents, 1);
  EXPECT_FALSE(ContentStore(runs.content_folder()).get(unused));
  EXPECT_TRUE(area.journal(runs).undo({id, 0, 0}));
  EXPECT_EQ(area.at("a")->bytes, "one\n");
}

TEST_F(PruneTest, WhatARunNeedsToBeResumedStays) {
  const int64_t id = run("running", "a");
  const std::string content = *ContentStore(runs.content_folder()).put("of an event\n");
  ASSERT_TRUE(runs.append(id, "result", R"({"files": [{"path": "a", "before": "", "after": ")" + content + "\"}]}"));
  settle();
  EXPECT_EQ(pruned({.days = 0, .keep = 0, .bytes = 0}).contents, 0);
  EXPECT_TRUE(ContentStore(runs.content_folder()).get(content));
}

TEST_F(PruneTest, TheOldestStepsAreForgottenWhereTheLimitWantsItAndUndoSaysSo) {
  const int64_t first = applied("a", std::string(20'000, 'x')), second = applied("a", std::string(20'000, 'y')),
                third = applied("b", std::string(20'000, 'z'));
  settle();
  // What the first step wrote goes with the second, which began with it.
  EXPECT_THAT(pruned({.days = 0, .keep = 0, .bytes = 50'000}).forgotten,
              ElementsAre(std::to_string(first) + ".1", std::to_string(second) + ".1"));
  auto undone = area.journal(runs).undo({second, 0, 0});
  ASSERT_FALSE(undone);
  EXPECT_THAT(undone.error().message, HasSubstr("cannot be undone"));
  EXPECT_TRUE(area.journal(runs).undo({third, 0, 0})->conflicts.empty());
  EXPECT_EQ(area.at("b")->bytes, "one\n");
  EXPECT_TRUE(area.at("a")->bytes == std::string(20'000, 'y')) << "what it wrote stays";
}

// What follows an undone step is worked out from it.
TEST_F(PruneTest, AStepThatIsUndoneIsNotForgottenNorWhatStandsOnIt) {
  const int64_t first = applied("a", "two\n");
  ASSERT_TRUE(area.journal(runs).undo({first, 0, 0}));
  applied("a", "three\n");
  const int64_t other = applied("b", "two\n");
  settle();
  EXPECT_THAT(pruned({.days = 0, .keep = 0, .bytes = 0}).forgotten, ElementsAre(std::to_string(other) + ".1"));
  EXPECT_TRUE(area.journal(runs).last_done());
}

}  // namespace
}  // namespace strata::agent
