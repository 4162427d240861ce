// SPDX-License-Identifier: Apache-2.0
// Names, kinds, ranges and references in a small sample of every language.
#include "repo-indexer/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>
#include <fstream>
#include <sstream>

namespace strata::repo {
namespace {

using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;

struct Sample {
  ParsedFile file;
  std::vector<std::string> symbols, references;  // "kind name first-last", "kind name in symbol"

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
  if (!grammar || !grammar->query) {
    ADD_FAILURE() << "the queries of " << language << " do not compile: " << (grammar ? grammar->error : "no grammar");
    return sample;
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
  EXPECT_THAT(s.references, IsSupersetOf({"import std::fmt in -", "call make in Point::new", "inherit Display in Point",
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
  EXPECT_THAT(s.references, IsSupersetOf({"import java.util.List in -", "inherit Animal in Dog", "inherit Pet in Dog",
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
