// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/slice_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace strata {
namespace {

// Sizes that divide neither a cache line nor a chunk, and one that is larger than a huge page.
TEST(SlicePool, SlicesBeginAtACacheLineAndKeepWhatIsWrittenIntoThem) {
  for (const size_t bytes : {size_t{100}, size_t{16768}, size_t{3000001}}) {
    SlicePool pool(bytes);
    std::vector<SlicePool::Slice> slices;
    for (int i = 0; i < 40; ++i) {
      slices.push_back(pool.lend());
      EXPECT_EQ(reinterpret_cast<uintptr_t>(slices.back().get()) % 64, 0u);
      std::memset(slices.back().get(), i, bytes);
    }
    for (int i = 0; i < 40; ++i)
      EXPECT_EQ(std::count(slices[i].get(), slices[i].get() + bytes, std::byte(i)), bytes) << "slice " << i;
  }
}

TEST(SlicePool, WhatIsGivenBackIsLentAgain) {
  SlicePool pool(1000);
  const SlicePool::Slice kept = pool.lend();
  SlicePool::Slice slice = pool.lend();
  const std::byte* at = slice.get();
  slice.reset();
  EXPECT_EQ(pool.lend().get(), at);
}

}  // namespace
}  // namespace strata
