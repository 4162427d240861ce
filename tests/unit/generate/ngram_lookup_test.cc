// SPDX-License-Identifier: Apache-2.0
#include "engine/generate/ngram_lookup.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/generate/speculation.h"

namespace strata {
namespace {

using Tokens = std::vector<TokenId>;

NgramLookup pushed(const Tokens& text) {
  NgramLookup lookup({});
  for (const TokenId token : text) lookup.push(token);
  return lookup;
}

TEST(NgramLookup, WhatFollowedTheLastTokensFollowsAgain) {
  const Tokens text{1, 2, 3, 4, 5, 6, 7, 9, 2, 3, 4};
  EXPECT_EQ(NgramLookup(text).propose(3), (Tokens{5, 6, 7}));
  EXPECT_EQ(pushed(text).propose(3), (Tokens{5, 6, 7}));
  EXPECT_TRUE(pushed(text).propose(0).empty());
}

TEST(NgramLookup, ALongerMatchCountsMoreThanALaterOne) {
  //                      the last four           the last two, later
  EXPECT_EQ(pushed({1, 2, 3, 4, 50, 9, 9, 9, 9, 3, 4, 60, 9, 1, 2, 3, 4}).propose(1), Tokens{50});
  EXPECT_EQ(pushed({8, 3, 4, 50, 9, 8, 3, 4, 60, 9, 8, 3, 4}).propose(1), Tokens{60}) << "the later of two equals";
}

TEST(NgramLookup, NothingNewIsGuessed) {
  EXPECT_TRUE(pushed({}).propose(4).empty());
  EXPECT_TRUE(pushed({1}).propose(4).empty());
  EXPECT_TRUE(pushed({1, 2, 3, 4, 5, 6}).propose(4).empty());
  EXPECT_TRUE(pushed({1, 2, 9, 2}).propose(4).empty()) << "one token is no match";
}

TEST(NgramLookup, ARepetitionGoesOn) { EXPECT_EQ(pushed({7, 1, 2, 1, 2}).propose(5), (Tokens{1, 2, 1, 2, 1})); }

TEST(NgramLookup, ALongTextIsFoundAsOneThatGrew) {
  std::mt19937 random(3);
  Tokens text(5000);
  for (TokenId& token : text) token = static_cast<TokenId>(random() % 50000);
  text.insert(text.end(), text.begin() + 1234, text.begin() + 1240);
  const Tokens next(text.begin() + 1240, text.begin() + 1247);
  EXPECT_EQ(NgramLookup(text).propose(7), next);
  EXPECT_EQ(pushed(text).propose(7), next);
}

// What `count` tokens cost, in plain passes, if a pass of more rows takes `row_cost` more for each and `right` of the
// guesses come.
double passes(const Tokens& context, int count, double row_cost, bool right) {
  Speculation speculation(context);
  double seconds = 0;
  for (int token = 0; token < count; ++token) {
    const auto draft = speculation.draft(static_cast<size_t>(count - token));
    const double pass = 1 + row_cost * static_cast<double>(draft.size());
    seconds += pass;
    const size_t came = right ? draft.size() : 0;
    speculation.passed(draft.size(), came, pass);
    for (size_t i = 0; i <= came; ++i) speculation.push(1);
    token += static_cast<int>(came);
  }
  return seconds;
}

TEST(Speculation, PaysWhereTheTextRepeatsAndCostsNextToNothingElsewhere) {
  const Tokens repeating(20, 1);
  EXPECT_LT(passes(repeating, 400, 0.15, true), 400 * 0.45);
  for (const double row_cost : {0.1, 0.3, 0.5})
    for (const int count : {100, 400}) EXPECT_LT(passes(repeating, count, row_cost, false), count / 0.97) << row_cost;
}

}  // namespace
}  // namespace strata
