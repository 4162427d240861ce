// SPDX-License-Identifier: Apache-2.0
#include "agent/run/repair.h"

#include <gtest/gtest.h>

namespace strata::agent {
namespace {

TEST(Repair, AnswersAreReadTolerantly) {
  using Change = std::pair<std::string, std::string>;
  EXPECT_EQ(line_change_in("wrong: return a - b\nright: return a + b\n"), (Change{"return a - b", "return a + b"}));
  EXPECT_EQ(line_change_in("The bug:\nwrong: `x = 1`\nright:   `x = 2`"), (Change{"x = 1", "x = 2"}));
  EXPECT_EQ(line_change_in("wrong:\n```\n  x = 1\n```\nright:\n```python\n  x = 2\n```"), (Change{"x = 1", "x = 2"}));
  EXPECT_FALSE(line_change_in("wrong: x\nright: x"));
  EXPECT_FALSE(line_change_in("wrong: x"));
  EXPECT_FALSE(line_change_in("wrong:"));
  EXPECT_FALSE(line_change_in(""));
  EXPECT_EQ(code_in("a\n```python\nx = 1\n```\nb"), "x = 1\n");
  EXPECT_EQ(code_in("```\nx"), "x");
  EXPECT_EQ(code_in("x = 1"), "x = 1");
  EXPECT_EQ(code_in("```"), "");
}

}  // namespace
}  // namespace strata::agent
