// SPDX-License-Identifier: Apache-2.0
#include "app/console.h"

#include <gtest/gtest.h>

namespace strata::app {
namespace {

TEST(Console, DurationsReadAsPeopleSayThem) {
  EXPECT_EQ(format_duration(3.2), "3 s");
  EXPECT_EQ(format_duration(725), "12 min 05 s");
  EXPECT_EQ(format_duration(7800), "2 h 10 min");
}

TEST(Console, BytesHaveOneUnit) {
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1'234'000'000), "1.2 GB");
  EXPECT_EQ(format_bytes(98'362'432), "98 MB");
}

TEST(Console, JsonTextIsAlwaysUtf8) {
  EXPECT_EQ(to_utf8("a\xff"
                    "b"),
            "a\xef\xbf\xbd"
            "b");
}

}  // namespace
}  // namespace strata::app
