// SPDX-License-Identifier: Apache-2.0
// What a question asks for, read off its words: no model is involved, so the same question is always understood alike.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/index.h"

namespace strata::agent {

enum class QuestionKind {
  kDefinition,   // where is X defined
  kCallers,      // who calls X
  kUsers,        // where is X used
  kSubclasses,   // what derives from X, or overrides the method X
  kCallees,      // what does X call
  kCallPath,     // how does X come to call Y
  kTests,        // which tests run into X
  kMembers,      // what has the class X
  kBases,        // what does X derive from
  kSignature,    // what does X take
  kIncludes,     // what does the file X include
  kIncludedBy,   // what includes the file X
  kOutline,      // what is in the file X
  kValue,        // what is the value of X
  kComparison,   // how do X and Y differ
  kDescription,  // everything that is told in words
};

// Which uses of X are asked for.
enum class UseOf { kAny, kWritten, kRaised, kCaught, kReturned };

struct Identifier {
  std::string text;     // as written, without "()" and backticks: "Parser::parse", "max_size"
  bool certain = true;  // its form says so (max_size, Parser::parse, `run`), else only the index does (run, JSON)
};

struct Term {
  std::string stem;  // as repo::stems_of() makes it
  std::string word;  // as it was asked, lower case
};

struct Question {
  std::string text;
  QuestionKind kind = QuestionKind::kDescription;
  std::string subject, object;          // the X and Y above, else empty
  UseOf use = UseOf::kAny;              // for kUsers
  bool and_more = false;                // "who sets X, and who reads it?"
  std::vector<Identifier> identifiers;  // in order, each once
  std::vector<Term> terms;              // the words that carry meaning, each stem once, parts of identifiers included
  std::vector<std::string> numbered;    // "HTTP/2", "SHA-256", "OAuth2": neither the word nor the number says it alone
  std::string guessed;  // words that a model expects in the names of the code that answers (agent/guessed_words.h)
  bool asks_where = false;
  bool asks_how = false;    // how something happens, not how many or how large
  bool asks_value = false;  // how many, how large, which of the things that are no code: a line tells
  bool about_tests = false, about_docs = false;
};

// `is_symbol` says whether the repository defines a symbol of this name.
Question analyse_question(std::string_view text, const std::function<bool(std::string_view)>& is_symbol);
Question analyse_question(std::string_view text, const repo::Index& index);

// Function words and the vocabulary of asking about code ("function", "implemented"), lower case.
bool says_nothing(std::string_view word);
// The last component of a qualified name: "parse" of "Parser::parse".
std::string_view last_component(std::string_view name);
// Text that has the form of an identifier and of no English word: underscores, inner capitals, digits, qualification.
bool looks_like_identifier(std::string_view text);

}  // namespace strata::agent
