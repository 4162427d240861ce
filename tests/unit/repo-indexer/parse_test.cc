// SPDX-License-Identifier: Apache-2.0
// Names, kinds, ranges and references in a small sample of every language.
#include "repo-indexer/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <format>
#include <fstream>
#include <sstream>

#include "repo-indexer/index.h"
#include "repo-indexer/syntax.h"
#include "tests/unit/repo-indexer/parsed_symbols.h"

namespace strata::repo {
namespace {

using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;

struct Sample {
  std::string text;
  ParsedFile file;
  std::vector<std::string> symbols, references;  // "kind name first-last", "kind name in symbol"

  // Of the first reference of this kind and name.
  std::string qualifier(std::string_view kind_and_name) const {
    for (const ParsedReference& r : file.references) {
      if (r.kind + " " + r.name == kind_and_name) return r.qualifier;
    }
    return "no " + std::string(kind_and_name);
  }

  const ParsedSymbol& symbol(std::string_view qualified_name) const {
    for (const ParsedSymbol& s : file.symbols) {
      if (s.qualified_name == qualified_name && s.definition) return s;
    }
    static const ParsedSymbol kNone;
    ADD_FAILURE() << "no symbol " << qualified_name;
    return kNone;
  }
};

Sample parse(const std::string& name, std::string_view language) {
  std::ifstream in(std::string(SAMPLES) + "/" + name);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(detect_language(name, text.str()), language);
  Grammars grammars;
  const Grammar* grammar = grammars.find(language);
  Sample sample;
  sample.text = text.str();
  if (!grammar || !grammar->error.empty()) {
    ADD_FAILURE() << "the queries of " << language << " are wrong: " << (grammar ? grammar->error : "no grammar");
    return sample;
  }
  for (const Grammar::Meaning& capture : grammar->captures) {
    const bool symbol = capture.capture == Capture::kDefinition || capture.capture == Capture::kDeclaration;
    EXPECT_TRUE(!symbol || std::ranges::contains(kSymbolKinds, capture.kind)) << capture.kind;
  }
  sample.file = Parser().parse(*grammar, text.str());
  for (const ParsedSymbol& s : sample.file.symbols) {
    sample.symbols.push_back(std::format("{}{} {} {}-{}", s.definition ? "" : "declared ", s.kind, s.qualified_name,
                                         s.first_line, s.last_line));
  }
  for (const ParsedReference& r : sample.file.references) {
    sample.references.push_back(std::format("{} {} in {}", r.kind, r.name,
                                            r.enclosing < 0 ? "-" : sample.file.symbols[r.enclosing].qualified_name));
  }
  return sample;
}

TEST(Parse, C) {
  const Sample s = parse("sample.c", "c");
  EXPECT_THAT(s.symbols, IsSupersetOf({"macro LIMIT 2-2", "struct Point 4-6", "variable Point::x 5-5",
                                       "variable Point::y 5-5", "enum color 7-7", "enumerator color::RED 7-7",
                                       "type compare_fn 8-8", "variable counter 9-9", "declared function add 10-10",
                                       "function add 13-16", "function name_of 17-20"}));
  EXPECT_THAT(s.symbols, Not(Contains(testing::HasSubstr("local"))));
  EXPECT_EQ(s.symbol("add").signature, "int add(int a, int b)");
  EXPECT_EQ(s.symbol("add").doc, "Adds two numbers. The second line.");
  EXPECT_EQ(s.symbol("add").lead_line, 11);
  EXPECT_EQ(s.symbol("Point").doc, "A point in the plane.");
  EXPECT_THAT(s.references, IsSupersetOf({"import stdio.h in -", "call printf in name_of", "call add in name_of"}));
}

TEST(Parse, CSplitByThePreprocessor) {
  const Sample s = parse("split.c", "c");
  EXPECT_THAT(s.symbols, IsSupersetOf({"declared function whole 4-4", "function run 9-34", "function width 37-37",
                                       "function width 39-39", "function after 42-42", "function chosen 44-57",
                                       "function last 59-70"}));
  EXPECT_THAT(s.references,
              IsSupersetOf({"call ready in run", "call step in run", "call last in run", "call finish in run",
                            "call wide in width", "call narrow in width", "call run in after"}));
  EXPECT_THAT(s.references, Not(Contains("call never in run")));
  EXPECT_EQ(syntax_errors("split.c", s.text)->size(), 0u);
}

TEST(Parse, Cpp) {
  const Sample s = parse("sample.cc", "cpp");
  EXPECT_THAT(
      s.symbols,
      IsSupersetOf({"namespace shapes 2-21", "enum shapes::Kind 3-3", "enumerator shapes::Kind::kRound 3-3",
                    "class shapes::Base 4-8", "declared method shapes::Base::area 7-7", "class shapes::Circle 10-18",
                    "method shapes::Circle::Circle 13-13", "declared method shapes::Circle::area 14-14",
                    "method shapes::Circle::operator< 15-15", "variable shapes::Circle::radius_ 17-17",
                    "constant shapes::kSides 19-19", "type shapes::Number 20-20", "method shapes::Circle::area 22-25",
                    "method shapes::Base::~Base 26-26"}));
  EXPECT_EQ(s.symbol("shapes::Circle").doc, "A circle.");
  EXPECT_EQ(s.symbol("shapes::Circle::area").name, "area");
  EXPECT_THAT(s.references,
              IsSupersetOf({"import base.h in -", "inherit Base in shapes::Circle", "inherit Tag in shapes::Circle",
                            "call square in shapes::Circle::area", "call sqrt in shapes::Circle::area"}));
}

TEST(Parse, Python) {
  const Sample s = parse("sample.py", "python");
  EXPECT_THAT(s.symbols,
              IsSupersetOf({"constant LIMIT 5-5", "variable state 6-6", "class Animal 9-25",
                            "variable Animal.legs 12-12", "method Animal.name 14-18", "method Animal.speak 20-25",
                            "function Animal.speak.shout 22-23", "function greet 29-30"}));
  EXPECT_THAT(s.symbols, Not(Contains(testing::HasSubstr("local"))));
  EXPECT_EQ(s.symbol("Animal.name").signature, "def name(self) -> str");
  EXPECT_EQ(s.symbol("Animal.name").name_line, 16);
  EXPECT_EQ(s.symbol("Animal").doc, "An animal. It makes sounds.");
  EXPECT_EQ(s.symbol("Animal.speak").doc, "Return a sound.");
  EXPECT_EQ(s.symbol("greet").doc, "Says hello.");
  EXPECT_THAT(s.references,
              IsSupersetOf({"import os in -", "import pkg.mod in -", "import helper in -", "inherit Base in Animal",
                            "inherit ABC in Animal", "call helper in Animal.name", "call Animal in greet"}));
}

TEST(Parse, Rust) {
  const Sample s = parse("sample.rs", "rust");
  EXPECT_THAT(s.symbols,
              IsSupersetOf({"struct Point 4-6", "variable Point::x 5-5", "method Point::new 8-10",
                            "method Point::fmt 13-13", "trait Shape 15-17", "declared method Shape::area 16-16",
                            "enum Color 18-18", "enumerator Color::Red 18-18", "constant LIMIT 19-19",
                            "module inner 20-22", "function inner::helper 21-21", "macro square 23-23"}));
  EXPECT_EQ(s.symbol("Point").doc, "A point.");
  EXPECT_EQ(s.symbol("Point").lead_line, 2);
  EXPECT_THAT(s.references, IsSupersetOf({"import fmt in -", "call make in Point::new", "inherit Display in Point",
                                          "inherit Base in Shape", "call println in inner::helper"}));
}

TEST(Parse, Go) {
  const Sample s = parse("sample.go", "go");
  EXPECT_THAT(s.symbols,
              IsSupersetOf({"struct Point 6-9", "variable Point.X 8-8", "interface Shape 11-13",
                            "declared method Shape.Area 12-12", "method Point.Name 16-19", "function helper 21-21",
                            "constant Limit 23-23", "variable first 25-25", "variable second 25-25"}));
  EXPECT_EQ(s.symbol("Point").doc, "Point is a point.");
  EXPECT_EQ(s.symbol("Point.Name").signature, "func (p *Point) Name() string");
  EXPECT_THAT(s.references, IsSupersetOf({"import fmt in -", "inherit Base in Point", "call Sprint in Point.Name",
                                          "call Name in helper"}));
}

TEST(Parse, Java) {
  const Sample s = parse("Sample.java", "java");
  EXPECT_THAT(s.symbols, IsSupersetOf({"class Dog 4-15", "constant Dog.LIMIT 6-6", "method Dog.Dog 7-7",
                                       "method Dog.name 8-12", "enum Dog.Size 13-13", "enumerator Dog.Size.SMALL 13-13",
                                       "interface Dog.Owner 14-14", "declared method Dog.Owner.feed 14-14"}));
  EXPECT_EQ(s.symbol("Dog").doc, "A dog.");
  EXPECT_THAT(s.references, IsSupersetOf({"import List in -", "inherit Animal in Dog", "inherit Pet in Dog",
                                          "inherit Comparable in Dog", "inherit Person in Dog.Owner",
                                          "call bark in Dog.name", "call Label in Dog.name", "call text in Dog.name"}));
}

TEST(Parse, JavaScript) {
  const Sample s = parse("sample.js", "javascript");
  EXPECT_THAT(s.symbols, IsSupersetOf({"class Queue 3-6", "variable Queue.items 4-4", "method Queue.push 5-5",
                                       "function twice 8-11", "constant LIMIT 12-12", "function times 13-13",
                                       "method Queue.clear 14-14", "function make 15-15"}));
  EXPECT_THAT(s.symbols, Not(Contains(testing::HasSubstr("local"))));
  EXPECT_EQ(s.symbol("Queue").doc, "A queue.");
  EXPECT_EQ(s.symbol("twice").doc, "Doubles.");
  EXPECT_THAT(s.references,
              IsSupersetOf({"import ./thing.js in -", "import thing in -", "inherit Base in Queue",
                            "call notify in Queue.push", "call Entry in Queue.push", "call times in twice"}));
}

TEST(Parse, TypeScript) {
  const Sample s = parse("sample.ts", "typescript");
  EXPECT_THAT(s.symbols,
              IsSupersetOf({"class Store 3-7", "variable Store.items 4-4", "declared method Store.close 5-5",
                            "method Store.get 6-6", "interface Options 8-8", "variable Options.depth 8-8",
                            "declared method Options.apply 8-8", "type Id 9-9", "enum Color 10-10",
                            "enumerator Color.Red 10-10", "enumerator Color.Green 10-10", "function make 11-11"}));
  EXPECT_EQ(s.symbol("Store").doc, "A store.");
  EXPECT_THAT(s.references,
              IsSupersetOf({"inherit Base in Store", "inherit Closable in Store", "inherit Common in Options",
                            "call find in Store.get", "call create in make", "type Options in make"}));
}

TEST(Parse, Tsx) {
  const Sample s = parse("sample.tsx", "tsx");
  EXPECT_THAT(s.symbols, Contains("function Button 1-3"));
  EXPECT_THAT(s.references, Contains("call format in Button"));
}

TEST(Parse, Cuda) {
  const Sample s = parse("sample.cu", "cuda");
  EXPECT_THAT(s.symbols, IsSupersetOf({"function scale 1-3", "function launch 4-4"}));
  EXPECT_THAT(s.references, Contains("call scale in launch"));
}

TEST(Parse, MarkdownHeadings) {
  const Sample s = parse("sample.md", "markdown");
  EXPECT_THAT(s.symbols, testing::ElementsAre("heading Title 1-11", "heading Title > First part 5-8",
                                              "heading Title > Second part 9-11"));
}

// What the comment of the only function of a C file says.
std::string doc_in(std::string_view text) {
  Grammars grammars;
  const ParsedFile file = Parser().parse(*grammars.find("c"), text);
  for (const ParsedSymbol& s : file.symbols)
    if (s.kind == "function") return s.doc;
  return "no function";
}

TEST(Parse, ACommentMayStandOffItsFunctionByOneLine) {
  EXPECT_EQ(doc_in("int x;\n\n/*\n * Frees it.\n */\n\nvoid\nf(void) {\n}\n"), "Frees it.");
  EXPECT_EQ(doc_in("int x;\n\n/* Frees it. */\n\n\nvoid f(void) {\n}\n"), "") << "two lines off";
  EXPECT_EQ(doc_in("/* Copyright. */\n\nvoid f(void) {\n}\n"), "") << "that is the file's";
  EXPECT_EQ(doc_in("/* Frees it. */\nvoid f(void) {\n}\n"), "Frees it.");
}

TEST(Parse, CSharp) {
  const Sample s = parse("sample.cs", "c_sharp");
  EXPECT_THAT(
      s.symbols,
      IsSupersetOf({"class Shapes.Flat.Circle 6-19", "constant Shapes.Flat.Circle.Limit 7-7",
                    "variable Shapes.Flat.Circle.Radius 9-9", "method Shapes.Flat.Circle.Circle 11-11",
                    "method Shapes.Flat.Circle.Area 13-17", "type Shapes.Flat.Circle.Done 18-18",
                    "struct Shapes.Flat.Point 20-20", "interface Shapes.Flat.IDrawable 21-21",
                    "declared method Shapes.Flat.IDrawable.Draw 21-21", "enumerator Shapes.Flat.Color.Red 22-22",
                    "class Shapes.Flat.Pair 23-23", "test Shapes.Flat.Tests.AreaIsRight 24-24"}));
  EXPECT_EQ(s.symbol("Shapes.Flat.Circle").doc, "A circle.");
  EXPECT_EQ(s.symbol("Shapes.Flat.Circle.Area").signature, "public override double Area(double scale)");
  EXPECT_THAT(s.references,
              IsSupersetOf({"import System.Text in -", "inherit Shape in Shapes.Flat.Circle",
                            "inherit IDrawable in Shapes.Flat.Circle", "type Pen in Shapes.Flat.Circle.Circle",
                            "call Print in Shapes.Flat.Circle.Area", "call Circle in Shapes.Flat.Tests.AreaIsRight"}));
  EXPECT_EQ(s.qualifier("call Area"), ">()Circle");
}

TEST(Parse, Ruby) {
  const Sample s = parse("sample.rb", "ruby");
  EXPECT_THAT(s.symbols, IsSupersetOf({"module Shapes 5-25", "constant Shapes::LIMIT 6-6", "class Shapes::Circle 8-24",
                                       "variable Shapes::Circle::radius 10-10", "method Shapes::Circle::area 17-19",
                                       "method Shapes::Circle::unit 21-23", "function helper 27-27"}));
  EXPECT_EQ(s.symbol("Shapes::Circle::area").doc, "The area.");
  EXPECT_THAT(s.references,
              IsSupersetOf({"import json in -", "import shapes/base in -", "inherit Shape in Shapes::Circle",
                            "inherit Comparable in Shapes::Circle", "call Pen in Shapes::Circle::initialize",
                            "call square in Shapes::Circle::area", "call Circle in helper", "call area in helper"}));
}

TEST(Parse, Php) {
  const Sample s = parse("sample.php", "php");
  EXPECT_THAT(s.symbols,
              IsSupersetOf({"constant App\\Shapes::LIMIT 8-8", "class App\\Shapes::Circle 11-20",
                            "constant App\\Shapes::Circle::SIDES 13-13", "variable App\\Shapes::Circle::pen 14-14",
                            "method App\\Shapes::Circle::area 17-19", "interface App\\Shapes::Drawable 21-21",
                            "declared method App\\Shapes::Drawable::draw 21-21", "trait App\\Shapes::Logs 22-22",
                            "enumerator App\\Shapes::Suit::Hearts 23-23", "function App\\Shapes::helper 24-24"}));
  EXPECT_THAT(s.references,
              IsSupersetOf({"import Base in -", "import lib/helpers.php in -", "inherit Base in App\\Shapes::Circle",
                            "inherit Drawable in App\\Shapes::Circle", "inherit Logs in App\\Shapes::Circle",
                            "type Pen in App\\Shapes::Circle::__construct", "call Circle in App\\Shapes::helper"}));
  EXPECT_EQ(s.qualifier("inherit Base"), "App\\Core");  // as the `use` says
  EXPECT_EQ(s.qualifier("call square"), ">App\\Shapes::Circle");
  EXPECT_EQ(s.qualifier("call area"), ">Circle");
}

TEST(Parse, Bash) {
  const Sample s = parse("sample.sh", "bash");
  EXPECT_THAT(s.symbols, testing::ElementsAre("constant LIMIT 5-5", "variable name 6-6", "function greet 9-12",
                                              "function main 14-17"));
  EXPECT_EQ(s.symbol("greet").doc, "Says hello.");
  EXPECT_THAT(s.references, testing::ElementsAre("import lib/common.sh in -", "import ./more.sh in -",
                                                 "call greet in main", "call make_all in main", "call main in -"));
}

TEST(Parse, Kotlin) {
  const Sample s = parse("sample.kt", "kotlin");
  EXPECT_THAT(s.symbols, IsSupersetOf({"constant LIMIT 6-6", "class Circle 9-17", "variable Circle.radius 9-9",
                                       "variable Circle.changed 10-10", "method Circle.area 12-15",
                                       "method Circle.unit 16-16", "interface Drawable 18-18", "enum Color 19-19",
                                       "enumerator Color.RED 19-19", "class Registry 20-20",
                                       "method Registry.find 20-20", "type Done 21-21", "function helper 22-22"}));
  EXPECT_THAT(s.symbols, Not(Contains(testing::HasSubstr("local"))));
  EXPECT_THAT(s.references,
              IsSupersetOf({"import Base in -", "import Pen in -", "inherit Base in Circle",
                            "inherit Drawable in Circle", "type Pen in Circle", "call square in Circle.area",
                            "call Circle in Circle.unit", "call Pen in Circle.unit"}));
  EXPECT_EQ(s.qualifier("call area"), ">Circle");
}

TEST(Parse, Scala) {
  const Sample s = parse("sample.scala", "scala");
  EXPECT_THAT(s.symbols,
              IsSupersetOf({"class Circle 7-14", "variable Circle.changed 8-8", "method Circle.area 10-13",
                            "method Circle.unit 15-15", "trait Drawable 16-16", "declared method Drawable.draw 16-16",
                            "class Pair 17-17", "enumerator Color.Red 18-18", "type Done 19-19"}));
  EXPECT_THAT(s.references,
              IsSupersetOf({"import Base in -", "import Pen in -", "import Maths in -", "inherit Base in Circle",
                            "inherit Drawable in Circle", "call square in Circle.area", "call Pen in Circle.unit"}));
}

TEST(Parse, Swift) {
  const Sample s = parse("sample.swift", "swift");
  EXPECT_THAT(s.symbols, IsSupersetOf({"variable limit 3-3", "class Circle 6-15", "variable Circle.radius 8-8",
                                       "method Circle.init 9-9", "method Circle.area 11-14", "struct Point 16-16",
                                       "interface Drawable 17-17", "declared method Drawable.draw 17-17",
                                       "enumerator Color.red 18-18", "method Circle.unit 19-19", "type Done 20-20",
                                       "function helper 21-21"}));
  EXPECT_EQ(s.symbol("Circle").doc, "A circle.");
  EXPECT_THAT(s.references,
              IsSupersetOf({"import Foundation in -", "inherit Base in Circle", "inherit Drawable in Circle",
                            "call square in Circle.area", "call Circle in Circle.unit", "call area in helper"}));
  EXPECT_EQ(s.qualifier("call area"), ">Circle");
}

TEST(Parse, Lua) {
  const Sample s = parse("sample.lua", "lua");
  EXPECT_THAT(s.symbols,
              testing::ElementsAre("variable json 1-1", "variable M 2-2", "constant LIMIT 4-4", "function greet 7-9",
                                   "method M.area 12-15", "method M.draw 17-19", "method M.clear 21-21"));
  EXPECT_EQ(s.symbol("M.area").doc, "The area.");
  EXPECT_THAT(s.references, IsSupersetOf({"import json in json", "call format in greet", "call square in M.area",
                                          "call paint in M.draw", "call greet in M.clear"}));
  EXPECT_EQ(s.qualifier("call decode"), "json");
}

TEST(Parse, CMake) {
  const Sample s = parse("CMakeLists.txt", "cmake");
  EXPECT_THAT(s.symbols, IsSupersetOf({"module shapes 2-2", "constant LIMIT 6-6", "target shapes 10-10",
                                       "target draw 12-12", "function shape_test 16-18", "macro twice 19-20"}));
  EXPECT_EQ(s.symbol("shape_test").doc, "Adds a test.");
  EXPECT_THAT(s.references, IsSupersetOf({"import cmake/Helpers.cmake in -", "import src in -", "call shapes in -",
                                          "call base in -", "call shape_test in -"}));
}

TEST(Parse, Make) {
  const Sample s = parse("Makefile", "make");
  EXPECT_THAT(s.symbols, IsSupersetOf({"constant CC 3-3", "target all 7-9", "target draw 10-12", "macro twice 14-16"}));
  EXPECT_EQ(s.symbol("all").doc, "Builds all.");
  EXPECT_THAT(s.references, IsSupersetOf({"import config.mk in -", "call draw in all", "call main.o in draw"}));
}

TEST(Parse, Qml) {
  const Sample s = parse("sample.qml", "qmljs");
  EXPECT_THAT(s.symbols, testing::ElementsAre("class root 5-17", "variable root.radiusOfButton 7-7",
                                              "declared method root.pressed 8-8", "method root.press 9-12",
                                              "class root.area 13-16"));
  EXPECT_EQ(s.symbol("root").signature, "Rectangle");
  EXPECT_THAT(s.references, IsSupersetOf({"import controls in -", "type MouseArea in root.area",
                                          "call helper in root.press", "call press in root.area"}));
}

TEST(Parse, Protobuf) {
  const Sample s = parse("sample.proto", "proto");
  EXPECT_THAT(s.symbols, IsSupersetOf({"struct shapes.Circle 7-12", "variable shapes.Circle.radius 8-8",
                                       "enum shapes.Circle.Color 10-10", "enumerator shapes.Circle.Color.RED 10-10",
                                       "interface shapes.Drawing 13-16", "declared method shapes.Drawing.Draw 15-15"}));
  EXPECT_THAT(s.references, IsSupersetOf({"import shapes/base.proto in -", "type Pen in shapes.Circle",
                                          "type Circle in shapes.Drawing.Draw"}));
  EXPECT_EQ(s.qualifier("type Point"), "base");
}

TEST(Parse, Sql) {
  const Sample s = parse("sample.sql", "sql");
  EXPECT_THAT(s.symbols, testing::ElementsAre("struct circle 2-6", "variable circle.id 3-3",
                                              "variable circle.radius 4-4", "variable circle.pen_id 5-5",
                                              "struct big 7-7", "variable circle_radius 8-8", "function area 9-9"));
  EXPECT_EQ(s.symbol("circle").doc, "All circles.");
  EXPECT_THAT(s.references, IsSupersetOf({"type pen in circle", "type circle in big", "call square in area",
                                          "call area in -", "type circle in -"}));
}

// Data: what is at the top, so that a file of a million keys does not become a million symbols.
TEST(Parse, KeysOfData) {
  EXPECT_THAT(parse("sample.json", "json").symbols,
              testing::ElementsAre("key name 2-2", "key scripts 3-6", "key scripts.build 4-4", "key scripts.test 5-5",
                                   "key items 7-7"));
  EXPECT_THAT(parse("sample.yaml", "yaml").symbols,
              testing::ElementsAre("key name 2-2", "key jobs 3-7", "key jobs.build 4-7", "key limit 8-8"));
  EXPECT_THAT(
      parse("sample.toml", "toml").symbols,
      testing::ElementsAre("key name 2-2", "key package 3-4", "key package.version 4-4", "key dependencies.base 5-6",
                           "key dependencies.base.path 6-6", "key bin 7-8", "key bin.name 8-8"));
}

TEST(Parse, Markup) {
  EXPECT_THAT(parse("sample.xml", "xml").symbols, testing::ElementsAre("element small 4-4", "element others 5-7"));
  const Sample html = parse("sample.html", "html");
  EXPECT_THAT(html.symbols, testing::ElementsAre("element canvas 6-8", "element canvas.top 7-7"));
  EXPECT_EQ(html.symbol("canvas").doc, "The canvas.");
  EXPECT_THAT(html.references, testing::ElementsAre("import draw.js in -", "import main.css in -"));
  const Sample css = parse("sample.css", "css");
  EXPECT_THAT(css.symbols, testing::ElementsAre("selector circle 3-3", "selector top 3-3", "key --limit 4-4",
                                                "selector circle 5-5", "selector turn 6-6"));
  EXPECT_THAT(css.references, testing::ElementsAre("import base.css in -"));
}

TEST(Parse, Dockerfile) {
  const Sample s = parse("Dockerfile", "dockerfile");
  EXPECT_THAT(s.symbols, testing::ElementsAre("target build 2-2", "constant VERSION 3-3", "constant LIMIT 4-4",
                                              "target final 6-6"));
  EXPECT_THAT(s.references, testing::ElementsAre("call debian in build", "call build in final"));
}

TEST(Parse, TestCases) {
  EXPECT_THAT(symbols_of("cpp", "TEST(Shape, IsRound) { f(); }\nvoid g() {}\n"),
              testing::ElementsAre("test Shape::IsRound", "function g"));
  EXPECT_THAT(symbols_of("cpp",
                         "BOOST_AUTO_TEST_CASE(is_round) { f(); }\nBOOST_FIXTURE_TEST_CASE(is_flat, Shape) { f(); }\n"
                         "TEST_CASE(\"is round\", \"[shape]\") { f(); }\n"
                         "namespace a {\nTEST_CASE(\"is flat\") { f(); }\n}\n"
                         "TEST_CASE_METHOD(Shape, \"is red\") { f(); }\nvoid g() {}\n"),
              testing::ElementsAre("test is_round", "test is_flat", "test is round", "namespace a", "test a::is flat",
                                   "test Shape::is red", "function g"));
  EXPECT_THAT(symbols_of("python", "class TestShape:\n  def test_round(self): pass\n"),
              testing::ElementsAre("class TestShape", "test TestShape.test_round"));
  EXPECT_THAT(symbols_of("rust", "#[test]\nfn is_round() {}\nfn other() {}\n"),
              testing::ElementsAre("test is_round", "function other"));
  EXPECT_THAT(symbols_of("go", "func TestRound(t *testing.T) {}\nfunc other() {}\n"),
              testing::ElementsAre("test TestRound", "function other"));
  EXPECT_THAT(symbols_of("java", "class T { @Test void isRound() {} void other() {} }"),
              testing::ElementsAre("class T", "test T.isRound", "method T.other"));
  EXPECT_THAT(symbols_of("typescript", "describe('shape', () => { it('is round', () => {}) })"),
              testing::ElementsAre("test is round"));
}

// What stands before a name decides which of several is meant.
TEST(Parse, QualifiersSayWhoseMemberIsMeant) {
  const auto qualifiers = [](std::string_view language, std::string_view text) {
    Grammars grammars;
    std::vector<std::string> all;
    for (const ParsedReference& r : Parser().parse(*grammars.find(language), text).references) {
      if (r.kind == "call") all.push_back(std::format("{} {} {}", r.name, r.qualifier, r.arguments));
    }
    return all;
  };
  EXPECT_THAT(qualifiers("cpp",
                         "struct A { B b; void f(std::unique_ptr<ns::C> c, int n) {\n"
                         "  this->g(1); b.h(); c->i(n, n); auto d = std::make_unique<D>(); d->j(); x.k(); make().l();\n"
                         "  ns::m(); E::n(); \"s\"; } };"),
              IsSupersetOf({"g >A 1", "h >B 0", "i >ns::C 2", "j >D 0", "k >?x 0", "l >()make 0", "m ns 0", "n E 0"}));
  EXPECT_THAT(
      qualifiers("python",
                 "import numpy as np\nfrom a.b import c as d, E\nclass F(E):\n"
                 "  def __init__(self, g: 'G'):\n    self.h = E()\n    g.i()\n"
                 "  def j(self, *k):\n    self.l(*k)\n    self.h.m()\n    np.n(1)\n    d(2)\n"
                 "    super().o()\n    'x'.join(k)\n"),
      IsSupersetOf({"E a.b 0", "i >G 0", "l >F -1", "m >()E 0", "n numpy 1", "c a.b 1", "o >^F 0", "join >! 1"}));
  EXPECT_THAT(qualifiers("rust",
                         "use a::{b, c::D as E};\nfn f(g: &mut G) { b(); E::h(); g.i(); Self::j(); }\n"
                         "fn k() { let l = m()?; l.n(); let o = p().await?; o.q(); }"),
              IsSupersetOf({"b a 0", "h a::c::D 0", "i >G 0", "n >()m 0", "q >()p 0"}));
  EXPECT_THAT(qualifiers("go", "import \"x/y/pkg\"\nfunc f(g *G) { pkg.H(1); g.I(); j := K{}; j.L() }"),
              IsSupersetOf({"H x/y/pkg 1", "I >G 0", "L >K 0"}));
  EXPECT_THAT(qualifiers("typescript",
                         "import {a as b} from './c';\nimport * as d from './e';\n"
                         "function f(g: G) { b(1); d.h(); g.i(); const j = new K(); j.l(); }"),
              IsSupersetOf({"a ./c 1", "h ./e 0", "i >G 0", "l >K 0"}));
  EXPECT_THAT(qualifiers("java", "import a.b.C;\nclass D { E e; void f() { C.g(); e.h(2); this.i(); super.j(); } }"),
              IsSupersetOf({"g a.b.C 0", "h >E 1", "i >D 0", "j >^D 0"}));
}

TEST(Parse, SyntaxErrorsCostOnlyTheirPlace) {
  Grammars grammars;
  const ParsedFile file =
      Parser().parse(*grammars.find("python"), "def broken(:\n  )))\n\ndef good():\n    return 1\n");
  EXPECT_TRUE(std::ranges::any_of(file.symbols, [](const ParsedSymbol& s) { return s.name == "good"; }));
}

TEST(Parse, GivesUpWhenTheBudgetIsSpent) {
  Grammars grammars;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "f(((((a,";
  EXPECT_TRUE(Parser(0.001).parse(*grammars.find("python"), text).timed_out);
}

TEST(Language, HeadersByContent) {
  EXPECT_EQ(detect_language("a.h", "#include <stdio.h>\nint f(void);\n"), "c");
  EXPECT_EQ(detect_language("a.h", "#pragma once\nnamespace a {}\n"), "cpp");
  EXPECT_EQ(detect_language("a.h", "#include <vector>\n"), "cpp");
  EXPECT_EQ(detect_language("a.h", "struct A : B {};\n"), "cpp");
  EXPECT_EQ(detect_language("a.h", "struct A {\n  unsigned b : 1;\n  struct C* c;  // d : e\n};\n"), "c");
  EXPECT_EQ(detect_language("a.h", "#import <A.h>\n@interface B : C\n@end\n"), "objc");
  EXPECT_EQ(detect_language("a.h", "// @interface: what it is\nint f(void);\n"), "c");
  EXPECT_EQ(detect_language("config.h.in", "#undef HAVE_X\n"), "c");
  EXPECT_EQ(detect_language("a.h", "// a class of std::things\nint f(void);\n"), "c");
}

TEST(Language, ScriptsByTheirFirstLine) {
  EXPECT_EQ(detect_language("tool", "#!/usr/bin/env python3\n"), "python");
  EXPECT_EQ(detect_language("tool", "#!/bin/sh\n"), "bash");
  EXPECT_EQ(detect_language("tool", "words\n"), "text");
  EXPECT_EQ(detect_language("src/CMakeLists.txt", ""), "cmake");
}

}  // namespace
}  // namespace strata::repo
