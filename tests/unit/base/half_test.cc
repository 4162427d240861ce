// SPDX-License-Identifier: Apache-2.0
#include "base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace strata {
namespace {

TEST(Bf16, RoundsToNearestEven) {
  EXPECT_EQ(to_bf16(1.0f).bits, 0x3f80);
  // 1 + 2^-8 lies halfway between 0x3f80 and 0x3f81: the even one wins; 1 + 3 * 2^-8 goes up to 0x3f82.
  EXPECT_EQ(to_bf16(1.0f + std::ldexp(1.0f, -8)).bits, 0x3f80);
  EXPECT_EQ(to_bf16(1.0f + 3 * std::ldexp(1.0f, -8)).bits, 0x3f82);
}

TEST(Bf16, KeepsInfinityAndNaN) {
  EXPECT_TRUE(std::isinf(to_f32(to_bf16(std::numeric_limits<float>::infinity()))));
  EXPECT_TRUE(std::isnan(to_f32(to_bf16(std::numeric_limits<float>::quiet_NaN()))));
  // The largest float rounds up to infinity, as IEEE 754 says.
  EXPECT_TRUE(std::isinf(to_f32(to_bf16(std::numeric_limits<float>::max()))));
}

TEST(F16, RoundTripsWhatItCanHold) {
  for (const float value : {0.0f, -0.0f, 1.0f, -2.5f, 65504.0f, 6.103515625e-5f})
    EXPECT_EQ(to_f32(to_f16(value)), value);
}

}  // namespace
}  // namespace strata
