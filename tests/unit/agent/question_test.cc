// SPDX-License-Identifier: Apache-2.0
#include "agent/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace strata::agent {
namespace {

Question read(std::string_view text) {
  static const std::set<std::string, std::less<>> symbols = {"escape", "Flask", "parse", "HTTP", "Session", "routing"};
  return analyse_question(text, [](std::string_view name) { return symbols.contains(name); });
}

struct Case {
  std::string_view question;
  QuestionKind kind;
  std::string_view subject;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.question; }

class Kinds : public testing::TestWithParam<Case> {};

TEST_P(Kinds, AreReadOffTheWords) {
  const Question q = read(GetParam().question);
  EXPECT_EQ(static_cast<int>(q.kind), static_cast<int>(GetParam().kind)) << GetParam().question;
  EXPECT_EQ(q.subject, GetParam().subject) << GetParam().question;
}

INSTANTIATE_TEST_SUITE_P(
    Questions, Kinds,
    testing::Values(
        Case{"Where is to_bf16 defined?", QuestionKind::kDefinition, "to_bf16"},
        Case{"where is the class `Flask`?", QuestionKind::kDefinition, "Flask"},
        Case{"Where is the function reticulate_splines defined?", QuestionKind::kDefinition, "reticulate_splines"},
        Case{"Where is escape implemented?", QuestionKind::kDefinition, "escape"},
        Case{"Where can I find the definition of `run`?", QuestionKind::kDefinition, "run"},
        Case{"Where is the session cookie signed?", QuestionKind::kDescription, ""},
        Case{"Where is caching implemented?", QuestionKind::kDescription, ""},
        Case{"Where are escape sequences removed?", QuestionKind::kDescription, ""},
        Case{"Who calls `url_for`?", QuestionKind::kCallers, "url_for"},
        Case{"Which functions call parse_header?", QuestionKind::kCallers, "parse_header"},
        Case{"What are the callers of Session.get?", QuestionKind::kCallers, "Session.get"},
        Case{"Where is send_file() called?", QuestionKind::kCallers, "send_file"},
        Case{"Where are HTTPAdapter objects created?", QuestionKind::kCallers, "HTTPAdapter"},
        Case{"Where is the socket created?", QuestionKind::kDescription, ""},
        Case{"How does parse_header call the decoder?", QuestionKind::kDescription, ""},
        Case{"What happens when a system call fails?", QuestionKind::kDescription, ""},
        Case{"Where is max_size used?", QuestionKind::kUsers, "max_size"},
        Case{"In which functions is max_size used?", QuestionKind::kUsers, "max_size"},
        Case{"Is max_size used anywhere?", QuestionKind::kUsers, "max_size"},
        Case{"What depends on parse_header?", QuestionKind::kUsers, "parse_header"},
        Case{"How is max_size used?", QuestionKind::kDescription, ""},
        Case{"By whom is parse_header called?", QuestionKind::kCallers, "parse_header"},
        Case{"Where is parse_header actually called?", QuestionKind::kCallers, "parse_header"},
        Case{"Name the functions that call parse_header.", QuestionKind::kCallers, "parse_header"},
        Case{"Does anything call parse_header?", QuestionKind::kCallers, "parse_header"},
        Case{"What are parse_header's callers?", QuestionKind::kCallers, "parse_header"},
        Case{"Which function creates a ParseError, and which one checks for it?", QuestionKind::kCallers, "ParseError"},
        Case{"Who sets max_size?", QuestionKind::kUsers, "max_size"},
        Case{"Where is the variable max_size modified?", QuestionKind::kUsers, "max_size"},
        Case{"Which functions raise ParseError?", QuestionKind::kUsers, "ParseError"},
        Case{"Where is the HTTP status set?", QuestionKind::kDescription, ""},
        Case{"Where is HTTP handled?", QuestionKind::kDescription, ""},
        Case{"Which code handles routing?", QuestionKind::kDescription, ""},
        Case{"Where is routing read?", QuestionKind::kDescription, ""},
        Case{"Which classes inherit from Session?", QuestionKind::kSubclasses, "Session"},
        Case{"Which classes have Session as their base class?", QuestionKind::kSubclasses, "Session"},
        Case{"What builds on BaseAdapter?", QuestionKind::kSubclasses, "BaseAdapter"},
        Case{"Who overrides BaseAdapter.send?", QuestionKind::kSubclasses, "BaseAdapter.send"},
        Case{"Where is Session subclassed?", QuestionKind::kSubclasses, "Session"},
        Case{"What are the subclasses of BaseAdapter?", QuestionKind::kSubclasses, "BaseAdapter"},
        Case{"What inherits directly from BaseAdapter?", QuestionKind::kSubclasses, "BaseAdapter"},
        Case{"Which class does BaseAdapter derive from?", QuestionKind::kBases, "BaseAdapter"},
        Case{"What are the base classes of Session?", QuestionKind::kBases, "Session"},
        Case{"Which methods does Session have?", QuestionKind::kMembers, "Session"},
        Case{"What are the members of the class Session?", QuestionKind::kMembers, "Session"},
        Case{"What is the signature of parse_header?", QuestionKind::kSignature, "parse_header"},
        Case{"Which arguments does parse_header take?", QuestionKind::kSignature, "parse_header"},
        Case{"What type does parse_header return?", QuestionKind::kSignature, "parse_header"},
        Case{"Which files include state.h?", QuestionKind::kIncludedBy, "state.h"},
        Case{"Who imports src/app/util.py?", QuestionKind::kIncludedBy, "src/app/util.py"},
        Case{"What does src/graph.h include?", QuestionKind::kIncludes, "src/graph.h"},
        Case{"What is in src/graph.h?", QuestionKind::kOutline, "src/graph.h"},
        Case{"Which functions are defined in graph.cc?", QuestionKind::kOutline, "graph.cc"},
        Case{"Which errors are handled in graph.cc?", QuestionKind::kDescription, ""},
        Case{"How are the arguments of a command quoted?", QuestionKind::kDescription, ""},
        Case{"What is the value of MAX_FORM_SIZE?", QuestionKind::kValue, "MAX_FORM_SIZE"},
        Case{"What is DEFAULT_POOLSIZE set to?", QuestionKind::kValue, "DEFAULT_POOLSIZE"},
        Case{"What does parse_header call?", QuestionKind::kCallees, "parse_header"},
        Case{"Which functions does Session.get call?", QuestionKind::kCallees, "Session.get"},
        Case{"Which functions are called by parse_header?", QuestionKind::kCallees, "parse_header"},
        Case{"Which tests cover parse_header?", QuestionKind::kTests, "parse_header"},
        Case{"Which tests run into parse_header?", QuestionKind::kTests, "parse_header"},
        Case{"Is parse_header tested?", QuestionKind::kTests, "parse_header"},
        Case{"Which tests are slow?", QuestionKind::kDescription, ""},
        Case{"What is the default timeout in seconds?", QuestionKind::kDescription, ""}));

TEST(Question, SaysWhichUsesAreAskedFor) {
  EXPECT_EQ(read("Where is max_size used?").use, UseOf::kAny);
  EXPECT_EQ(read("Which functions change max_size?").use, UseOf::kWritten);
  EXPECT_EQ(read("Where is ParseError thrown?").use, UseOf::kRaised);
  EXPECT_EQ(read("What catches ParseError?").use, UseOf::kCaught);
  EXPECT_EQ(read("Which functions return a ParseError?").use, UseOf::kReturned);
}

TEST(Question, MayBeAboutTwoThings) {
  const auto about = [](QuestionKind kind, std::string_view subject, std::string_view object, const char* text) {
    const Question q = read(text);
    EXPECT_EQ(static_cast<int>(q.kind), static_cast<int>(kind)) << text;
    EXPECT_EQ(q.subject, subject) << text;
    EXPECT_EQ(q.object, object) << text;
  };
  for (const char* text : {"How does main_loop come to call parse_header?", "Does main_loop call parse_header?",
                           "How is parse_header reached from main_loop?", "How does `main_loop` get to parse_header?",
                           "Show the call chain from the function main_loop to parse_header."})
    about(QuestionKind::kCallPath, "main_loop", "parse_header", text);
  for (const char* text : {"What is the difference between Session and Flask?", "How do Session and Flask differ?",
                           "How does Session differ from Flask?", "Compare Session with Flask."})
    about(QuestionKind::kComparison, "Session", "Flask", text);
  for (const char* text : {"How does main_loop call the decoder?", "What is the way from here to there?",
                           "How do sessions and cookies differ?"})
    about(QuestionKind::kDescription, "", "", text);
}

TEST(Question, TellsWhetherAValueOrAWayIsAskedFor) {
  for (const char* text : {"How many redirects are followed at most?", "What is the default timeout in seconds?",
                           "In which directories are programs looked up?", "Which exit status do I get?"}) {
    EXPECT_TRUE(read(text).asks_value) << text;
    EXPECT_FALSE(read(text).asks_how) << text;
  }
  for (const char* text : {"Which function opens the connection?", "Which code feeds the text?",
                           "Where is the limit checked?", "Who calls it and from which file?"}) {
    EXPECT_FALSE(read(text).asks_value) << text;
    EXPECT_FALSE(read(text).asks_how) << text;
  }
  for (const char* text : {"How does it retry?", "What happens when the file is gone?"}) {
    EXPECT_FALSE(read(text).asks_value) << text;
    EXPECT_TRUE(read(text).asks_how) << text;
  }
}

TEST(Question, FindsNamesByTheirForm) {
  const Question q = read("Does `run` or HTTPAdapter.send() use max_size, HTTP, e.g. in Berlin?");
  std::vector<std::string> names;
  for (const Identifier& i : q.identifiers) names.push_back(i.text);
  EXPECT_THAT(names, testing::ElementsAre("run", "HTTPAdapter.send", "max_size", "HTTP"));
}

TEST(Question, KeepsOnlyWordsThatSaySomething) {
  std::vector<std::string> words;
  for (const Term& term : read("How does the code handle expired cookies?").terms) words.push_back(term.word);
  EXPECT_THAT(words, testing::ElementsAre("expired", "cookies"));
}

TEST(Question, KeepsNamesOfAWordAndANumberTogether) {
  EXPECT_THAT(read("Is HTTP/2 or SHA-256 used with OAuth2 for 64-bit x2 of a1b2?").numbered,
              testing::ElementsAre("HTTP/2", "SHA-256", "OAuth2"));
}

}  // namespace
}  // namespace strata::agent
