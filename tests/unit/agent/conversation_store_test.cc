// SPDX-License-Identifier: Apache-2.0
#include "agent/conversation_store.h"

#include <gtest/gtest.h>

#include <fstream>

namespace strata::agent {
namespace {

class ConversationStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    file_ = folder_ / "conversations.sqlite";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Exchange exchange(const std::string& question) {
    Exchange e;
    e.asked_at = 1'700'000'000;
    e.question = question;
    e.answer.text = "See `a.c:1-2`.";
    e.answer.citations = {{"a.c", 1, 2, "f", true}};
    RankedPassage passage;
    passage.passage.file = "a.c";
    passage.tokens = 7;
    e.answer.passages = {passage};
    e.answer.timing.reused_tokens = 1234;
    return e;
  }

  std::filesystem::path folder_, file_;
};

TEST_F(ConversationStoreTest, ReopeningGivesTheLastExchangesOfThatRepositoryOldestFirst) {
  {
    auto store = ConversationStore::open(file_);
    ASSERT_TRUE(store) << store.error().message;
    for (const char* question : {"one", "two", "three"}) ASSERT_TRUE(store->append("/repo", exchange(question)));
    ASSERT_TRUE(store->append("/other", exchange("elsewhere")));
  }
  auto store = ConversationStore::open(file_);
  ASSERT_TRUE(store) << store.error().message;
  const auto last = store->last("/repo", 2);
  ASSERT_TRUE(last) << last.error().message;
  ASSERT_EQ(last->size(), 2u);
  EXPECT_EQ((*last)[0].question, "two");
  EXPECT_EQ((*last)[1].question, "three");
  const Answer& answer = (*last)[1].answer;
  EXPECT_EQ(answer.text, "See `a.c:1-2`.");
  ASSERT_EQ(answer.citations.size(), 1u);
  EXPECT_EQ(answer.citations[0].symbol, "f");
  EXPECT_TRUE(answer.citations[0].verified);
  ASSERT_EQ(answer.passages.size(), 1u);
  EXPECT_EQ(answer.passages[0].tokens, 7);
  EXPECT_EQ(answer.timing.reused_tokens, 1234);
}

TEST_F(ConversationStoreTest, ClearingLeavesOtherRepositoriesAlone) {
  auto store = ConversationStore::open(file_);
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->append("/repo", exchange("gone")));
  ASSERT_TRUE(store->append("/other", exchange("kept")));
  ASSERT_TRUE(store->clear("/repo"));
  EXPECT_TRUE(store->last("/repo", 9)->empty());
  EXPECT_EQ(store->last("/other", 9)->size(), 1u);
}

TEST_F(ConversationStoreTest, HalfACharacterOfModelOutputIsStored) {
  auto store = ConversationStore::open(file_);
  ASSERT_TRUE(store);
  Exchange e = exchange("q");
  e.answer.text = "ok \xe2\x82";
  ASSERT_TRUE(store->append("/repo", e));
  EXPECT_TRUE(store->last("/repo", 1)->at(0).answer.text.starts_with("ok "));
}

TEST_F(ConversationStoreTest, ADamagedFileIsMovedAsideAndTold) {
  std::ofstream(file_) << std::string(8192, 'x');
  std::string told;
  auto store = ConversationStore::open(file_, [&](const std::string& message) { told = message; });
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_NE(told.find("conversations.sqlite"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "conversations.sqlite.damaged"));
  EXPECT_TRUE(store->append("/repo", exchange("works again")));
}

}  // namespace
}  // namespace strata::agent
