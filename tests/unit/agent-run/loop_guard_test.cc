// SPDX-License-Identifier: Apache-2.0
#include "agent/run/loop_guard.h"

#include <gtest/gtest.h>

namespace strata::agent {
namespace {

ToolCall call(const char* name, nlohmann::ordered_json arguments) { return {"", name, std::move(arguments)}; }

TEST(LoopGuard, CallsAreComparedInOneSpelling) {
  EXPECT_EQ(normalised_call(call("read", {{"path", "./a.c"}, {"first", 1}})),
            normalised_call(call("read", {{"first", 1}, {"path", "a.c "}, {"last", nullptr}})));
  EXPECT_NE(normalised_call(call("read", {{"path", "a.c"}})), normalised_call(call("read", {{"path", "b.c"}})));
  EXPECT_EQ(normalised_call(call("search", {{"query", "a  b\n"}})),
            normalised_call(call("search", {{"query", "a b"}})));
}

bool stops(std::string_view calls) {  // a letter a call; capitals change the tree
  std::vector<MadeCall> made;
  for (const char c : calls) made.push_back({std::string(1, c), c >= 'A' && c <= 'Z'});
  return goes_in_circles(made).has_value();
}

TEST(LoopGuard, StopsCirclesAndNothingElse) {
  EXPECT_FALSE(stops(""));
  EXPECT_FALSE(stops("aa"));
  EXPECT_TRUE(stops("aaa"));
  EXPECT_TRUE(stops("abaca"));
  EXPECT_FALSE(stops("aaEa"));  // something changed in between
  EXPECT_FALSE(stops("EaEaEaEa"));
  EXPECT_TRUE(stops("Eababab"));
  EXPECT_FALSE(stops("EEEE"));
  EXPECT_TRUE(stops("bcdefghijklmnopqrstuvwxyz"));
  EXPECT_FALSE(stops("bcdefghijklmEnopqrstuvwxyz"));
}

}  // namespace
}  // namespace strata::agent
