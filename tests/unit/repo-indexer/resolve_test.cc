// SPDX-License-Identifier: Apache-2.0
// What references mean, in small repositories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>

#include "repo-indexer/index.h"
#include "temporary_tree.h"

namespace strata::repo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Resolve : public testing::Test {
 protected:
  void SetUp() override { tree_.git("init"); }

  void index() {
    index_.emplace(Index::open(tree_.root, tree_.cache).value());
    ASSERT_TRUE(index_->update());
  }

  // The only definition at file:line.
  Symbol at(std::string_view file, int line) {
    const auto symbol = index_->symbol_at(file, line).value();
    EXPECT_TRUE(symbol) << file << ":" << line;
    return symbol.value_or(Symbol{});
  }

  std::vector<std::string> references(std::string_view file, int line, double least = 0) {
    std::vector<std::string> places;
    const auto found = index_->references(at(file, line)).value();
    for (const Reference& r : found) {
      if (r.confidence >= least) places.push_back(std::format("{}:{} {}", r.file, r.line, r.kind));
    }
    return places;
  }

  static std::vector<std::string> names(const std::vector<Relation>& relations) {
    std::vector<std::string> all;
    for (const Relation& r : relations) {
      all.push_back(std::format("{}{}", r.symbol.id ? r.symbol.qualified_name : r.symbol.name + r.symbol.file,
                                r.symbol.id ? "" : "?"));
    }
    return all;
  }

  TemporaryTree tree_;
  std::optional<Index> index_;
};

TEST_F(Resolve, AnAbsoluteImportIsNotTheFileBesideIt) {
  tree_.write("src/pkg/__init__.py", "");
  tree_.write("src/pkg/typing.py", "Route = str\n");
  tree_.write("src/pkg/app.py",
              "import typing\nfrom typing import Any\nfrom . import typing as ft\nimport pkg.typing\n");
  index();
  std::vector<std::string> targets;
  const auto imports = index_->includes("src/pkg/app.py").value();
  for (const Import& i : imports) targets.push_back(std::format("{} {}", i.line, i.target));
  EXPECT_THAT(targets,
              ElementsAre("1 ", "2 ", "2 ", "3 src/pkg/__init__.py", "3 src/pkg/typing.py", "4 src/pkg/typing.py"));
}

TEST_F(Resolve, AMethodIsToldFromOthersOfItsNameByItsObject) {
  tree_.write("shapes.h",
              "struct Circle { double area(); };\n"
              "struct Square { double area(); };\n");
  tree_.write("use.cc",
              "#include \"shapes.h\"\n"
              "double f(Circle& c, std::unique_ptr<Square> s) { return c.area() + \n"
              "  s->area(); }\n"
              "double g(std::vector<int> v) { return v.area(); }\n"
              "double Circle::area() { return 1; }\n");
  index();
  EXPECT_THAT(references("shapes.h", 2, 0.5), ElementsAre("use.cc:3 call"));
  // The declaration and the definition are one.
  const Symbol square = index_->find_symbols("Square::area").value().at(0);
  EXPECT_THAT(names(index_->callers(square).value()), ElementsAre("f"));
  const auto circles = index_->find_symbols("Circle::area").value();
  for (const Symbol& circle : circles) {
    const auto callers = index_->callers(circle).value();
    EXPECT_THAT(names(callers), ElementsAre("f"));
    EXPECT_EQ(callers.at(0).reference.line, 2);
    EXPECT_GT(callers.at(0).reference.confidence, 0.9);
  }
}

TEST_F(Resolve, FunctionsOfOneNameAreToldApartByScopeImportAndArguments) {
  tree_.write("a.h", "namespace a { void run(int x); void run(int x, int y); }\n");
  tree_.write("b.h", "namespace b { void run(int x); }\n");
  tree_.write("use.cc",
              "#include \"a.h\"\n"
              "namespace a { void inside() { run(1); } }\n"
              "void outside() {\n"
              "  b::run(2);\n"
              "  a::run(1, 2);\n"
              "}\n");
  index();
  const auto runs = index_->find_symbols("run").value();
  ASSERT_EQ(runs.size(), 3U);
  std::map<std::string, std::vector<std::string>> callers;
  for (const Symbol& s : runs) callers[s.signature + " in " + s.file] = names(index_->callers(s).value());
  EXPECT_THAT(callers["void run(int x) in a.h"], ElementsAre("a::inside"));
  EXPECT_THAT(callers["void run(int x, int y) in a.h"], ElementsAre("outside"));
  EXPECT_THAT(callers["void run(int x) in b.h"], ElementsAre("outside"));
}

TEST_F(Resolve, PythonNamesComeFromTheirImports) {
  tree_.write("pkg/__init__.py", "from .core import run\n");
  tree_.write("pkg/core.py", "def run():\n    pass\n\n\nclass Base:\n    def step(self):\n        pass\n");
  tree_.write("pkg/other.py", "def run():\n    pass\n");
  tree_.write("use.py",
              "from pkg.core import run as go, Base\n"
              "from pkg import other\n"
              "import pkg\n"
              "class Mine(Base):\n"
              "    def all(self, run):\n"
              "        go()\n"
              "        other.run()\n"
              "        pkg.run()\n"
              "        run()\n"
              "        self.step()\n");
  index();
  EXPECT_THAT(references("pkg/core.py", 1),
              ElementsAre("pkg/__init__.py:1 import", "use.py:1 import", "use.py:6 call", "use.py:8 call"));
  EXPECT_THAT(references("pkg/other.py", 1), ElementsAre("use.py:7 call"));
  EXPECT_THAT(references("pkg/core.py", 6), ElementsAre("use.py:10 call"));
  EXPECT_THAT(names(index_->subclasses(at("pkg/core.py", 5)).value()), ElementsAre("Mine"));
  EXPECT_THAT(names(index_->callees(at("use.py", 5)).value()), ElementsAre("run", "run", "run", "run?", "Base.step"));
}

TEST_F(Resolve, CallsOfWhatIsNotHereKeepTheirName) {
  tree_.write("a.py", "import os\n\ndef f():\n    os.remove('x')\n    missing()\n");
  tree_.write("b.py", "def remove(path):\n    pass\n");
  index();
  EXPECT_THAT(names(index_->callees(at("a.py", 3)).value()), ElementsAre("remove?", "missing?"));
  EXPECT_THAT(references("b.py", 1), IsEmpty());
}

TEST_F(Resolve, IncludesKnowTheirFiles) {
  tree_.write("include/lib/a.h", "#include <vector>\n#include \"b.h\"\n");
  tree_.write("include/lib/b.h", "int b();\n");
  tree_.write("src/a.cc", "#include <lib/a.h>\n");
  tree_.write("web/main.ts", "import {x} from './lib';\nimport y from 'react';\n");
  tree_.write("web/lib/index.ts", "export const x = () => 1;\n");
  index();
  const auto of = [&](std::string_view path) {
    std::vector<std::string> all;
    const auto includes = index_->includes(path).value();
    for (const Import& i : includes) all.push_back(std::format("{} -> {}", i.line, i.target));
    return all;
  };
  EXPECT_THAT(of("include/lib/a.h"), ElementsAre("1 -> ", "2 -> include/lib/b.h"));
  EXPECT_THAT(of("src/a.cc"), ElementsAre("1 -> include/lib/a.h"));
  const auto back = index_->included_by("include/lib/b.h").value();
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].file, "include/lib/a.h");
  EXPECT_EQ(of("web/main.ts").at(0), "1 -> web/lib/index.ts");
}

// An edit of one file changes what the references of another mean.
TEST_F(Resolve, FollowsEdits) {
  tree_.write("a.h", "void run();\n");
  tree_.write("use.cc", "#include \"a.h\"\nvoid f() { run(); }\n");
  index();
  EXPECT_THAT(references("a.h", 1), ElementsAre("use.cc:2 call"));
  tree_.write("a.h", "// moved\nvoid run();\nvoid other();\n");
  ASSERT_TRUE(index_->update());
  EXPECT_THAT(references("a.h", 2), ElementsAre("use.cc:2 call"));
  EXPECT_EQ(index_->includes("use.cc").value().at(0).target, "a.h");
  std::filesystem::rename(tree_.root / "a.h", tree_.root / "b.h");
  ASSERT_TRUE(index_->update());
  EXPECT_EQ(index_->includes("use.cc").value().at(0).target, "");
  EXPECT_THAT(references("b.h", 2), ElementsAre("use.cc:2 call"));  // still the only one of this name
}

TEST_F(Resolve, ATestIsNotTheFunctionItIsNamedAfter) {
  tree_.write("lexer.h", "class Lexer {\n public:\n  bool Error(int a);\n};\n");
  tree_.write("lexer_test.cc", "#include \"lexer.h\"\nTEST(Lexer, Error) { Lexer lexer; lexer.Error(1); }\n");
  index();
  EXPECT_THAT(references("lexer.h", 3, 0.9), ElementsAre("lexer_test.cc:2 call"));
  EXPECT_THAT(references("lexer_test.cc", 2), IsEmpty());
}

TEST_F(Resolve, ArgumentsInAListAreHandedOnByWhatTakesThemOneByOne) {
  tree_.write("util.c",
              "void Error(const char* text, va_list list) {}\n"
              "void Error(const char* text, ...) {\n"
              "  Error(text, list); }\n"
              "void f(void) { Error(\"%d\", 1); }\n");
  index();
  EXPECT_THAT(references("util.c", 1), ElementsAre("util.c:3 call"));
  EXPECT_THAT(references("util.c", 2), ElementsAre("util.c:4 call"));
}

TEST_F(Resolve, ADeclarationInsideAnIncludeGuardUsesNothing) {
  tree_.write("node.h", "#pragma once\nstruct Node {\n  int a;\n};\n");
  tree_.write("graph.h", "#ifndef GRAPH_H\n#define GRAPH_H\nclass Other;\nstruct Node;\nvoid f(Node* node);\n#endif\n");
  index();
  EXPECT_THAT(references("node.h", 2), ElementsAre("graph.h:5 type"));
}

}  // namespace
}  // namespace strata::repo
