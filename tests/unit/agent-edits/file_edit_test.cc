// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/file_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/edits/search_replace.h"
#include "agent/edits/unified_diff.h"

namespace strata::agent {
namespace {

using testing::HasSubstr;

std::string after(const FileEdit& edit) {
  if (edit.applied) return edit.text;
  std::string why;
  for (const std::string& report : edit.reports) why += report + "\n";
  for (const std::string& error : edit.syntax) why += error + "\n";
  return why;
}

std::string replaced(std::string_view text, std::string_view old_text, std::string_view new_text) {
  return after(edit_file("a.txt", text, {ReplaceEdit{std::string(old_text), std::string(new_text), 0, false}}));
}

TEST(FileEdit, ReplacesQuotedText) {
  struct Case {
    const char *text, *old_text, *new_text, *result;
  };
  const Case cases[] = {
      {"a\nb\nc\n", "b\n", "x\ny\n", "a\nx\ny\nc\n"},
      {"a\nb\nc\n", "b", "x", "a\nx\nc\n"},
      {"a\nb\nc", "c", "x", "a\nb\nx"},                    // no final newline, and none is made
      {"a\r\nb\r\nc\r\n", "b\nc\n", "x\n", "a\r\nx\r\n"},  // the file's line ends
      {"\xEF\xBB\xBF"
       "a\nb\n",
       "a\n", "x\n", "\xEF\xBB\xBFx\nb\n"},  // byte order mark
      {"  if (a) {\n    b();\n  }\n", "if (a) {\n  b();\n}\n", "if (a) {\n  c();\n}\n", "  if (a) {\n    c();\n  }\n"},
      {"\tx = 1\n", "x = 1", "x = 2", "\tx = 2\n"},
      {"f(a,b)\n", "f(a, b)\n", "g(a, b)\n", "g(a, b)\n"},
      {"foobar\nfoo\n", "foo\n", "x\n", "foobar\nx\n"},                          // whole lines before parts of lines
      {"a = 1\nb = 2\n", "    1| a = 1\n", "    1| a = 3\n", "a = 3\nb = 2\n"},  // as read shows it
  };
  for (const Case& c : cases)
    EXPECT_EQ(replaced(c.text, c.old_text, c.new_text), c.result) << c.text << " / " << c.old_text;
}

TEST(FileEdit, RefusesWhatIsNotThereOrThereTwiceAndSaysWhere) {
  const auto twice = edit_file("a.txt", "a\nx\na\nx\n", {ReplaceEdit{"x\n", "y\n", 0, false}});
  EXPECT_FALSE(twice.applied);
  EXPECT_EQ(twice.text, "a\nx\na\nx\n");
  EXPECT_THAT(twice.reports[0],
              HasSubstr("stands in 2 places; quote more lines around the one you mean:\n    2| x\n    4| x"));
  const auto none = edit_file("a.txt", "one\ntwo\nthree\n", {ReplaceEdit{"two\nfour\n", "y\n", 0, false}});
  EXPECT_THAT(none.reports[0], HasSubstr("the nearest are lines 2-3:\n    2| two\n    3| three"));
  EXPECT_EQ(after(edit_file("a.txt", "a\nx\na\nx\n", {ReplaceEdit{"x\n", "y\n", 4, false}})), "a\nx\na\ny\n");
  EXPECT_EQ(after(edit_file("a.txt", "a\nx\na\nx\n", {ReplaceEdit{"x\n", "y\n", 0, true}})), "a\ny\na\ny\n");
  EXPECT_THAT(replaced("a\n", "", "b"), HasSubstr("the old text is empty"));
  EXPECT_THAT(replaced("a\n", "a", "a"), HasSubstr("nothing would change"));
}

TEST(FileEdit, LinesAreGuardedAgainstChangesSinceTheyWereShown) {
  EXPECT_EQ(after(edit_file("a.txt", "a\nb\nc\n", {LineEdit{2, 2, "x\ny", "b\n"}})), "a\nx\ny\nc\n");
  EXPECT_EQ(after(edit_file("a.txt", "a\nb\n", {LineEdit{2, 1, "x\n", ""}})), "a\nx\nb\n");
  EXPECT_EQ(after(edit_file("a.txt", "a\nb", {LineEdit{3, 2, "x\n", ""}})), "a\nb\nx");
  EXPECT_EQ(after(edit_file("a.txt", "a\r\nb\r\n", {LineEdit{1, 1, "x\n", "a\n"}})), "x\r\nb\r\n");
  EXPECT_EQ(after(edit_file("a.txt", "a\nb\n", {LineEdit{1, 2, "", "a\nb\n"}})), "");
  EXPECT_THAT(after(edit_file("a.txt", "a\nB\n", {LineEdit{2, 2, "x\n", "b\n"}})),
              HasSubstr("are not what you were shown; read them again"));
  EXPECT_THAT(after(edit_file("a.txt", "a\n", {LineEdit{3, 4, "x\n", ""}})), HasSubstr("the file has 1 lines"));
}

TEST(FileEdit, IsAllOrNothingAndOrderDoesNotMatter) {
  const Edit a = ReplaceEdit{"one\n", "1\n", 0, false}, b = LineEdit{3, 3, "3\n", "three\n"},
             c = ReplaceEdit{"two\n", "2\n", 0, false};
  std::vector<Edit> edits = {a, b, c};
  for (const std::vector<int>& order : {std::vector{0, 1, 2}, {2, 1, 0}, {1, 0, 2}}) {
    std::vector<Edit> ordered;
    for (const int i : order) ordered.push_back(edits[static_cast<size_t>(i)]);
    EXPECT_EQ(after(edit_file("a.txt", "one\ntwo\nthree\n", ordered)), "1\n2\n3\n");
  }
  const auto failed = edit_file("a.txt", "one\ntwo\n", {a, ReplaceEdit{"four\n", "4\n", 0, false}});
  EXPECT_FALSE(failed.applied);
  EXPECT_EQ(failed.text, "one\ntwo\n");
  ASSERT_EQ(failed.reports.size(), 2u);
  EXPECT_EQ(failed.reports[0], "line 1 replaced");
  EXPECT_THAT(failed.reports[1], HasSubstr("refused: "));
  EXPECT_THAT(after(edit_file("a.txt", "one\ntwo\n", {ReplaceEdit{"one\ntwo\n", "x\n", 0, false}, c})),
              HasSubstr("two edits change line"));
}

TEST(FileEdit, WholeFilesOnlyIfShortAndWhole) {
  EXPECT_EQ(after(edit_file("a.txt", "a\r\n", {WholeEdit{"x\ny"}})), "x\r\ny\r\n");
  EXPECT_EQ(after(edit_file("a.txt", "a", {WholeEdit{"x\n"}})), "x");
  EXPECT_THAT(after(edit_file("a.c", "int a;\n", {WholeEdit{"int a;\n// ... rest of the file\n"}})),
              HasSubstr("stands for something left out"));
  EXPECT_THAT(after(edit_file("a.txt", "a\n", {WholeEdit{"\n"}})), HasSubstr("the new text is empty"));
  std::string lines;
  for (int i = 0; i < 201; ++i) lines += "x\n";
  EXPECT_THAT(after(edit_file("a.txt", lines, {WholeEdit{"x\n"}})), HasSubstr("too many to be written as a whole"));
}

TEST(FileEdit, RefusesNewSyntaxErrorsAndShowsThem) {
  const auto broken = edit_file("a.py", "def f():\n    return 1\n", {ReplaceEdit{"return 1", "return (1", 0, false}});
  EXPECT_FALSE(broken.applied);
  ASSERT_FALSE(broken.syntax.empty());
  EXPECT_THAT(broken.syntax[0], HasSubstr("return (1"));
  // What was wrong before may stay wrong.
  EXPECT_TRUE(edit_file("a.py", "def f(:\n    pass\n\n\ndef g():\n    return 1\n",
                        {ReplaceEdit{"return 1", "return 2", 0, false}})
                  .applied);
}

TEST(FileEdit, SymbolsInBraces) {
  const std::string text =
      "// Adds.\nint add(int a, int b) {\n  return a - b;\n}\n\nint twice(int a) { return a * 2; }\n";
  const auto edit = [&](SymbolAction action, std::string symbol, std::string body) {
    return after(edit_file("a.cc", text, {SymbolEdit{action, symbol, body, 0}}));
  };
  const std::string fixed =
      "// Adds.\nint add(int a, int b) {\n  return a + b;\n}\n\nint twice(int a) { return a * 2; }\n";
  EXPECT_EQ(edit(SymbolAction::kReplaceBody, "add", "return a + b;"), fixed);
  EXPECT_EQ(edit(SymbolAction::kReplaceBody, "add", "{\n    return a + b;\n}"), fixed);
  EXPECT_EQ(edit(SymbolAction::kReplaceBody, "add", "int add(int a, int b) {\n  return a + b;\n}\n"), fixed);
  EXPECT_EQ(edit(SymbolAction::kDelete, "add", ""), "int twice(int a) { return a * 2; }\n");
  EXPECT_EQ(edit(SymbolAction::kDelete, "twice", ""), "// Adds.\nint add(int a, int b) {\n  return a - b;\n}\n");
  EXPECT_EQ(edit(SymbolAction::kInsertBefore, "add", "int x;"), "int x;\n\n" + text);
  EXPECT_EQ(edit(SymbolAction::kInsertAfter, "twice", "int x;"), text + "\nint x;\n");
  EXPECT_THAT(edit(SymbolAction::kReplaceBody, "sub", "x"),
              HasSubstr("a.cc has no symbol called \"sub\"; it has: add, twice"));
}

TEST(FileEdit, SymbolsInIndentation) {
  const std::string text =
      "class A:\n    @property\n    def f(self):\n        \"\"\"Says one.\"\"\"\n        return 1\n\n    def g(self): "
      "return 2\n\n\ndef h():\n    pass\n";
  const auto edit = [&](SymbolAction action, std::string symbol, std::string body) {
    return after(edit_file("a.py", text, {SymbolEdit{action, symbol, body, 0}}));
  };
  EXPECT_EQ(edit(SymbolAction::kReplaceBody, "A.f", "x = 1\nreturn x"),
            "class A:\n    @property\n    def f(self):\n        \"\"\"Says one.\"\"\"\n        x = 1\n        return "
            "x\n\n    def g(self): return 2\n\n\ndef h():\n    pass\n");
  EXPECT_EQ(edit(SymbolAction::kReplaceBody, "f", "def f(self):\n    return 3\n"),
            "class A:\n    @property\n    def f(self):\n        return 3\n\n    def g(self): return 2\n\n\ndef h():\n  "
            "  pass\n");
  EXPECT_EQ(edit(SymbolAction::kDelete, "h", ""),
            "class A:\n    @property\n    def f(self):\n        \"\"\"Says one.\"\"\"\n        return 1\n\n    def "
            "g(self): return 2\n");
  EXPECT_THAT(edit(SymbolAction::kInsertAfter, "h", "def i():\n    pass"),
              HasSubstr("def h():\n    pass\n\n\ndef i():\n    pass\n"));
  EXPECT_THAT(edit(SymbolAction::kReplaceBody, "g", "y = 2\nreturn y"),
              HasSubstr("    def g(self): \n        y = 2\n        return y\n"));
}

TEST(UnifiedDiff, LineNumbersAreNotTrusted) {
  const auto files = parse_diff("```diff\n--- a/a.txt\n+++ b/a.txt\n@@ -90,3 +7,3 @@ f()\n a\n-b\n+x\n c\n```\n");
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 1u);
  const DiffHunk& hunk = files->front().hunks.front();
  EXPECT_EQ(files->front().path, "a.txt");
  EXPECT_EQ(after(edit_file("a.txt", "a\nb\nc\n", {ReplaceEdit{hunk.old_text, hunk.new_text, hunk.line, false}})),
            "a\nx\nc\n");
}

TEST(UnifiedDiff, CreatesDeletesRenamesAndOtherForms) {
  const auto files = parse_diff(
      "diff --git a/n b/n\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,1 @@\n+new\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 "
      "@@\n-gone\n--- a/x\n+++ b/y\n@@ @@\n q\n-w\n+e\n");
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 3u);
  EXPECT_TRUE((*files)[0].created);
  EXPECT_EQ((*files)[0].hunks[0].new_text, "new\n");
  EXPECT_TRUE((*files)[1].deleted);
  EXPECT_EQ((*files)[2].renamed_from, "x");
  const auto patch = parse_diff("*** Begin Patch\n*** Update File: a.c\n@@ int f()\n x\n-y\n+z\n*** End Patch\n");
  ASSERT_TRUE(patch) << patch.error().message;
  EXPECT_EQ(patch->front().hunks[0].old_text, "x\ny\n");
  EXPECT_EQ(patch->front().hunks[0].new_text, "x\nz\n");
  EXPECT_FALSE(parse_diff("hello"));
  EXPECT_FALSE(parse_diff("@@ -1 +1 @@\n-a\n+b\n"));
}

TEST(FileEdit, BinaryAndForeignEncodingsAreNotDamaged) {
  EXPECT_THAT(after(edit_file("a.bin", std::string("a\0b\n", 4), {ReplaceEdit{"a", "b", 0, false}})),
              HasSubstr("binary"));
  const std::string latin = "caf\xE9\nx\n";
  EXPECT_EQ(after(edit_file("a.txt", latin, {ReplaceEdit{"x\n", "y\n", 0, false}})), "caf\xE9\ny\n");
  EXPECT_THAT(after(edit_file("a.txt", latin, {ReplaceEdit{"x\n", "\xC3\xA9\n", 0, false}})), HasSubstr("only ASCII"));
}

}  // namespace
}  // namespace strata::agent
