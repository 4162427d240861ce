// SPDX-License-Identifier: Apache-2.0
// Chains of calls in small repositories.
#include "repo-indexer/structure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>

#include "temporary_tree.h"

namespace strata::repo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Structure : public testing::Test {
 protected:
  void SetUp() override { tree_.git("init"); }

  std::vector<std::string> chain(std::string_view from, std::string_view to) {
    auto index = Index::open(tree_.root, tree_.cache);
    EXPECT_TRUE(index->update());
    std::vector<std::string> names;
    const auto first = index->find_symbols(from).value(), last = index->find_symbols(to).value();
    const auto found = call_path(*index, first.at(0), last.at(0)).value();
    for (const CallStep& step : found)
      names.push_back(std::format("{} {}", step.symbol.qualified_name, step.call.line));
    return names;
  }

  TemporaryTree tree_;
};

TEST_F(Structure, TheCallOfAMethodMayRunWhatOverridesIt) {
  tree_.write("run.cc",
              "struct Runner { virtual void start() = 0; };\n"
              "struct Local : Runner { void start() override; };\n"
              "struct Fast : Local { void start() override; };\n"
              "void launch() {}\n"
              "void Fast::start() { launch(); }\n"
              "void Local::start() {}\n"
              "struct Builder { std::auto_ptr<Runner> runner_; void build(); };\n"
              "void Builder::build() {\n"
              "  runner_->start(); }\n");
  EXPECT_THAT(chain("Builder::build", "launch"), ElementsAre("Builder::build 0", "Fast::start 9", "launch 5"));
  EXPECT_THAT(chain("launch", "Builder::build"), IsEmpty());
}

TEST_F(Structure, AMethodHandsOnToTheMethodOfItsNameOfAnotherObject) {
  tree_.write("session.py",
              "from adapter import Adapter\n"
              "class Session:\n"
              "    def send(self, request):\n"
              "        adapter = self.find(request)\n"
              "        return adapter.send(request)\n");
  tree_.write("adapter.py",
              "def connect():\n"
              "    pass\n"
              "class Adapter:\n"
              "    def send(self, request):\n"
              "        connect()\n");
  EXPECT_THAT(chain("Session.send", "connect"), ElementsAre("Session.send 0", "Adapter.send 5", "connect 5"));
}

}  // namespace
}  // namespace strata::repo
