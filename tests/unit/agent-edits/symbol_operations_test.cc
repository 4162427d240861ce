// SPDX-License-Identifier: Apache-2.0
// Operations over several files, on small trees written as text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "agent/edits/add_parameter.h"
#include "agent/edits/delete_symbol.h"
#include "agent/edits/move_symbol.h"
#include "agent/edits/rename.h"
#include "tests/unit/repo-indexer/temporary_tree.h"

namespace strata::agent {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Tree {
  explicit Tree(const std::map<std::string, std::string>& files) {
    for (const auto& [path, text] : files) tree.write(path, text);
    const auto done = index.update();
    EXPECT_TRUE(done) << done.error().message;
  }
  Sources sources() {
    return {index, [this](const std::string& path) -> Result<std::string> {
              std::ifstream in(tree.root / path, std::ios::binary);
              if (!in) return fail(ErrorKind::kNotFound, path + " does not exist");
              std::ostringstream bytes;
              bytes << in.rdbuf();
              return bytes.str();
            }};
  }
  repo::TemporaryTree tree;
  repo::Index index = tree.open();
};

std::string text_of(const Result<Change>& change, const std::string& path) {
  if (!change) return "refused: " + change.error().message;
  for (const TextChange& f : change->files) {
    if (f.path == path) return f.after.value_or("gone");
  }
  return "unchanged";
}

TEST(Rename, FollowsReferencesAndLeavesCommentsStringsAndLocals) {
  Tree t({{"lib.py", "def load(path):\n    return path\n\n\n__all__ = [\"load\"]\n"},
          {"use.py",
           "from lib import load\n\n\ndef run():\n    # load it\n    return load('load')\n\n\ndef other(load):\n    "
           "return load\n"},
          {"far.py", "def run(x):\n    return x.load()\n"}});
  const auto change = rename_symbol(t.sources(), "load", "read_it");
  EXPECT_EQ(text_of(change, "lib.py"), "def read_it(path):\n    return path\n\n\n__all__ = [\"read_it\"]\n");
  EXPECT_EQ(text_of(change, "use.py"),
            "from lib import read_it\n\n\ndef run():\n    # load it\n    return read_it('load')\n\n\ndef "
            "other(load):\n    return load\n");
  EXPECT_EQ(text_of(change, "far.py"), "unchanged");
  ASSERT_TRUE(change);
  EXPECT_EQ(change->mentions.size(), 2u) << describe(*change);
}

TEST(Rename, OverloadsQualifiedNamesAndOverridesInCpp) {
  Tree t(
      {{"shape.h",
        "#pragma once\nnamespace geo {\nclass Shape {\n public:\n  virtual double area_of() const;\n  void "
        "scale_by(int factor);\n  void scale_by(int x, int y);\n};\n"
        "class Square : public Shape {\n public:\n  double area_of() const override;\n};\n}\n"},
       {"shape.cc",
        "#include \"shape.h\"\nnamespace geo {\ndouble Shape::area_of() const { return 0; }\ndouble Square::area_of() "
        "const { return Shape::area_of(); }\n"
        "void Shape::scale_by(int factor) { scale_by(factor, factor); }\nvoid Shape::scale_by(int x, int y) {}\n}\n"},
       {"main.cc",
        "#include \"shape.h\"\nint main() {\n  geo::Square s;\n  s.area_of();\n  s.scale_by(2);\n  s.scale_by(2, "
        "3);\n}\n"}});
  const auto area = rename_symbol(t.sources(), "geo::Shape::area_of", "surface");
  EXPECT_THAT(text_of(area, "shape.h"), HasSubstr("double surface() const override;"));
  EXPECT_THAT(text_of(area, "shape.cc"), HasSubstr("double Square::surface() const { return Shape::surface(); }"));
  EXPECT_THAT(text_of(area, "main.cc"), HasSubstr("s.surface();"));
  const auto overloads = rename_symbol(t.sources(), "scale_by", "grow");
  EXPECT_THAT(text_of(overloads, "shape.h"), HasSubstr("void grow(int factor);\n  void grow(int x, int y);"));
  EXPECT_THAT(text_of(delete_symbol(t.sources(), "scale_by"), ""), HasSubstr("say which one as file:line:"));
  const auto one = rename_symbol(t.sources(), "shape.cc:6", "grow");
  EXPECT_THAT(text_of(one, "shape.h"), HasSubstr("void scale_by(int factor);\n  void grow(int x, int y);"));
  EXPECT_THAT(
      text_of(one, "shape.cc"),
      HasSubstr("void Shape::scale_by(int factor) { grow(factor, factor); }\nvoid Shape::grow(int x, int y) {}"));
  EXPECT_THAT(text_of(one, "main.cc"), HasSubstr("s.scale_by(2);\n  s.grow(2, 3);"));
}

TEST(Rename, ClassesWithTheirConstructors) {
  Tree t({{"a.h", "class Widget {\n public:\n  Widget();\n  ~Widget();\n};\nWidget* make_widget();\n"},
          {"a.cc",
           "#include \"a.h\"\nWidget::Widget() {}\nWidget::~Widget() {}\nWidget* make_widget() { return new Widget(); "
           "}\n"}});
  const auto change = rename_symbol(t.sources(), "Widget", "Gadget");
  EXPECT_EQ(text_of(change, "a.h"),
            "class Gadget {\n public:\n  Gadget();\n  ~Gadget();\n};\nGadget* make_widget();\n");
  EXPECT_EQ(
      text_of(change, "a.cc"),
      "#include \"a.h\"\nGadget::Gadget() {}\nGadget::~Gadget() {}\nGadget* make_widget() { return new Gadget(); }\n");
}

TEST(Rename, UncertainPlacesAreListedAndTakenNamesRefused) {
  Tree t({{"a.py",
           "class A:\n    def go(self):\n        return 1\n\n\nclass B:\n    def go(self):\n        return 2\n\n    "
           "def stop(self):\n        return self.go()\n\n\ndef run(x):\n    return x.go()\n"}});
  const auto change = rename_symbol(t.sources(), "B.go", "walk");
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_THAT(text_of(change, "a.py"), HasSubstr("return self.walk()"));
  EXPECT_THAT(text_of(change, "a.py"), HasSubstr("return x.go()"));
  ASSERT_EQ(change->uncertain.size(), 1u) << describe(*change);
  EXPECT_EQ(change->uncertain[0].line, 15);
  EXPECT_THAT(text_of(rename_symbol(t.sources(), "B.go", "stop"), ""), HasSubstr("B.stop exists already, at a.py:10"));
  EXPECT_THAT(text_of(rename_symbol(t.sources(), "B.go", "to stop"), ""), HasSubstr("is no name"));
  EXPECT_THAT(text_of(rename_symbol(t.sources(), "C", "D"), ""), HasSubstr("no symbol is called"));
}

TEST(Rename, StubsAndDoctestsFollow) {
  Tree t({{"lib.py",
           "def split_at(x):\n    \"\"\"Splits.\n\n    >>> split_at(1)\n    split_at it\n    \"\"\"\n    return x\n"},
          {"lib.pyi", "def split_at(x: int) -> int: ...\n"}});
  const auto change = rename_symbol(t.sources(), "split_at", "cut_at");
  EXPECT_EQ(text_of(change, "lib.py"),
            "def cut_at(x):\n    \"\"\"Splits.\n\n    >>> cut_at(1)\n    split_at it\n    \"\"\"\n    return x\n");
  EXPECT_EQ(text_of(change, "lib.pyi"), "def cut_at(x: int) -> int: ...\n");
}

TEST(Rename, StaticFunctionsOfOtherFilesAreOthers) {
  Tree t({{"a.c", "static int help(int x) { return x; }\nint a(void) { return help(1); }\n"},
          {"b.c", "static int help(int x) { return -x; }\nint b(void) { return help(1); }\n"}});
  EXPECT_THAT(text_of(rename_symbol(t.sources(), "help", "assist"), ""),
              HasSubstr("say which one as file:line:\n  a.c:1 function help\n  b.c:1 function help"));
  const auto change = rename_symbol(t.sources(), "b.c:1", "assist");
  EXPECT_EQ(text_of(change, "a.c"), "unchanged");
  EXPECT_EQ(text_of(change, "b.c"), "static int assist(int x) { return -x; }\nint b(void) { return assist(1); }\n");
}

TEST(Delete, OnlyWhatNothingUses) {
  Tree t({{"a.h", "int used(void);\n/* Not used. */\nint unused(void);\n"},
          {"a.c",
           "#include \"a.h\"\nint used(void) { return 1; }\n\n/* Not used. */\nint unused(void) { return used(); "
           "}\n\nint main(void) { return used(); }\n"}});
  EXPECT_THAT(text_of(delete_symbol(t.sources(), "used"), ""),
              HasSubstr("used is still used in 2 places; change those first"));
  const auto change = delete_symbol(t.sources(), "unused");
  EXPECT_EQ(text_of(change, "a.h"), "int used(void);\n");
  EXPECT_EQ(text_of(change, "a.c"),
            "#include \"a.h\"\nint used(void) { return 1; }\n\nint main(void) { return used(); }\n");
}

TEST(Move, PythonWithImportsAndImporters) {
  Tree t({{"pkg/__init__.py", ""},
          {"pkg/a.py",
           "\"\"\"A.\"\"\"\nimport os\nimport sys\n\nLIMIT = 3\n\n\n# Joins.\ndef join(x):\n    return os.path.join(x, "
           "str(LIMIT))\n\n\ndef other():\n    return sys.path\n"},
          {"pkg/b.py", "\"\"\"B.\"\"\"\nimport re\n\n\ndef match(x):\n    return re.match('a', x)\n"},
          {"use.py", "from pkg.a import join, other\n\nprint(join('a'), other())\n"}});
  const auto change = move_symbol(t.sources(), "join", "pkg/b.py");
  EXPECT_EQ(text_of(change, "pkg/a.py"),
            "\"\"\"A.\"\"\"\nimport os\nimport sys\n\nLIMIT = 3\n\n\ndef other():\n    return sys.path\n");
  EXPECT_EQ(text_of(change, "pkg/b.py"),
            "\"\"\"B.\"\"\"\nimport re\nimport os\nfrom pkg.a import LIMIT\n\n\ndef match(x):\n    return "
            "re.match('a', x)\n\n\n# Joins.\ndef join(x):\n    return os.path.join(x, str(LIMIT))\n");
  EXPECT_EQ(text_of(change, "use.py"),
            "from pkg.a import other\nfrom pkg.b import join\n\nprint(join('a'), other())\n");
}

TEST(Move, ImportListsKeepTheirForm) {
  Tree t({{"a.py", "def one():\n    return 1\n\n\ndef two():\n    return 2\n"},
          {"b.py", "x = 1\n"},
          {"use.py",
           "from a import (\n    one,\n    two,\n)\nfrom a import two as zwei, one as eins\nprint(one(), two(), "
           "eins(), zwei())\n"}});
  EXPECT_EQ(text_of(move_symbol(t.sources(), "one", "b.py"), "use.py"),
            "from a import (\n    two,\n)\nfrom b import one\nfrom a import two as zwei\nfrom b import one as "
            "eins\nprint(one(), two(), eins(), zwei())\n");
  EXPECT_EQ(text_of(move_symbol(t.sources(), "two", "b.py"), "use.py"),
            "from a import (\n    one,\n)\nfrom b import two\nfrom a import one as eins\nfrom b import two as "
            "zwei\nprint(one(), two(), eins(), zwei())\n");
}

TEST(Move, PythonRefusesImportsInACircle) {
  Tree t(
      {{"a.py", "def base():\n    return 1\n\n\ndef top():\n    return base()\n\n\ndef user():\n    return top()\n"}});
  EXPECT_THAT(text_of(move_symbol(t.sources(), "top", "b.py"), ""), HasSubstr("the two files would import each other"));
  const auto change = move_symbol(t.sources(), "base", "b.py");
  EXPECT_EQ(text_of(change, "b.py"), "def base():\n    return 1\n");
  EXPECT_EQ(text_of(change, "a.py"),
            "from b import base\ndef top():\n    return base()\n\n\ndef user():\n    return top()\n");
}

TEST(Move, CppWithIncludesAndNamespace) {
  Tree t({{"u.h", "#pragma once\nnamespace u {\nint twice(int x);\nint thrice(int x);\n}\n"},
          {"u.cc",
           "#include \"u.h\"\n#include <cstdlib>\nnamespace u {\n// Two.\nint twice(int x) { return std::abs(2 * x); "
           "}\nint thrice(int x) { return twice(x) + x; }\n}  // namespace u\n"},
          {"v.cc", "#include <string>\n\nnamespace u {\nint other() { return 1; }\n}  // namespace u\n"}});
  const auto change = move_symbol(t.sources(), "twice", "v.cc");
  EXPECT_EQ(text_of(change, "u.cc"),
            "#include \"u.h\"\n#include <cstdlib>\nnamespace u {\nint thrice(int x) { return twice(x) + x; }\n}  // "
            "namespace u\n");
  const std::string there = text_of(change, "v.cc");
  EXPECT_THAT(there, HasSubstr("#include <string>\n#include \"u.h\"\n#include <cstdlib>\n"));
  EXPECT_THAT(
      there,
      HasSubstr(
          "int other() { return 1; }\n\n// Two.\nint twice(int x) { return std::abs(2 * x); }\n\n}  // namespace u\n"));
}

TEST(Move, CLeavesADeclarationBehind) {
  Tree t({{"a.c",
           "#include <stdio.h>\nstatic int helper(int x)\n{\n    return x + 1;\n}\n\nint main(void)\n{\n    return "
           "helper(1);\n}\n"},
          {"b.c", "int b;\n"}});
  const auto change = move_symbol(t.sources(), "helper", "b.c");
  EXPECT_EQ(text_of(change, "a.c"),
            "#include <stdio.h>\nint helper(int x);\n\nint main(void)\n{\n    return helper(1);\n}\n");
  EXPECT_EQ(text_of(change, "b.c"), "#include <stdio.h>\nint b;\n\nint helper(int x)\n{\n    return x + 1;\n}\n");
}

TEST(AddParameter, WithDefaultPassedOn) {
  Tree t({{"a.py",
           "def fetch(url, **more):\n    return send(url)\n\n\ndef send(url):\n    return url\n\n\ndef main():\n    "
           "fetch('x')\n"}});
  const auto change = add_parameter(t.sources(), "fetch", {"timeout=None", "", {"send"}, false});
  EXPECT_EQ(text_of(change, "a.py"),
            "def fetch(url, timeout=None, **more):\n    return send(url, timeout=timeout)\n\n\ndef send(url, "
            "timeout=None):\n    return url\n\n\ndef main():\n    fetch('x')\n");
  EXPECT_THAT(text_of(add_parameter(t.sources(), "send", {"depth", "", {}, false}), ""),
              HasSubstr("callers of send have to pass a value for depth"));
  EXPECT_THAT(text_of(add_parameter(t.sources(), "send", {"depth", "1", {}, false}), "a.py"),
              HasSubstr("return send(url, depth=1)"));
}

TEST(AddParameter, CppDeclaresTheDefaultOnce) {
  Tree t({{"a.h", "int walk(int x);\n"},
          {"a.cc", "#include \"a.h\"\nint walk(int x) { return x; }\nint main() { return walk(1); }\n"}});
  const auto change = add_parameter(t.sources(), "walk", {"int depth = 0", "", {}, false});
  EXPECT_EQ(text_of(change, "a.h"), "int walk(int x, int depth = 0);\n");
  EXPECT_EQ(text_of(change, "a.cc"),
            "#include \"a.h\"\nint walk(int x, int depth) { return x; }\nint main() { return walk(1); }\n");
  EXPECT_THAT(text_of(add_parameter(t.sources(), "walk", {"int depth", "2", {}, false}), "a.cc"),
              HasSubstr("return walk(1, 2);"));
}

}  // namespace
}  // namespace strata::agent
