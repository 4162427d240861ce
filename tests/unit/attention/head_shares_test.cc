// SPDX-License-Identifier: Apache-2.0
// The share a head reads follows what checks of it find.
#include "engine/attention/head_shares.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace strata {
namespace {

// A head whose means promise more than they hold: of a share, this much is really held by a query.
double held(double share, double promised_too_much, std::mt19937& random) {
  std::uniform_real_distribution<double> luck(0, 2);
  return std::clamp(1 - (1 - share) * promised_too_much * luck(random), 0.0, 1.0);
}

TEST(HeadShares, AHardHeadIsRaisedUntilItPassesAndAnEasyOneIsNot) {
  HeadShares shares(2, 4, 0.9);
  std::mt19937 random(7);
  std::vector<double> of_hard;
  for (int check = 0; check < 600; ++check) {
    const double hard = held(shares.share(1, 2), 4, random), easy = held(shares.share(1, 0), 0.15, random);
    if (check >= 200) of_hard.push_back(hard);
    shares.observe(1, std::vector{easy, 1.0, hard, 1.0});
  }
  std::ranges::sort(of_hard);
  EXPECT_GE(of_hard[of_hard.size() / 10], 0.8);
  EXPECT_TRUE(shares.raised(1, 2));
  EXPECT_FALSE(shares.raised(1, 0));
  EXPECT_DOUBLE_EQ(shares.share(1, 0), 0.9);
  EXPECT_FALSE(shares.raised(0, 2));  // another layer
}

TEST(HeadShares, ALayerWhoseMedianIsTooLowIsRaisedThoughNoHeadOfItIsBad) {
  HeadShares shares(1, 2, 0.9);
  std::mt19937 random(7);
  std::vector<double> all;
  for (int check = 0; check < 600; ++check) {
    const std::vector<double> recall{held(shares.share(0, 0), 0.8, random), held(shares.share(0, 1), 0.8, random)};
    if (check >= 200) all.insert(all.end(), recall.begin(), recall.end());
    shares.observe(0, recall);
  }
  std::ranges::sort(all);
  EXPECT_GE(all[all.size() / 2], 0.95);
  EXPECT_TRUE(shares.raised(0, 0) && shares.raised(0, 1));
}

TEST(HeadShares, WhatIsEasyAgainSinksBackButNotBelowTheFirstShare) {
  HeadShares shares(1, 1, 0.9);
  for (int check = 0; check < 20; ++check) shares.observe(0, std::vector{0.5});
  const double highest = shares.share(0, 0);
  EXPECT_GT(highest, 0.99);
  EXPECT_LT(highest, 1);
  for (int check = 0; check < 1000; ++check) shares.observe(0, std::vector{1.0});
  EXPECT_DOUBLE_EQ(shares.share(0, 0), 0.9);
}

}  // namespace
}  // namespace strata
