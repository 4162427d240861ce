// SPDX-License-Identifier: Apache-2.0
// What a caller of the index relies on, in a small git repository.
#include "repo-indexer/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <format>
#include <random>

#include "repo-indexer/language.h"
#include "repo-indexer/terms.h"
#include "tests/unit/repo-indexer/temporary_tree.h"

namespace strata::repo {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class IndexTest : public testing::Test {
 protected:
  void SetUp() override {
    tree_.git("init");
    tree_.write("README.md", "# Parcel\n\nSends parcels.\n");
    tree_.write("src/send.py",
                "from src.label import Label\n\n\nclass Sender(Base):\n    def send_parcel(self, parcel):\n"
                "        # Retries until the courier answers.\n        label = Label(parcel)\n"
                "        return print_label(label)\n");
    tree_.write("src/label.py",
                "class Label:\n    width = 3\n\n\ndef print_label(label):\n    if label:\n        return 1\n");
    tree_.write("tests/test_send.py", "def test_send():\n    print_label(Label(1))\n    Label(2)\n");
    tree_.write(".gitignore", "build/\n*.o\n");
    tree_.write("build/out.py", "x = 1\n");
    tree_.git("add . && git -c user.name=t -c user.email=t@t commit -m first");
  }
  TemporaryTree tree_;
};

TEST_F(IndexTest, TrackedAndUntrackedButNotIgnored) {
  tree_.write("new.c", "int f(void) { return 1; }\n");
  tree_.write("x.o", "object\n");
  Index index = tree_.open();
  const auto report = index.update();
  ASSERT_TRUE(report);
  EXPECT_THAT(paths(index),
              ElementsAre(".gitignore", "README.md", "new.c", "src/label.py", "src/send.py", "tests/test_send.py"));
  EXPECT_TRUE(report->is_git);
  EXPECT_EQ(report->files, 6);
  EXPECT_EQ(report->parsed_files, 6);
  EXPECT_EQ(reason(*report, "build/"), "ignored (.gitignore)");
  EXPECT_EQ(reason(*report, "x.o"), "ignored (.gitignore)");
}

TEST_F(IndexTest, OpensFromASubfolder) {
  const auto index = Index::open(tree_.root / "src", tree_.cache);
  ASSERT_TRUE(index);
  EXPECT_EQ(index->root(), fs::canonical(tree_.root));
}

TEST_F(IndexTest, ReopeningParsesNothing) {
  {
    ASSERT_TRUE(tree_.open().update());
  }
  Index index = tree_.open();
  EXPECT_EQ(index.report()->files, 5);  // known before the tree has been looked at
  const auto report = index.update();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->parsed_files, 0);
  EXPECT_EQ(report->files, 5);
}

TEST_F(IndexTest, OnlyChangedContentIsParsedAgain) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  fs::last_write_time(tree_.root / "src/send.py", fs::file_time_type::clock::now());  // touched, not changed
  tree_.write("src/label.py", "def other():\n    return 2\n");
  fs::remove(tree_.root / "tests/test_send.py");
  const auto report = index.update();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->parsed_files, 1);
  EXPECT_EQ(report->files, 4);
  EXPECT_TRUE(index.find_symbols("print_label")->empty());
  EXPECT_EQ(index.find_symbols("other")->size(), 1u);
  EXPECT_FALSE(*index.knows_word("width"));
}

TEST_F(IndexTest, SymbolsByNameQualifiedNameAndCase) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  for (const char* name : {"send_parcel", "Sender.send_parcel", "SEND_PARCEL"}) {
    const auto found = index.find_symbols(name);
    ASSERT_TRUE(found);
    ASSERT_EQ(found->size(), 1u) << name;
    EXPECT_EQ(found->front().file, "src/send.py");
    EXPECT_EQ(found->front().first_line, 5);
  }
  EXPECT_TRUE(index.find_symbols("nothing")->empty());
}

TEST_F(IndexTest, SymbolsByTheEndOfTheirQualifiedNames) {
  tree_.write("deep.cc", "namespace a { struct B { void f() {} void F() {} }; }\nstruct CB { void f() {} };\n");
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  const auto named = [&](std::string_view name) {
    std::vector<std::string> all;
    const auto found = index.find_symbols(name);
    for (const Symbol& s : found.value()) all.push_back(s.qualified_name);
    return all;
  };
  EXPECT_THAT(named("B::f"), ElementsAre("a::B::f"));
  EXPECT_THAT(named("CB::f"), ElementsAre("CB::f"));
  EXPECT_THAT(named("b::f"), ElementsAre("a::B::f", "a::B::F"));
  EXPECT_THAT(named("x::f"), ElementsAre());
  EXPECT_THAT(named("B::"), ElementsAre());
}

TEST_F(IndexTest, ReferencesSayWhereTheyStand) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  const auto found = index.references("print_label");
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).file, "src/send.py");
  EXPECT_EQ(found->at(0).line, 8);
  EXPECT_EQ(found->at(0).enclosing, "Sender.send_parcel");
  EXPECT_EQ(found->at(0).enclosing_first_line, 5);
  const auto classes = index.subclasses("Base");
  ASSERT_TRUE(classes);
  ASSERT_EQ(classes->size(), 1u);
  EXPECT_EQ(classes->front().name, "Sender");
}

TEST_F(IndexTest, KnowsWordsWhateverTheirCase) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  for (const char* word : {"courier", "Courier", "print_label", "Label", "Sender.send_parcel"}) {
    EXPECT_TRUE(*index.knows_word(word)) << word;
  }
  for (const char* word : {"print", "retri", "zebra", "", "x = 1"}) EXPECT_FALSE(*index.knows_word(word)) << word;
}

TEST_F(IndexTest, SearchFindsByOtherFormsOfTheWords) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  const auto hits = index.search("Where is retrying the courier done?", 5);
  ASSERT_TRUE(hits);
  ASSERT_FALSE(hits->empty());
  EXPECT_EQ(hits->front().passage.symbol, "Sender.send_parcel");
  EXPECT_GT(hits->front().score, 0);
  EXPECT_TRUE(index.search("what is the?", 5)->empty());
  EXPECT_TRUE(index.search("", 5)->empty());
  EXPECT_LE(index.search("label", 1)->size(), 1u);
  EXPECT_TRUE(index.search("\"NEAR( * : ^ -- ' OR AND name:", 5));
}

TEST_F(IndexTest, SaysHowRareAWordIs) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  const auto courier = index.frequency(stems_of("couriers").front());
  ASSERT_TRUE(courier) << courier.error().message;
  EXPECT_GE(courier->passages, 1);
  EXPECT_LT(courier->passages, courier->of);
  EXPECT_EQ(index.frequency("submarine")->passages, 0);
}

TEST_F(IndexTest, KnowsWordsThatStandSideBySide) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  EXPECT_TRUE(*index.knows_phrase("print-label"));
  EXPECT_FALSE(*index.knows_phrase("label/courier"));
  EXPECT_FALSE(*index.knows_phrase(""));
}

TEST_F(IndexTest, PassagesAreTheTextOfTheFile) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  const auto file = index.file("src/send.py");
  ASSERT_TRUE(file && *file);
  const auto text = index.read_text(**file);
  ASSERT_TRUE(text);
  const auto passages = index.passages("src/send.py");
  ASSERT_TRUE(passages);
  std::string joined;
  for (const Passage& p : *passages) joined += text->substr(p.first_byte, p.last_byte - p.first_byte);
  EXPECT_EQ(joined, *text);
  EXPECT_EQ(passages->back().symbol, "Sender.send_parcel");
  EXPECT_EQ(passages->back().kind, "method");
}

TEST_F(IndexTest, TextThatHasChangedSinceIsRefused) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  const File file = **index.file("src/send.py");
  tree_.write("src/send.py", "other\n");
  const auto text = index.read_text(file);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(text.error().message, HasSubstr("src/send.py"));
}

TEST_F(IndexTest, WhatIsUsedIsReadBeforeWhatUses) {
  tree_.write("gen.py", "# @generated\ndef print_labels():\n    return 1\n\n");
  tree_.write("vendor/x.py", "def shipped():\n    return 1\n\n");
  tree_.write("src/a_user.py",
              "from src.zebra import draw_stripes\n\ndef paint():\n    draw_stripes()\n    return print_label(1)\n");
  tree_.write("src/zebra.py", "def draw_stripes():\n    return print_label(2)\n\n");
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  const auto order = [&](const std::vector<std::string>& near) {
    std::vector<std::string> all;
    for (const File& file : index.reading_order(near).value_or(std::vector<File>{})) all.push_back(file.path);
    return all;
  };
  EXPECT_THAT(order({}), ElementsAre("src/label.py", "src/zebra.py", "src/a_user.py", "src/send.py", ".gitignore",
                                     "README.md", "tests/test_send.py", "vendor/x.py", "gen.py"));
  EXPECT_EQ(order({"tests/test_send.py"})[0], "tests/test_send.py");
}

TEST_F(IndexTest, CancelledUpdateCanGoOn) {
  Index index = tree_.open();
  Cancel cancel;
  const auto stopped = index.update(
      [&](std::string_view, int64_t done, int64_t) {
        if (done == 1) cancel.request();
      },
      &cancel);
  if (!stopped) {
    EXPECT_EQ(stopped.error().kind, ErrorKind::kCancelled);
  }
  const auto report = index.update();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->files, 5);
}

TEST_F(IndexTest, ABranchSwitchBringsBackWhatWasKnown) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  tree_.git("checkout -b side");
  tree_.write("src/label.py", "def side_label():\n    return 2\n");
  fs::remove(tree_.root / "src/send.py");
  tree_.git("commit -am side");
  EXPECT_EQ(index.update()->parsed_files, 1);
  for (const char* branch : {"main", "side", "main"}) {
    tree_.git(std::string("checkout ") + branch);
    const auto report = index.update();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->parsed_files, 0) << branch;
    const bool on_main = branch == std::string_view("main");
    EXPECT_EQ(report->files, on_main ? 5 : 4);
    EXPECT_EQ(index.find_symbols("print_label")->size(), on_main ? 1u : 0u);
    EXPECT_EQ(index.find_symbols("side_label")->size(), on_main ? 0u : 1u);
    EXPECT_EQ(index.search("courier", 5)->size(), on_main ? 1u : 0u);
    EXPECT_EQ(index.references("print_label")->size(), on_main ? 2u : 1u);
  }
}

TEST_F(IndexTest, ASecondWorkTreeKnowsWhatTheFirstOneDoes) {
  ASSERT_TRUE(tree_.open().update());
  const fs::path second = tree_.root.parent_path() / "second";
  tree_.git("worktree add '" + second.string() + "'");
  std::ofstream(second / "src/label.py") << "def other():\n    return 2\n";
  auto index = Index::open(second, tree_.cache);
  ASSERT_TRUE(index) << index.error().message;
  const auto report = index->update();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->parsed_files, 1);
  EXPECT_EQ(index->find_symbols("other")->size(), 1u);
  EXPECT_TRUE(index->find_symbols("print_label")->empty());
  EXPECT_EQ(tree_.open().find_symbols("print_label")->size(), 1u);  // the first one has its own
}

TEST_F(IndexTest, MarksFollowTheAttributesWithoutANewParse) {
  tree_.write("lex.c", "/* A lexical scanner generated by flex */\nint yylex(void) { return 0; }\n");
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  EXPECT_TRUE((*index.file("lex.c"))->generated);
  EXPECT_FALSE((*index.file("src/send.py"))->generated);
  tree_.write(".gitattributes", "lex.c -linguist-generated\nsrc/send.py linguist-vendored linguist-generated\n");
  EXPECT_EQ(index.update()->parsed_files, 1);  // .gitattributes
  EXPECT_FALSE((*index.file("lex.c"))->generated);
  EXPECT_TRUE((*index.file("src/send.py"))->generated);
  EXPECT_TRUE((*index.file("src/send.py"))->vendored);
  fs::remove(tree_.root / ".gitattributes");
  EXPECT_EQ(index.update()->parsed_files, 0);
  EXPECT_TRUE((*index.file("lex.c"))->generated);
}

TEST_F(IndexTest, SecretsAreReportedAndNowhereInTheIndex) {
  const std::string token = "gh" + std::string("p_q8Zr2KdX7mWc4Tn9YbVf3Lh6PsJg1Ua5RxEo");
  const std::string text = "import os\n\nTOKEN = '" + token + "'\nafter = 1\n";
  tree_.write("src/deploy.py", text);
  {
    Index index = tree_.open();
    const auto report = index.update();
    ASSERT_TRUE(report);
    ASSERT_EQ(report->secrets.size(), 1u);
    EXPECT_EQ(report->secrets[0].path, "src/deploy.py");
    EXPECT_EQ(report->secrets[0].line, 3);
    EXPECT_EQ(report->secrets[0].kind, "GitHub token");
    const File file = **index.file("src/deploy.py");
    EXPECT_EQ(file.secrets, 1);
    const std::string read = *index.read_text(file);
    EXPECT_EQ(read.size(), text.size());
    EXPECT_EQ(read.find(token), read.npos);
    EXPECT_EQ(read.find("after"), text.find("after"));
    EXPECT_FALSE(*index.knows_word(token));
    EXPECT_TRUE(*index.knows_word("after"));
  }
  for (const auto& entry : fs::directory_iterator(tree_.cache)) {
    std::ifstream stored(entry.path(), std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(stored), {});
    std::ranges::transform(bytes, bytes.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_EQ(bytes.find(lower_case(token).substr(4)), bytes.npos) << entry.path();
  }
}

// Everything that can be asked of an index, as lines.
std::vector<std::string> state_of(const Index& of) {
  std::vector<std::string> lines;
  const IndexReport report = *of.report();
  lines.push_back(
      std::format("{} {} {} {} {}", report.files, report.lines, report.bytes, report.symbols, report.references));
  for (const Skipped& s : report.skipped) lines.push_back(s.path + ": " + s.reason);
  for (const Secret& s : report.secrets) lines.push_back(std::format("{}:{} {}", s.path, s.line, s.kind));
  const std::vector<File> files = *of.files();
  for (const File& file : files) {
    lines.push_back(std::format("{} {} {} {} {} {}", file.path, file.blob_id, file.language, file.lines, file.generated,
                                file.vendored));
    const std::vector<Symbol> symbols = *of.symbols(file.path);
    for (const Symbol& s : symbols) {
      lines.push_back(std::format("{} {} {} {} {}-{} {}", s.qualified_name, s.kind, s.signature, s.doc, s.first_line,
                                  s.last_line, s.definition));
      const std::vector<Reference> references = *of.references(s.name);
      for (const Reference& r : references)
        lines.push_back(std::format("  {}:{} {} in {}", r.file, r.line, r.kind, r.enclosing));
    }
    const std::vector<Passage> passages = *of.passages(file.path);
    for (const Passage& p : passages) lines.push_back(std::format("{} {} {}", p.symbol, p.first_byte, p.last_byte));
  }
  for (const char* query : {"label value function", "retry courier", "deploy token"}) {
    const std::vector<Hit> hits = *of.search(query, 50);
    for (const Hit& hit : hits)
      lines.push_back(std::format("{}:{} {:.4f}", hit.passage.file, hit.passage.first_line, hit.score));
  }
  return lines;
}

// The state after any edits is the one a fresh index would have.
TEST_F(IndexTest, EditsEqualAFreshIndex) {
  std::mt19937 random(7);
  const auto pick = [&](size_t n) { return random() % n; };
  Index index = tree_.open();
  const std::vector<std::string> names = {"src/f0.py",    "src/f1.py", "src/deep/f2.py", "src/f3.c",
                                          "vendor/f4.go", "f5.txt",    "src/\xFF.py"};
  const auto content = [&]() -> std::string {
    const std::string n = std::to_string(pick(5));
    switch (pick(7)) {
      case 0: return "def label_" + n + "(value):\n    # a function that retries\n    return label_0(value)\n";
      case 1: return "int label_" + n + "(int value) {\n  return label_1(value);\n}\n";
      case 2: return "// Code generated by x. DO NOT EDIT.\npackage x\n\nfunc Label" + n + "() {}\n";
      case 3: return std::string("binary\0", 7) + n;
      case 4:
        return "gr\xFC\xDF token = 'gh" + std::string("p_q8Zr2KdX7mWc4Tn9YbVf3Lh6PsJg1Ua5RxEo") + "'\n# deploy " + n +
               "\n";
      case 5: return "";
      default: return std::string(30'000, 'x') + n;
    }
  };
  const auto edit = [&] {
    const fs::path path = tree_.root / names[pick(names.size())];
    std::error_code ignored;
    switch (pick(10)) {
      case 0: fs::remove(path, ignored); break;
      case 1: fs::rename(path, tree_.root / names[pick(names.size())], ignored); break;
      case 2:
        tree_.write(".gitattributes",
                    pick(2) ? "src/* linguist-generated\n" : "*.go -linguist-generated\n*.txt binary\n");
        break;
      case 3: tree_.write(".strataignore", pick(2) ? "f5.txt\n" : "vendor/\n!build/\n"); break;
      case 4: tree_.git("add -A && git -c user.name=t -c user.email=t@t commit --allow-empty -m edit"); break;
      case 5: tree_.git("checkout -q -f HEAD~" + std::to_string(pick(2)) + " 2>/dev/null || true"); break;
      case 6: fs::last_write_time(path, fs::file_time_type::clock::now(), ignored); break;
      default: tree_.write(fs::relative(path, tree_.root).string(), content());
    }
  };
  tree_.git("add -A && git -c user.name=t -c user.email=t@t commit --allow-empty -m second");
  for (int round = 0; round < 40; ++round) {
    for (size_t i = pick(4) + 1; i-- > 0;) edit();
    if (pick(8) == 0) index = tree_.open();
    ASSERT_TRUE(index.update());
    auto fresh = Index::open(tree_.root, tree_.cache / ("fresh" + std::to_string(round)));
    ASSERT_TRUE(fresh && fresh->update());
    ASSERT_EQ(state_of(index), state_of(*fresh)) << "round " << round;
  }
}

}  // namespace
}  // namespace strata::repo
