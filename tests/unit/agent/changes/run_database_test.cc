// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/run_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/changes/content_store.h"
#include "tests/unit/agent/changes/work_area.h"

namespace strata::agent {
namespace {

TEST(RunDatabase, EventsComeBackInOrderAfterReopening) {
  WorkArea area;
  int64_t run = 0;
  {
    RunDatabase runs = area.runs();
    run = *runs.start_run("/repo", "rename it", "running");
    const int64_t other = *runs.start_run("/other", "else", "running");
    EXPECT_EQ(*runs.append(run, "message", "{\"a\":1}"), 1);
    EXPECT_EQ(*runs.append(other, "message", "{}"), 1);
    EXPECT_EQ(*runs.append(run, "call", "{}"), 2);
  }
  RunDatabase runs = area.runs();
  const auto events = runs.events(run);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[0].json, "{\"a\":1}");
  EXPECT_EQ((*events)[1].kind, "call");
  EXPECT_EQ(runs.events(run, 1)->size(), 1u);
  EXPECT_EQ(runs.runs("/repo")->size(), 1u);
  EXPECT_EQ(runs.runs()->size(), 2u);
  ASSERT_TRUE(runs.set_status(run, "done"));
  EXPECT_EQ(runs.run(run)->status, "done");
  EXPECT_EQ(runs.run(99).error().kind, ErrorKind::kNotFound);
}

TEST(RunDatabase, TokensOfARunAreThoseOfItsTurnsAndAttempts) {
  WorkArea area;
  RunDatabase runs = area.runs();
  const int64_t run = *runs.start_run("/repo", "rename it", "running"), other = *runs.start_run("/repo", "", "running");
  EXPECT_TRUE(runs.totals(run)->tokens.empty());
  for (const auto& [id, kind, json] : std::initializer_list<std::tuple<int64_t, const char*, const char*>>{
           {run, "turn", R"({"model":"big","usage":{"in":100,"reused":60,"out":7}})"},
           {run, "attempt", R"({"model":"big","usage":{"in":50,"reused":0,"out":3}})"},
           {run, "turn", R"({"usage":{"in":9,"reused":8,"out":7}})"},
           {run, "turn", R"({"by":"strata"})"},
           {run, "turn", "cut of"},
           {run, "message", R"({"usage":{"in":1000}})"},
           {other, "turn", R"({"usage":{"in":1000,"reused":1,"out":1}})"}})
    ASSERT_TRUE(runs.append(id, kind, json));
  const auto totals = runs.totals(run);
  ASSERT_EQ(totals->tokens.size(), 2u);
  const auto of = [](const RunTotals::Tokens& t) { return std::tuple(t.model, t.in, t.reused, t.out); };
  EXPECT_EQ(of(totals->tokens[0]), std::tuple("", 9, 8, 7));
  EXPECT_EQ(of(totals->tokens[1]), std::tuple("big", 150, 60, 10));
}

TEST(RunDatabase, VerdictsFollowTheirHunkIntoANewProposal) {
  WorkArea area;
  RunDatabase runs = area.runs();
  const int64_t run = *runs.start_run("/repo", "", "running");
  const FileChange change = {"b", FileContent{"b\n"}, FileContent{"B\n"}};
  Proposal first = proposal_of({change});
  first.hunk(1)->state = HunkState::kRejected;
  first.hunk(1)->comment = "not so loud";
  ASSERT_TRUE(runs.set_verdict(run, *first.hunk(1)));
  Proposal second = proposal_of({{"a", FileContent{"a\n"}, FileContent{"A\n"}}, change});
  ASSERT_TRUE(runs.restore_verdicts(run, second));
  EXPECT_EQ(second.hunk(1)->state, HunkState::kPending);
  EXPECT_EQ(second.hunk(2)->state, HunkState::kRejected);
  EXPECT_EQ(second.hunk(2)->comment, "not so loud");
}

TEST(RunDatabase, ADamagedFileIsMovedAsideAndTold) {
  WorkArea area;
  area.write("data/runs.sqlite", std::string(8192, 'x'));
  std::string told;
  auto runs = RunDatabase::open(area.path / "data/runs.sqlite", [&](const std::string& text) { told = text; });
  ASSERT_TRUE(runs) << runs.error().message;
  EXPECT_THAT(told, testing::HasSubstr("runs.sqlite.damaged"));
  EXPECT_EQ(area.read("data/runs.sqlite.damaged"), std::string(8192, 'x'));
  EXPECT_TRUE(runs->start_run("/repo", "works again", "running"));
}

TEST(RunDatabase, AFileOfANewerStrataIsLeftAlone) {
  WorkArea area;
  {
    RunDatabase runs = area.runs();
    ASSERT_TRUE(runs.database().script("PRAGMA user_version = 99"));
  }
  const auto runs = RunDatabase::open(area.path / "data/runs.sqlite");
  ASSERT_FALSE(runs);
  EXPECT_EQ(runs.error().kind, ErrorKind::kUnsupported);
  EXPECT_FALSE(std::filesystem::exists(area.path / "data/runs.sqlite.damaged"));
}

TEST(ContentStore, GivesBackWhatWasPutAndRefusesDamage) {
  TemporaryFolder folder;
  const ContentStore store(folder.path);
  for (const std::string& bytes : {std::string(), std::string("a\0b", 3), std::string(1 << 20, 'x')}) {
    const auto id = store.put(bytes);
    ASSERT_TRUE(id);
    EXPECT_EQ(*store.put(bytes), *id);
    EXPECT_EQ(*store.get(*id), bytes);
  }
  const std::string id = *store.put("whole");
  folder.write(id.substr(0, 2) + "/" + id.substr(2), "hole");
  EXPECT_EQ(store.get(id).error().kind, ErrorKind::kDamaged);
  EXPECT_EQ(store.get("0123").error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(store.get(""));
}

}  // namespace
}  // namespace strata::agent
