// SPDX-License-Identifier: Apache-2.0
// One pattern, one line of C, and what is captured: "name=text name=text" a match.
#include "repo-indexer/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repo-indexer/language.h"

namespace strata::repo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> matches(std::string_view pattern, std::string_view text, std::string_view language = "c") {
  Query query;
  EXPECT_EQ(query.add(grammar_of(language), pattern), "");
  const ParserPointer parser(ts_parser_new());
  const TreePointer tree = parse_tree(parser.get(), grammar_of(language), text, nullptr, deadline_after(5));
  std::vector<std::string> all;
  Matcher().run(query, text, ts_tree_root_node(tree.get()), deadline_after(5),
                [&](uint16_t, std::span<const Captured> captures) {
                  std::string match;
                  for (const auto& [number, node] : captures) {
                    const uint32_t first = ts_node_start_byte(node), last = ts_node_end_byte(node);
                    match += (match.empty() ? "" : " ") + std::string(query.captures()[number]) + "=" +
                             std::string(text.substr(first, last - first));
                  }
                  all.push_back(match);
                });
  return all;
}

TEST(Query, NodesFieldsAndWildcards) {
  EXPECT_THAT(matches("(identifier) @a", "int x = y;"), ElementsAre("a=x", "a=y"));
  EXPECT_THAT(matches("(init_declarator value: (identifier) @a)", "int x = y;"), ElementsAre("a=y"));
  EXPECT_THAT(matches("(init_declarator declarator: (_) @a value: (_) @b) @c", "int *x = 1;"),
              ElementsAre("c=*x = 1 a=*x b=1"));
  EXPECT_THAT(matches("(init_declarator value: (identifier) @a)", "int x = 1;"), IsEmpty());
}

TEST(Query, EveryChildThatFitsIsAMatch) {
  EXPECT_THAT(matches("(declaration type: (_) @t declarator: (identifier) @a)", "int x, y;"),
              ElementsAre("t=int a=x", "t=int a=y"));
}

TEST(Query, AlternativesAndTokens) {
  EXPECT_THAT(matches("[(identifier) (number_literal)] @a", "int x = 1;"), ElementsAre("a=x", "a=1"));
  EXPECT_THAT(matches("(binary_expression [(identifier) @i (number_literal) @n])", "int x = a + 1;"),
              ElementsAre("i=a", "n=1"));
  EXPECT_THAT(matches("(binary_expression \"*\" right: (_) @a)", "int x = a + 1, y = b * 2;"), ElementsAre("a=2"));
}

TEST(Query, Anchors) {
  EXPECT_THAT(matches("(argument_list . (_) @a)", "int x = f(1, 2, 3);"), ElementsAre("a=1"));
  EXPECT_THAT(matches("(argument_list (_) @a .)", "int x = f(1, 2, 3);"), ElementsAre("a=3"));
  EXPECT_THAT(matches("(argument_list (_) @a . (_) @b)", "int x = f(1, 2, 3);"), ElementsAre("a=1 b=2", "a=2 b=3"));
  EXPECT_THAT(matches("(argument_list . (_) @a .)", "int x = f(1, 2), y = g(3);"), ElementsAre("a=3"));
}

TEST(Query, AbsentFields) {
  EXPECT_THAT(matches("(struct_specifier name: (_) @a !body)", "struct a; struct b { int x; };"), ElementsAre("a=a"));
}

TEST(Query, ConditionsKnowNoCase) {
  constexpr std::string_view kText = "int x = F(1) + g(2) + get(3);";
  const auto called = [&](std::string condition) {
    return matches("((call_expression function: (identifier) @a) (#" + condition + "))", kText);
  };
  EXPECT_THAT(called("eq? @a \"f\""), ElementsAre("a=F"));
  EXPECT_THAT(called("any-of? @a \"f\" \"get\""), ElementsAre("a=F", "a=get"));
  EXPECT_THAT(called("not-any-of? @a \"f\" \"get\""), ElementsAre("a=g"));
  EXPECT_THAT(called("starts-with? @a \"G\""), ElementsAre("a=g", "a=get"));
}

TEST(Query, WhatCouldNotBeParsedIsNoNode) {
  EXPECT_THAT(matches("(translation_unit (_) @a)", "int x;\n)\n"), ElementsAre("a=int x;"));
}

TEST(Query, MistakesAreNamed) {
  const auto error = [](std::string_view pattern) { return Query().add(grammar_of("c"), pattern); };
  EXPECT_THAT(error("(no_such_node) @a"), HasSubstr("no such node"));
  EXPECT_THAT(error("(declaration nothing: (_))"), HasSubstr("no such field"));
  EXPECT_THAT(error("(identifier"), HasSubstr("missing"));
  EXPECT_THAT(error("((identifier) @a (#match? @a \"x\"))"), HasSubstr("no such condition"));
  EXPECT_THAT(error("(declaration (identifier)+ @a)"), HasSubstr("missing"));
  EXPECT_THAT(error("(expression) @a"), HasSubstr("supertypes"));
  EXPECT_THAT(error("((identifier) (identifier))"), HasSubstr("condition"));
}

}  // namespace
}  // namespace strata::repo
