// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/text_encoding.h"

#include <gtest/gtest.h>

namespace strata::repo {
namespace {

using namespace std::string_literals;

TEST(TextEncoding, Utf8StaysAsItIs) { EXPECT_EQ(decode_text("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80")->text, "grüß 😀"); }
TEST(TextEncoding, ByteOrderMarkIsDropped) { EXPECT_EQ(decode_text("\xEF\xBB\xBFint x;")->text, "int x;"); }
TEST(TextEncoding, Utf16) {
  EXPECT_EQ(decode_text("\xFF\xFEh\0\xFC\0=\xD8\0\xDE"s)->text, "hü😀");
  EXPECT_EQ(decode_text("\xFE\xFF\0h\0\xFC"s)->text, "hü");
  EXPECT_EQ(decode_text("\xFF\xFE\0\xD8x\0"s)->text, "\xEF\xBF\xBDx");  // a half pair
}
TEST(TextEncoding, Latin1) { EXPECT_EQ(decode_text("gr\xFC\xDF")->text, "grüß"); }
TEST(TextEncoding, DamagedUtf8KeepsWhatIsWhole) {
  EXPECT_EQ(decode_text("grüß grüß \xC3")->text, "grüß grüß \xEF\xBF\xBD");
}
TEST(TextEncoding, OverlongAndSurrogateSequencesAreNotUtf8) {
  EXPECT_NE(decode_text("\xC0\xAF")->text, "\xC0\xAF");
  EXPECT_NE(decode_text("\xED\xA0\x80")->text, "\xED\xA0\x80");
}
TEST(TextEncoding, QuotationMarksOfWindows1252) {
  EXPECT_EQ(decode_text("gr\xFC\xDF \x93ja\x94 \xE9\xE8")->text, "grüß “ja” éè");
}
TEST(TextEncoding, SaysWhatWasReplaced) {
  EXPECT_EQ(decode_text("plain")->replaced, 0);
  EXPECT_EQ(decode_text("gr\xFC\xDF")->replaced, 0);
  EXPECT_EQ(decode_text("gr\xFC\xDF")->encoding, "Latin-1");
  EXPECT_EQ(decode_text("grüß grüß \xC3")->replaced, 1);
  EXPECT_EQ(decode_text("\xFF\xFEx\0y"s)->replaced, 1);                // half a character at the end
  const auto other = decode_text("\x8F\xE3\x8C\xA2\x90\xA2\x8A\x45");  // Shift JIS
  EXPECT_GT(other->replaced, 0);
}
TEST(TextEncoding, NulIsBinary) {
  EXPECT_FALSE(decode_text("a\0b"s));
  EXPECT_TRUE(decode_text(std::string(9000, 'a') + "\0"s));
}

}  // namespace
}  // namespace strata::repo
