// SPDX-License-Identifier: Apache-2.0
#include "agent/use_lines.h"

#include <gtest/gtest.h>

namespace strata::agent {
namespace {

TEST(UseLines, TellWhatIsWritten) {
  for (const char* line : {"  width = 80;", "width := read()", "table[width[i]] += width[0] = 1", "width[a[1]][2] = 3;",
                           "++width;", "width--;", "self.width //= 2 if False else 1; self.width = 2", "width |= 4",
                           "self.width.append(3)", "width->clear();"})
    EXPECT_TRUE(line_does(line, "width", UseOf::kWritten)) << line;
  for (const char* line : {"if (width == 80)", "x = width;", "my_width = 1", "match width => 3", "f(width, y = 1)",
                           "width[", "width.size()", "widths = 2"})
    EXPECT_FALSE(line_does(line, "width", UseOf::kWritten)) << line;
}

TEST(UseLines, TellWhatIsRaisedCaughtAndReturned) {
  EXPECT_TRUE(line_does("    raise NotFound(name)", "NotFound", UseOf::kRaised));
  EXPECT_TRUE(line_does("throw new api.NotFound();", "NotFound", UseOf::kRaised));
  EXPECT_FALSE(line_does("class NotFound(Exception):  # raise it", "NotFound", UseOf::kRaised));
  EXPECT_TRUE(line_does("} catch (const NotFound& e) {", "NotFound", UseOf::kCaught));
  EXPECT_TRUE(line_does("except (KeyError, NotFound):", "NotFound", UseOf::kCaught));
  EXPECT_TRUE(line_does("return &NotFound{name}", "NotFound", UseOf::kReturned));
  EXPECT_FALSE(line_does("NotFound(x); return 0", "NotFound", UseOf::kReturned));
  EXPECT_TRUE(line_does("anything", "NotFound", UseOf::kAny));
}

}  // namespace
}  // namespace strata::agent
