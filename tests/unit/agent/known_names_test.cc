// SPDX-License-Identifier: Apache-2.0
#include "agent/known_names.h"

#include <gtest/gtest.h>

namespace strata::agent {
namespace {

class Names : public testing::Test {
 protected:
  Names() { names_.add("void DependencyScan::RecomputeOutputDirty(Edge* edge, int max_size);"); }
  // Whether an answer may be written in these pieces, as a model writes it.
  bool may(std::initializer_list<const char*> pieces) {
    std::string word;
    for (const char* piece : pieces)
      if (!names_.append(piece, word)) return false;
    return true;
  }
  KnownNames names_;
};

TEST_F(Names, OfTheContextMayBeWrittenPieceByPiece) {
  EXPECT_TRUE(
      may({"The `", "Re", "compute", "Output", "Dirty", "` function of Dependency", "Scan reads max", "_size", "."}));
}

TEST_F(Names, ThatAreNotThereMayNot) {
  EXPECT_FALSE(may({"`Re", "compute", "Input"}));
  EXPECT_FALSE(may({"max", "_", "length"}));
  EXPECT_FALSE(may({"`read", "_file"}));
}

TEST_F(Names, MayNotEndEarly) {
  EXPECT_FALSE(may({"`Recompute", "Output", "`"}));
  EXPECT_TRUE(may({"`Recompute", "`"}));  // a word like any other
}

TEST_F(Names, AWordThatWasRefusedIsAsBefore) {
  std::string word = "max_";
  EXPECT_FALSE(names_.append("length", word));
  EXPECT_EQ(word, "max_");
  EXPECT_TRUE(names_.append("size`", word));
  EXPECT_EQ(word, "");
}

TEST_F(Names, ProseIsFree) {
  EXPECT_TRUE(may({"A new", "ly made", " cache", " of 2", "56 entries", ", unless", "\n"}));
}

}  // namespace
}  // namespace strata::agent
