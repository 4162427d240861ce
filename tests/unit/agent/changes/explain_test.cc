// SPDX-License-Identifier: Apache-2.0
// A change as before and after, and the sentence for each of its hunks.
#include <gtest/gtest.h>

#include "tests/unit/agent/changes/work_area.h"

namespace strata::agent {
namespace {

FileChange change(const std::string& path, const std::string& before, const std::string& after) {
  const auto file = [](const std::string& text) { return text.empty() ? MaybeFile{} : FileContent{text}; };
  return {path, file(before), file(after)};
}

std::vector<std::string> explained(std::vector<FileChange> changes) {
  std::vector<std::string> sentences;
  for (const ProposalFile& file : proposal_of(std::move(changes)).files)
    for (const Hunk& hunk : file.hunks) sentences.push_back(hunk.explanation);
  return sentences;
}

using Sentences = std::vector<std::string>;
const std::string kFar(40, '\n');  // between two hunks

TEST(Explain, OneHunk) {
  struct Case {
    const char *path, *before, *after, *sentence;
  };
  const Case cases[] = {
      {"a.py", "def a():\n    return 1\n", "def a():\n    return 1\n\n\ndef b(x):\n    return x * 2\n",
       "Adds function `b`."},
      {"a.py", "def a():\n    return 1\n\n\ndef b(x):\n    return x * 2\n", "def a():\n    return 1\n",
       "Removes function `b`."},
      {"a.c", "int add(int a, int b) { return a + b; }\n", "int sum(int a, int b) { return a + b; }\n",
       "Renames function `add` to `sum`."},
      {"a.c", "int add(int a) {\n  return a;\n}\n", "int add(int a, int b) {\n  return a;\n}\n",
       "Adds parameter `int b` to `add`."},
      {"a.c", "int add(int a, int b) {\n  return a;\n}\n", "int add(int a) {\n  return a;\n}\n",
       "Removes parameter `int b` from `add`."},
      {"a.c", "int add(int a, char b) {\n  return a;\n}\n", "int add(char b, int a) {\n  return a;\n}\n",
       "Reorders the parameters of `add`."},
      {"a.c", "int add(int a) {\n  return a;\n}\n", "int add(long a) {\n  return a;\n}\n",
       "Changes parameter `int a` to `long a` of `add`."},
      {"a.c", "int add(int a) {\n  return a;\n}\n", "long add(int a) {\n  return a;\n}\n",
       "Changes the signature from `int add(int a)` to `long add(int a)` of `add`."},
      {"a.c", "int add(int a);\n", "int add(int a);\nint twice(int a);\n", "Adds the declaration of function `twice`."},
      {"a.py", "def a():\n    return 30\n", "def a():\n    return 60\n", "Changes `30` to `60` in `a`."},
      {"a.py", "def a(x):\n    return x < 3\n", "def a(x):\n    return x > 3\n", "Changes `<` to `>` in `a`."},
      {"a.py", "def a(x, y):\n    return x\n", "def a(x, y):\n    return y\n", "Uses `y` in place of `x` in `a`."},
      {"a.py", "import os\n\nx = os.sep\n", "import os\nimport sys\n\nx = os.sep\n", "Imports `sys`."},
      {"a.py", "import os\nimport sys\n\nx = os.sep\n", "import os\n\nx = os.sep\n", "No longer imports `sys`."},
      {"a.c", "// one\nint a;\n", "// two\nint a;\n", "Changes only a comment."},
      {"a.c", "int a;\n", "// two\nint a;\n", "Adds a comment."},
      {"a.c", "// one\nint a;\n", "int a;\n", "Removes a comment."},
      {"a.c", "int f(int a) {\n  return a;\n}\n", "int f(int a) {\n    return  a;\n}\n", "Changes only layout."},
      {"tests/test_a.py", "def test_one():\n    assert 1\n",
       "def test_one():\n    assert 1\n\n\ndef test_two():\n    assert 2\n", "Adds test `test_two`."},
      {"a.py", "def a(x):\n    b(x)\n", "def a(x):\n    if x:\n        c(x)\n",
       "Adds 1 condition, calls `c` and no longer calls `b` in `a`."},
      {"a.txt", "one\ntwo\n", "one\nthree four\nfive\n", "Rewrites 1 line of text."},
      {"a.txt", "one\n", "one\ntwo three\n", "Adds 1 line of text."},
      {"a.md", "one\n", "one\nif for return while\n", "Adds 1 line of text."},
      {"a.h", "void one(int a);\n", "void two(const char* b);\n",
       "Removes the declaration of function `one` and adds the declaration of function `two`."},
      {"a.py", "", "def a():\n    pass\n\n\nclass B:\n    def c(self):\n        pass\n",
       "Adds a file of 7 lines with `a`, `B`."},
      {"a.py", "def a():\n    pass\n", "", "Removes a file of 2 lines with `a`."},
      {"a.py", "def a():\n    pass\n", "def a():\n    pass\n\n\nclass B:\n    def c(self):\n        pass\n",
       "Adds class `B`."},
      {"a.bin", "\x01", "", "Removes a file of 1 line."},
  };
  for (const Case& c : cases)
    EXPECT_EQ(explained({change(c.path, c.before, c.after)}), Sentences{c.sentence}) << c.before << "->\n" << c.after;
}

TEST(Explain, UsesFollowARenaming) {
  EXPECT_EQ(explained({change("a.py", "def old(x):\n    return x\n" + kFar + "print(old(1), old(2))\n",
                              "def new(x):\n    return x\n" + kFar + "print(new(1), new(2))\n"),
                       change("b.py", "from a import old\n\nold(3)\n", "from a import new\n\nnew(3)\n")}),
            (Sentences{"Renames function `old` to `new`.", "Follows the renaming of `old` to `new` in 2 places.",
                       "Follows the renaming of `old` to `new` in 2 places."}));
}

TEST(Explain, CallsAreAdaptedToASignature) {
  EXPECT_EQ(
      explained({change("a.c", "int f(int a) {\n  return a;\n}\n" + kFar + "int g(void) {\n  return f(1);\n}\n",
                        "int f(int a, int b) {\n  return a;\n}\n" + kFar + "int g(void) {\n  return f(1, 0);\n}\n")}),
      (Sentences{"Adds parameter `int b` to `f`.", "Adapts a call of `f` to its new signature."}));
}

TEST(Explain, SymbolsMoveBetweenFiles) {
  const std::string helper = "def helper(x):\n    y = x + 1\n    z = y * 2\n    return z - x\n";
  EXPECT_EQ(explained({change("a.py", helper + "\n\ndef a():\n    pass\n", "def a():\n    pass\n"),
                       change("b.py", "def b():\n    pass\n", "def b():\n    pass\n\n\n" + helper)}),
            (Sentences{"Moves function `helper` to b.py.", "Moves function `helper` here from a.py."}));
}

TEST(Explain, ModesLinksAndRenamedFiles) {
  EXPECT_EQ(explained({{"run", FileContent{"x\n", 0100644}, FileContent{"x\n", 0100755}}}),
            Sentences{"Makes the file executable."});
  EXPECT_EQ(explained({change("a.py", "x = 1\n", ""), change("b.py", "", "x = 1\n")}),
            Sentences{"Renames the file from `a.py`; its content stays."});
  EXPECT_EQ(explained({{"l", {}, FileContent{"there", kLink}}}), Sentences{"Adds a link to `there`."});
  EXPECT_EQ(explained({{"b", {}, FileContent{std::string("\0\1", 2)}}}), Sentences{"Adds a binary file of 2 bytes."});
}

// Whatever stands in a file, there is a sentence of bounded length for it, in one line.
TEST(Explain, OddTexts) {
  const std::string texts[] = {"",
                               "\n",
                               "\"",
                               "'\\",
                               "((((((",
                               "\xff\xfe",
                               "/* never ends",
                               std::string(100'000, 'a'),
                               "def f(" + std::string(5000, ',') + "):\n  pass\n",
                               "\"\xc3\xa4" + std::string(80, 'x') + "\"\n"};
  for (const char* path : {"a.c", "a.py", "a.txt"}) {
    for (const std::string& before : texts) {
      for (const std::string& after : texts) {
        if (before == after) continue;
        for (const std::string& sentence : explained({{path, FileContent{before}, FileContent{after}}})) {
          EXPECT_FALSE(sentence.empty());
          EXPECT_EQ(sentence.find('\n'), sentence.npos);
        }
      }
    }
  }
}

}  // namespace
}  // namespace strata::agent
