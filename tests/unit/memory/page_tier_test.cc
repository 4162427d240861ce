// SPDX-License-Identifier: Apache-2.0
// Pages come back as they were put in, in RAM or not, and the budget holds.
#include "engine/memory/page_tier.h"

#include <gtest/gtest.h>

#include <random>

namespace strata {
namespace {

constexpr int kLayers = 3;
constexpr size_t kSlice = 512;

std::vector<std::byte> page(int number) {
  std::vector<std::byte> bytes(kLayers * kSlice);
  std::mt19937 random(static_cast<unsigned>(number));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

void expect_pages(PageTier& tier, int layer, const std::vector<int>& pages) {
  ASSERT_TRUE(tier.fetch(layer, pages).has_value());
  for (const int number : pages) {
    const auto expected = page(number);
    ASSERT_TRUE(std::equal(tier.slice(layer, number), tier.slice(layer, number) + kSlice,
                           expected.begin() + static_cast<std::ptrdiff_t>(layer * kSlice)))
        << "page " << number;
  }
}

TEST(PageTier, WhatIsOverTheBudgetComesBackFromDisk) {
  PageTier tier(kLayers, kSlice, {.ram_bytes = 10 * kSlice, .folder = testing::TempDir()});
  for (int number = 0; number < 20; ++number) tier.put(number, page(number));
  EXPECT_LE(tier.ram_bytes(), 10 * kSlice);
  std::mt19937 random(1);
  for (int time = 0; time < 200; ++time) {
    std::vector<int> pages;
    for (int number = 0; number < 20; ++number)
      if (random() % 4 == 0) pages.push_back(number);
    expect_pages(tier, static_cast<int>(random() % kLayers), pages);
  }
  EXPECT_LE(tier.ram_bytes(), 20 * kSlice);
  EXPECT_GT(tier.counters().hits, 0);
  EXPECT_EQ(tier.counters().bytes_read, tier.counters().misses * static_cast<int64_t>(kSlice));
}

TEST(PageTier, WhatOneLayerReadsIsThereHoweverSmallTheBudget) {
  PageTier tier(kLayers, kSlice, {.ram_bytes = 0, .folder = testing::TempDir()});
  for (int number = 0; number < 8; ++number) tier.put(number, page(number));
  expect_pages(tier, 1, {0, 1, 2, 3, 4, 5, 6, 7});
  expect_pages(tier, 2, {0, 7});
  expect_pages(tier, 1, {3});
  EXPECT_LE(tier.ram_bytes(), 2 * kSlice);  // those of the last two calls at most
}

TEST(PageTier, WhatWasUsedLatelyStays) {
  PageTier tier(1, kSlice, {.ram_bytes = 4 * kSlice, .folder = testing::TempDir()});
  const auto put = [&](int number) { tier.put(number, page(number)); };
  for (int number = 0; number < 4; ++number) put(number);
  put(4);  // takes every second chance away, and page 0
  expect_pages(tier, 0, {2});
  put(5);
  put(6);
  const auto before = tier.counters().misses;
  expect_pages(tier, 0, {2});
  EXPECT_EQ(tier.counters().misses, before);
}

TEST(PageTier, AReplacedPageIsTheNewOneAndADroppedOneIsGone) {
  PageTier tier(kLayers, kSlice, {.ram_bytes = 0, .folder = testing::TempDir()});
  for (int number = 0; number < 4; ++number) tier.put(number, page(number + 100));
  for (int number = 0; number < 4; ++number) tier.put(number, page(number));
  for (int layer = 0; layer < kLayers; ++layer) expect_pages(tier, layer, {0, 1, 2, 3});
  const size_t before = tier.ram_bytes();
  for (int number = 0; number < 4; ++number) tier.drop(number);
  EXPECT_GT(before, 0u);
  EXPECT_EQ(tier.ram_bytes(), 0u);
}

TEST(PageTier, WithoutADiskEverythingStaysInRam) {
  PageTier tier(kLayers, kSlice, {.ram_bytes = 2 * kSlice, .folder = "/proc/no such folder"});
  for (int number = 0; number < 8; ++number) tier.put(number, page(number));
  for (int layer = 0; layer < kLayers; ++layer) expect_pages(tier, layer, {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(tier.ram_bytes(), 8 * kLayers * kSlice);
}

}  // namespace
}  // namespace strata
