// SPDX-License-Identifier: Apache-2.0
// What a caller of the index relies on, in a small git repository.
#include "repo-indexer/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

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
  EXPECT_THAT(reason(*report, ""), HasSubstr("2 ignored"));
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

TEST_F(IndexTest, PlanReadsWhatIsUsedBeforeWhatUses) {
  Index index = tree_.open();
  ASSERT_TRUE(index.update());
  auto plan = index.plan();
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->files.size(), 5u);
  EXPECT_EQ(plan->files[0].path, "src/label.py");
  EXPECT_EQ(plan->files[1].path, "src/send.py");
  EXPECT_EQ(plan->files.back().path, "tests/test_send.py");
  EXPECT_THAT(plan->preamble, HasSubstr("Sends parcels."));
  EXPECT_THAT(plan->preamble, HasSubstr("src/send.py (8 lines)"));
  EXPECT_THAT(plan->preamble, HasSubstr("def print_label(label)"));
  plan = index.plan({"tests/test_send.py"});
  EXPECT_EQ(plan->files[0].path, "tests/test_send.py");
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

// The state after any edits is the one a fresh index would have.
TEST_F(IndexTest, EditsEqualAFreshIndex) {
  std::mt19937 random(7);
  Index index = tree_.open();
  const auto state = [](const Index& of) {
    std::vector<std::string> lines;
    const std::vector<File> files = *of.files();
    for (const File& file : files) {
      const std::vector<Symbol> symbols = *of.symbols(file.path);
      const std::vector<Passage> passages = *of.passages(file.path);
      lines.push_back(file.path + " " + file.blob_id);
      for (const Symbol& s : symbols) lines.push_back(s.qualified_name + s.signature + std::to_string(s.first_line));
      for (const Passage& p : passages) lines.push_back(p.symbol + std::to_string(p.first_byte));
    }
    const std::vector<Hit> hits = *of.search("label value function", 50);
    for (const Hit& hit : hits) {
      lines.push_back(hit.passage.file + std::to_string(hit.passage.first_line) +
                      std::to_string(hit.score).substr(0, 6));
    }
    return lines;
  };
  for (int round = 0; round < 8; ++round) {
    for (int edit = 0; edit < 4; ++edit) {
      const std::string path = "src/f" + std::to_string(random() % 6) + ".py";
      if (random() % 3 == 0) {
        fs::remove(tree_.root / path);
      } else {
        tree_.write(path,
                    "def label_" + std::to_string(random() % 9) + "(value):\n    # a function\n    return value\n");
      }
    }
    ASSERT_TRUE(index.update());
    auto fresh = Index::open(tree_.root, tree_.cache / ("fresh" + std::to_string(round)));
    ASSERT_TRUE(fresh && fresh->update());
    EXPECT_EQ(state(index), state(*fresh));
  }
}

}  // namespace
}  // namespace strata::repo
