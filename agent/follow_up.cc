// SPDX-License-Identifier: Apache-2.0
#include "agent/follow_up.h"

#include <algorithm>
#include <array>

#include "agent/question_forms.h"

namespace strata::agent {

namespace {

constexpr std::array<std::string_view, 8> kThings = {"function", "method",   "class", "struct",
                                                     "macro",    "constant", "type",  "variable"};

// What the exchange was about: the one name of its question, else what its answer stands on.
std::string topic(const Question& question, const Answer& answer) {
  if (!question.subject.empty()) return question.subject;
  if (question.identifiers.size() == 1) return question.identifiers.front().text;
  for (const Citation& c : answer.citations)
    if (c.verified && !c.symbol.empty()) return c.symbol;
  return {};
}

// Where the question refers back: [first, last) words; nothing if it does not.
struct Reference {
  size_t first = 0, last = 0;
};
Reference reference_in(const std::vector<QuestionWord>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i].lower;
    const bool thing_follows = i + 1 < words.size() && std::ranges::contains(kThings, words[i + 1].lower);
    if (word == "it" || word == "they" || word == "them") return {i, i + 1};
    if (word != "this" && word != "that") continue;
    if (thing_follows) return {i, i + 2};
    if (i + 1 == words.size()) return {i, i + 1};
  }
  return {};
}

}  // namespace

std::string complete_question(const repo::Index& index, std::string_view question, const Answer& earlier) {
  std::string text(question);
  if (!analyse_question(question, index).identifiers.empty()) return text;
  const std::vector<QuestionWord> words = split_words(question);
  const Reference back = reference_in(words);
  if (back.last == 0) return text;
  const std::string name = topic(analyse_question(earlier.question, index), earlier);
  if (name.empty()) return text;
  text.replace(words[back.first].at, words[back.last - 1].at + words[back.last - 1].text.size() - words[back.first].at,
               "`" + name + "`");
  // What "it" is may have been said in the question itself, unless nothing was said before or the form is plain.
  const bool first = std::ranges::all_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(back.first),
                                         says_nothing, &QuestionWord::lower);
  if (first || analyse_question(text, index).kind != QuestionKind::kDescription) return text;
  return std::string(question);
}

}  // namespace strata::agent
