// SPDX-License-Identifier: Apache-2.0
// The fixed forms in which people ask about code ("who calls X", "how does X come to call Y"), read word by word.
#pragma once

#include "agent/question.h"

namespace strata::agent {

struct QuestionWord {
  std::string text;  // "Parser::parse"
  std::string lower;
  bool quoted = false;  // in backticks
  bool call = false;    // followed by "()"
  size_t at = 0;        // in the question
};

// Words and qualified names; the rest only separates.
std::vector<QuestionWord> split_words(std::string_view text);

// Sets kind, subject, object and what else the forms tell.
void read_forms(const std::vector<QuestionWord>& words, const std::function<bool(std::string_view)>& is_symbol,
                Question& question);

}  // namespace strata::agent
