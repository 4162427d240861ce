// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/prices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/agent/temporary_folder.h"

namespace strata::agent {
namespace {

using testing::HasSubstr;

struct PricesTest : testing::Test, TemporaryFolder {
  Result<Prices> loaded(const std::string& text) {
    write("prices.json", text);
    return Prices::load(path / "prices.json");
  }
};

TEST_F(PricesTest, AreOfAMillionTokensAndCountReusedInputApart) {
  const auto prices = loaded(R"({"big": {"input": 2, "cached_input": 0.5, "output": 10, "currency": "USD"},
                                 "small": {"input": 1, "output": 1, "currency": "USD"},
                                 "other": {"input": 1, "output": 1, "currency": "EUR"}})");
  ASSERT_TRUE(prices) << prices.error().message;
  // 600,000 at 2, 400,000 at 0.5, 100,000 at 10
  EXPECT_DOUBLE_EQ(prices->of({{"big", {1'000'000, 400'000, 100'000}}}).at("USD"), 1.2 + 0.2 + 1.0);
  EXPECT_DOUBLE_EQ(prices->of({{"small", {1'000'000, 400'000, 0}}}).at("USD"), 1.0);
  const Cost together = prices->of({{"big", {0, 0, 100'000}}, {"other", {0, 0, 2'000}}, {"our own", {9, 0, 9}}});
  EXPECT_EQ(text_of(together), "0.0020 EUR + 1.00 USD");
  EXPECT_TRUE(prices->of({{"our own", {9, 0, 9}}, {"big", {0, 0, 0}}}).empty());
}

TEST_F(PricesTest, NoFileIsNoPriceAndADamagedOneSaysWhatIsWrong) {
  const auto none = Prices::load(path / "prices.json");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->of({{"big", {1, 1, 1}}}).empty());
  const std::pair<const char*, const char*> cases[] = {
      {"{\"big\": ", "prices.json: expected {\"MODEL\": {\"input\": 1.25"},
      {"[]", "expected {\"MODEL\""},
      {R"({"big": 3})", "the price of \"big\" needs \"input\" and \"output\""},
      {R"({"big": {"input": "2", "output": 10, "currency": "USD"}})", "needs \"input\" and \"output\""},
      {R"({"big": {"input": 2, "output": -1, "currency": "USD"}})", "numbers that are not negative"},
      {R"({"big": {"input": 2, "cached_input": null, "output": 1, "currency": "USD"}})", "a \"cached_input\" that is"},
      {R"({"big": {"input": 2, "output": 10}})", "a \"currency\""}};
  for (const auto& [text, says] : cases) {
    const auto prices = loaded(text);
    ASSERT_FALSE(prices) << text;
    EXPECT_THAT(prices.error().message, HasSubstr(says)) << text;
  }
}

TEST(Cost, IsWrittenSoThatLittleIsNotNothing) {
  EXPECT_EQ(text_of({}), "");
  EXPECT_EQ(text_of({{"USD", 0.0}}), "0.0000 USD");
  EXPECT_EQ(text_of({{"USD", 0.00002}}), "less than 0.0001 USD");
  EXPECT_EQ(text_of({{"USD", 0.01234}}), "0.0123 USD");
  EXPECT_EQ(text_of({{"USD", 12.5}}), "12.50 USD");
}

}  // namespace
}  // namespace strata::agent
