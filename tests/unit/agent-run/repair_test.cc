// SPDX-License-Identifier: Apache-2.0
#include "agent/run/repair.h"

#include <gtest/gtest.h>

namespace strata::agent {
namespace {

TEST(Repair, AnswersAreReadTolerantly) {
  int number = -1;
  EXPECT_EQ(line_in("return a + b", &number), "return a + b");
  EXPECT_EQ(number, 0);
  EXPECT_EQ(line_in("12: `return a + b`\nbecause", &number), "return a + b");
  EXPECT_EQ(number, 12);
  EXPECT_EQ(line_in("Line 7|   x = 1", &number), "x = 1");
  EXPECT_EQ(number, 7);
  EXPECT_EQ(line_in("```python\n    x = 2\n```"), "x = 2");
  EXPECT_EQ(line_in("`x = 1` should be `x = 2`"), "x = 2");
  EXPECT_EQ(line_in(""), "");
  EXPECT_EQ(line_in("```"), "");
  EXPECT_EQ(code_in("a\n```python\nx = 1\n```\nb"), "x = 1\n");
  EXPECT_EQ(code_in("```\nx"), "x");
  EXPECT_EQ(code_in("x = 1"), "x = 1");
  EXPECT_EQ(code_in("```"), "");
}

}  // namespace
}  // namespace strata::agent
