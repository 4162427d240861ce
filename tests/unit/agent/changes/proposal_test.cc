// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/proposal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "agent/changes/risks.h"
#include "agent/changes/sources.h"
#include "agent/changes/text_lines.h"
#include "tests/unit/agent/changes/work_area.h"

namespace strata::agent {
namespace {

using testing::HasSubstr;

FileChange change(const std::string& path, const std::string& before, const std::string& after) {
  return {path, FileContent{before}, FileContent{after}};
}

TEST(Proposal, OddTextsComeBackByteForByte) {
  const std::pair<const char*, const char*> texts[] = {{"a\r\nb\r\n", "a\r\nc\r\n"},
                                                       {"a\nb\n", "a\r\nb\r\n"},
                                                       {"\xef\xbb\xbf"
                                                        "a\n",
                                                        "a\n"},
                                                       {"a", "a\n"},
                                                       {"a\n", "a"},
                                                       {"a\nb", "a\nb\nc"},
                                                       {"", "a\n"},
                                                       {"a\n", ""},
                                                       {"\n\n\n", "\n"},
                                                       {"a\rb\r", "a\rc\r"},
                                                       {"x\n\\ No newline\n", "x\n"},
                                                       {"\xff\xfe\n", "\xff\n"}};
  for (const auto& [before, after] : texts) {
    Proposal proposal = proposal_of({change("f", before, after)});
    accept(proposal);
    const auto accepted = accepted_changes(proposal.files[0]);
    ASSERT_EQ(accepted.size(), 1u);
    EXPECT_EQ(accepted[0].after->bytes, after);
    accept(proposal, 0);
    EXPECT_TRUE(accepted_changes(proposal.files[0]).empty());
  }
}

TEST(Proposal, RandomEditsComeBackByteForByteFromTheirHunks) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    std::string before, after;
    for (int line = 0; line < 80; ++line) {
      const std::string text = std::to_string(random() % 7) + (random() % 9 ? "\n" : "\r\n");
      before += text;
      switch (random() % 12) {
        case 0: break;
        case 1: after += "new\n" + text; break;
        case 2: after += "changed\n"; break;
        default: after += text;
      }
    }
    if (before == after) continue;
    Proposal proposal = proposal_of({change("f", before, after)});
    accept(proposal);
    ASSERT_EQ(accepted_changes(proposal.files[0])[0].after->bytes, after) << round;
  }
}

TEST(Proposal, BinariesLinksModesAndNewFilesAreTakenAsAWhole) {
  const std::string binary("\0\1", 2);
  const Proposal proposal = proposal_of({{"bin", FileContent{binary}, FileContent{binary + "x"}},
                                         {"link", FileContent{"text\n"}, FileContent{"target", kLink}},
                                         {"mode", FileContent{"t\n"}, FileContent{"t\n", kExecutableFile}},
                                         {"new", {}, FileContent{"new\n"}},
                                         {"gone", FileContent{"gone\n"}, {}}});
  ASSERT_EQ(proposal.files.size(), 5u);
  for (const ProposalFile& file : proposal.files) {
    ASSERT_EQ(file.hunks.size(), 1u) << file.path;
    EXPECT_EQ(file.hunks[0].kind, file.path == "mode" ? Hunk::Kind::kMode : Hunk::Kind::kWhole) << file.path;
  }
}

TEST(Proposal, ARenamedFileIsOneFile) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "line " + std::to_string(i) + "\n";
  const Proposal proposal = proposal_of({{"old", FileContent{text}, {}},
                                         {"sub/new", {}, FileContent{text + "more\n"}},
                                         {"other", {}, FileContent{"x\n"}}});
  ASSERT_EQ(proposal.files.size(), 2u);
  EXPECT_EQ(proposal.files[1].old_path, "old");
  EXPECT_EQ(proposal.files[1].path, "sub/new");
  EXPECT_THAT(proposal.files[1].hunks[0].diff, HasSubstr("+more"));
}

constexpr const char* kSource = R"(#include "a.h"

// Adds.
int add(int a, int b) {
  int sum = a + b;
  return sum;
}

// Enough lines between the two, so that git does
// not put their changes into one hunk: it joins
// what is not more than six lines apart.

struct Thing {
  void poke() {
    int first = 1;
    int second = 2;
    int third = first + second;
    use(first, second, third);
  }
};
)";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Proposal, HunksNameTheSymbolTheyStandIn) {
  const std::string after =
      replaced(replaced(kSource, "return sum", "return sum + 0"), "third = first", "third = 7 + first");
  const Proposal proposal = proposal_of({change("a.cc", kSource, after)});
  ASSERT_EQ(proposal.hunk_count(), 2u);
  EXPECT_EQ(proposal.hunk(1)->symbol, "add");
  EXPECT_EQ(proposal.hunk(2)->symbol, "Thing::poke");
  EXPECT_THAT(proposal.hunk(1)->diff, testing::StartsWith("@@ -3,7 +3,7 @@ int add("));
}

TEST(Proposal, TheSameChangeHasTheSameIdInAnotherProposal) {
  const std::string first = replaced(kSource, "return sum", "return sum + 0");
  const std::string both = replaced(first, "third = first", "third = 7 + first");
  const Proposal one = proposal_of({change("a.cc", kSource, first)});
  const Proposal two = proposal_of({change("0", "x\n", "y\n"), change("a.cc", kSource, both)});
  EXPECT_EQ(one.hunk(1)->id, two.hunk(2)->id);
  EXPECT_NE(two.hunk(2)->id, two.hunk(3)->id);
}

TEST(Proposal, MovedBlocksAreRecognised) {
  const std::string block = "int moved_one = compute(1);\nint moved_two = compute(2);\nint moved_three = compute(3);\n";
  std::string filler;
  for (int i = 0; i < 20; ++i) filler += "filler " + std::to_string(i) + "\n";
  const Proposal proposal =
      proposal_of({change("a.cc", block + filler, filler),
                   change("b.cc", filler, filler + "  " + replaced(block, "\nint moved_two", "\n  int moved_two"))});
  ASSERT_EQ(proposal.hunk_count(), 2u);
  ASSERT_EQ(proposal.hunk(2)->moved_from.size(), 1u);
  EXPECT_EQ(proposal.hunk(2)->moved_from[0].path, "a.cc");
  EXPECT_EQ(proposal.hunk(2)->moved_from[0].line, 1);
  EXPECT_EQ(proposal.hunk(2)->moved_from[0].lines, 3);
  EXPECT_EQ(proposal.hunk(1)->moved_to[0].path, "b.cc");
}

TEST(Proposal, LayoutIsToldFromMeaning) {
  struct Case {
    const char *language, *before, *after;
    bool layout_only;
  };
  const Case cases[] = {
      {"cpp", "int  f( int a );\n", "int f(int a);\n", true},
      {"cpp", "f(a,\n  b);\n", "f(a, b);\n", true},
      {"cpp", "int a;\n", "inta;\n", false},
      {"cpp", "a + +b;\n", "a ++b;\n", false},
      {"cpp", "f(\"a b\");\n", "f(\"ab\");\n", false},
      {"cpp", "a; // one\nb;\n", "a; // one b;\n", false},
      {"cpp", "#define A 1\nb;\n", "#define A 1 b;\n", false},
      {"cpp", "return x;\n", "return y;\n", false},
      {"python", "f( a )\n", "f(a)\n", true},
      {"python", "  f(a)\n", "f(a)\n", false},
      {"javascript", "return\nx\n", "return x\n", false},
      {"javascript", "  f( x )\n", "    f(x)\n", true},
      {"text", "a  b\n", "a b\n", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(differ_in_layout_only(c.before, c.after, c.language), c.layout_only) << c.before << c.after;
  }
}

class Review : public testing::Test {
 protected:
  std::vector<Risk> risks(std::vector<FileChange> changes) {
    auto index = repo::Index::open(area_.tree, area_.path / "cache");
    EXPECT_TRUE(index && index->update());
    auto found = find_risks(proposal_of(std::move(changes)), *index, {});
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : std::vector<Risk>{};
  }
  WorkArea area_;
};

TEST_F(Review, AChangedSignatureCitesItsUntouchedCallers) {
  area_.write("tree/a.cc", "int add(int a, int b) {\n  return a + b;\n}\n");
  area_.write("tree/b.cc", "int add(int a, int b);\n\nint twice(int a) {\n  return add(a, a);\n}\n");
  const auto found =
      risks({change("a.cc", area_.read("tree/a.cc"), "int add(int a, int b, int c) {\n  return a + b + c;\n}\n")});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, Risk::Kind::kSignature);
  EXPECT_EQ(found[0].hunks, std::vector<int>{1});
  ASSERT_EQ(found[0].places.size(), 1u);
  EXPECT_EQ(found[0].places[0].path, "b.cc");
  EXPECT_EQ(found[0].places[0].line, 4);
}

TEST_F(Review, ACallerThatChangesAlongIsNoRisk) {
  area_.write("tree/a.py", "def add(a, b):\n    return a + b\n");
  area_.write("tree/b.py", "from a import add\n\ndef twice(a):\n    return add(a, a)\n");
  EXPECT_TRUE(
      risks({change("a.py", area_.read("tree/a.py"), "def add(a, b, c):\n    return a + b + c\n"),
             change("b.py", area_.read("tree/b.py"), "from a import add\n\ndef twice(a):\n    return add(a, a, 0)\n")})
          .empty());
}

TEST_F(Review, ADeletedSymbolThatIsStillUsedIsCited) {
  area_.write("tree/a.py", "def gone():\n    return 1\n\ndef kept():\n    return 2\n");
  area_.write("tree/b.py", "from a import gone\n\nprint(gone())\n");
  const auto found = risks({change("a.py", area_.read("tree/a.py"), "def kept():\n    return 2\n")});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, Risk::Kind::kStillReferenced);
  EXPECT_EQ(found[0].places[0].path, "b.py");
  EXPECT_EQ(found[0].places[0].line, 3);
  EXPECT_THAT(found[0].text, HasSubstr("gone"));
}

TEST_F(Review, WeakenedTestsBinariesAndSecretsAreTold) {
  const std::string before = "def test_a():\n    assert f() == 1\n    assert g() == 2\n";
  const std::string token = std::string("ghp_") + "x7Kp2mQ9vT4wZ8nR3bL6cY1dF5gH0jS2aE7u";
  area_.write("tree/tests/test_a.py", before);
  const auto found = risks({change("tests/test_a.py", before, "def test_a():\n    assert f() == 1\n"),
                            {"image.png", {}, FileContent{std::string("\x89PNG\0", 5)}},
                            {"config.py", {}, FileContent{"\nTOKEN = \"" + token + "\"\n"}}});
  std::map<Risk::Kind, std::string> by_kind;
  for (const Risk& risk : found) by_kind[risk.kind] = risk.text;
  EXPECT_THAT(by_kind[Risk::Kind::kTest], HasSubstr("1 assertion fewer"));
  EXPECT_THAT(by_kind[Risk::Kind::kBinary], HasSubstr("image.png"));
  EXPECT_THAT(by_kind[Risk::Kind::kSecret], HasSubstr("GitHub"));
  EXPECT_EQ(by_kind[Risk::Kind::kSecret].find(token), std::string::npos);
}

class Sources : public testing::Test {
 protected:
  void SetUp() override {
    area_.git("init");
    std::string text;
    for (int i = 0; i < 30; ++i) text += "line " + std::to_string(i) + "\n";
    area_.write("tree/a.txt", text);
    area_.write("tree/gone", "gone");
    area_.git("add -A");
    area_.git("commit -m one");
  }
  WorkArea area_;
};

TEST_F(Sources, CommitsRangesAndTheWorkTreeGiveTheSameChanges) {
  const std::string before = area_.read("tree/a.txt");
  area_.write("tree/a.txt", replaced(before, "line 7\n", "seven\n"));
  std::filesystem::remove(area_.tree / "gone");
  area_.write("tree/new", "no end of line");
  const auto expect = [&](const Result<std::vector<FileChange>>& changes) {
    ASSERT_TRUE(changes) << changes.error().message;
    ASSERT_EQ(changes->size(), 3u);
    EXPECT_EQ((*changes)[0].after->bytes, area_.read("tree/a.txt"));
    EXPECT_EQ((*changes)[0].before->bytes, before);
    EXPECT_FALSE((*changes)[1].after);
    EXPECT_FALSE((*changes)[2].before);
    EXPECT_EQ((*changes)[2].after->bytes, "no end of line");
  };
  expect(work_tree_changes(area_.tree));
  area_.git("add -A");
  expect(work_tree_changes(area_.tree));
  area_.git("commit -m two");
  expect(commit_changes_of(area_.tree, "HEAD"));
  expect(range_changes(area_.tree, "HEAD~1..HEAD"));
  expect(range_changes(area_.tree, "HEAD~1...HEAD"));
  EXPECT_EQ(commit_changes_of(area_.tree, "HEAD~1")->size(), 2u) << "the first commit, against nothing";

  // The same as a patch, against the tree as it was.
  area_.git("diff HEAD~1 HEAD > ../patch");
  area_.git("checkout -q HEAD~1");
  std::system(("cd '" + area_.tree.string() + "' && git diff HEAD main > ../patch 2>/dev/null").c_str());
  const auto patched = patch_changes(area_.tree, area_.read("patch"));
  ASSERT_TRUE(patched) << patched.error().message;
  ASSERT_EQ(patched->size(), 3u);
  EXPECT_EQ((*patched)[0].after->bytes, replaced(before, "line 7\n", "seven\n"));
  EXPECT_FALSE((*patched)[1].after);
  EXPECT_EQ((*patched)[2].after->bytes, "no end of line");
}

TEST_F(Sources, WhatIsNoRevisionOrPatchIsAnError) {
  for (const char* text : {"", "nonsense", "HEAD..", "--help", "HEAD~9"}) {
    EXPECT_FALSE(commit_changes_of(area_.tree, text)) << text;
  }
  EXPECT_FALSE(range_changes(area_.tree, "HEAD"));
  for (const std::string& patch :
       {std::string(), std::string("nonsense\n"),
        std::string("--- a/a.txt\n+++ b/a.txt\n@@ -1,1 +1,1 @@\n-line X\n+y\n"),
        std::string("--- a/missing\n+++ b/missing\n@@ -1,1 +1,1 @@\n-x\n+y\n"),
        std::string("--- a/a.txt\n+++ b/a.txt\n@@ -1,9999999 +1,1 @@\n-line 0\n"),
        std::string("--- a/../../etc/passwd\n+++ b/../../etc/passwd\n@@ -1,1 +1,1 @@\n-x\n+y\n")}) {
    EXPECT_FALSE(patch_changes(area_.tree, patch)) << patch;
  }
}

TEST_F(Sources, PlainDiffsAreReadToo) {
  // As of `diff -ruN old new`, with a removed line that looks like a head.
  area_.write("tree/notes", "-- x\nkept\n");
  const auto changes = patch_changes(area_.tree,
                                     "diff -ruN old/notes new/notes\n--- old/notes\t2026\n+++ new/notes\t2026\n"
                                     "@@ -1,2 +1,2 @@\n--- x\n+++ y\n kept\n"
                                     "--- /dev/null\n+++ b/made\n@@ -0,0 +1 @@\n+made\n\\ No newline at end of file\n"
                                     "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n\\ No newline at end of file\n");
  ASSERT_TRUE(changes) << changes.error().message;
  ASSERT_EQ(changes->size(), 3u);
  EXPECT_EQ((*changes)[0].after->bytes, "++ y\nkept\n");
  EXPECT_EQ((*changes)[1].after->bytes, "made");
  EXPECT_FALSE((*changes)[2].after);
}

TEST_F(Sources, APatchFindsItsLinesWhereTheyAreNow) {
  const std::string before = area_.read("tree/a.txt");
  area_.write("tree/a.txt", "pushed down\n" + before);
  const auto changes =
      patch_changes(area_.tree, "--- a/a.txt\n+++ b/a.txt\n@@ -7,3 +7,3 @@\n line 6\n-line 7\n+seven\n line 8\n");
  ASSERT_TRUE(changes) << changes.error().message;
  EXPECT_EQ((*changes)[0].after->bytes, "pushed down\n" + replaced(before, "line 7\n", "seven\n"));
}

}  // namespace
}  // namespace strata::agent
