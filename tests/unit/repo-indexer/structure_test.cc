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

  // "test calls"
  std::vector<std::string> tests(std::string_view name) {
    auto index = Index::open(tree_.root, tree_.cache);
    EXPECT_TRUE(index->update());
    std::vector<std::string> names;
    const auto found = tests_of(*index, index->find_symbols(name).value().at(0)).value();
    for (const TouchingTest& t : found) names.push_back(std::format("{} {}", t.test.qualified_name, t.calls));
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

TEST_F(Structure, ATestThatCallsTheBaseClassRunsIntoWhatOverridesIt) {
  tree_.write("shapes.h",
              "struct Shape { virtual double area() const = 0; };\n"
              "struct Box : Shape { double area() const override; };\n"
              "struct Cube : Box { double area() const override; double other() const; };\n"
              "struct Alien { double area() const; };\n");
  tree_.write("shapes.cc",
              "#include \"shapes.h\"\n"
              "double Box::area() const { return 1; }\n"
              "double Cube::area() const { return 6; }\n"
              "double Alien::area() const { return 0; }\n"
              "double total(const Shape& shape) { return shape.area(); }\n");
  tree_.write("tests/shapes_test.cc",
              "#include \"../shapes.h\"\n"
              "double total(const Shape& shape);\n"
              "TEST(Shapes, Total) { total(Cube()); }\n"
              "TEST(Shapes, Direct) { Cube cube; cube.area(); }\n");
  EXPECT_THAT(tests("Cube::area"), ElementsAre("Shapes::Direct 1", "Shapes::Total 2"));
  EXPECT_THAT(tests("Box::area"), ElementsAre("Shapes::Total 2"));
  EXPECT_THAT(tests("Shape::area"), ElementsAre("Shapes::Total 2"));
  EXPECT_THAT(tests("Alien::area"), IsEmpty());
}

TEST_F(Structure, ATestThatCallsAnInterfaceRunsIntoWhatImplementsIt) {
  tree_.write("src/Store.java", "package a;\npublic interface Store {\n  void save(String text);\n}\n");
  tree_.write("src/DiskStore.java",
              "package a;\n"
              "public class DiskStore implements Store {\n"
              "  @Override public void save(String text) { }\n"
              "}\n");
  tree_.write("src/Service.java",
              "package a;\n"
              "public class Service {\n"
              "  private final Store store;\n"
              "  public Service(Store store) { this.store = store; }\n"
              "  public void run() { store.save(\"x\"); }\n"
              "}\n");
  tree_.write("test/ServiceTest.java",
              "package a;\n"
              "class ServiceTest {\n"
              "  @Test void runs() { Service service = new Service(null); service.run(); }\n"
              "}\n");
  EXPECT_THAT(tests("DiskStore.save"), ElementsAre(testing::HasSubstr("ServiceTest.runs 2")));
}

TEST_F(Structure, ATestOfObjectsOfUnknownTypeRunsIntoEveryOverride) {
  tree_.write("shapes.py",
              "class Shape:\n"
              "    def area(self):\n"
              "        raise NotImplementedError\n"
              "class Box(Shape):\n"
              "    def area(self):\n"
              "        return 1\n"
              "class Ball(Shape):\n"
              "    def area(self):\n"
              "        return 2\n"
              "class Cone(Shape):\n"
              "    def area(self):\n"
              "        return 3\n"
              "def total(shapes):\n"
              "    return sum(shape.area() for shape in shapes)\n");
  tree_.write("test_shapes.py",
              "from shapes import total\n"
              "def test_total():\n"
              "    assert total([]) == 0\n");
  EXPECT_THAT(tests("Ball.area"), ElementsAre("test_total 2"));
  EXPECT_THAT(chain("test_total", "Ball.area"), ElementsAre("test_total 0", "total 3", "Ball.area 14"));
}

}  // namespace
}  // namespace strata::repo
