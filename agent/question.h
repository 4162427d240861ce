// SPDX-License-Identifier: Apache-2.0
// What a question asks for, read off its words: no model is involved, so the same question is always understood alike.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::agent {

enum class QuestionKind {
  kDefinition,   // where is X defined
  kCallers,      // who calls X
  kUsers,        // where is X used
  kSubclasses,   // what derives from X
  kValue,        // what is the value of X
  kDescription,  // everything that is told in words
};

struct Identifier {
  std::string text;     // as written, without "()" and backticks: "Parser::parse", "max_size"
  bool certain = true;  // its form says so (max_size, Parser::parse, `run`), else only the index does (run, JSON)
};

struct Question {
  std::string text;
  QuestionKind kind = QuestionKind::kDescription;
  std::string subject;                  // the X above, empty for kDescription
  std::vector<Identifier> identifiers;  // in order, each once
  std::vector<std::string> terms;       // stems of the words that carry meaning, each once, identifiers included
  bool asks_where = false;
  bool about_tests = false, about_docs = false;
};

// `is_symbol` says whether the repository defines a symbol of this name.
Question analyse_question(std::string_view text, const std::function<bool(std::string_view)>& is_symbol);

// A word without its English endings, lower-cased: crude on purpose, both sides of a comparison go through it.
std::string stem(std::string_view word);
// The stems of all words and parts of identifiers in a text.
std::vector<std::string> stems_of(std::string_view text);
// The last component of a qualified name: "parse" of "Parser::parse".
std::string_view last_component(std::string_view name);
// Text that has the form of an identifier and of no English word: underscores, inner capitals, digits, qualification.
bool looks_like_identifier(std::string_view text);

}  // namespace strata::agent
