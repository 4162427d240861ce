// SPDX-License-Identifier: Apache-2.0
#include "agent/question.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "agent/question_forms.h"
#include "repo-indexer/terms.h"

namespace strata::agent {

namespace {

constexpr size_t kLongestQuestion = 4096;  // what is longer is a pasted log; its beginning is analysed

// Function words and the vocabulary of asking about code: they say nothing about what is asked for.
const std::unordered_set<std::string_view>& empty_words() {
  static const std::unordered_set<std::string_view> words = {
      "a",           "an",         "the",         "and",        "or",
      "of",          "to",         "in",          "on",         "at",
      "by",          "for",        "from",        "with",       "without",
      "into",        "is",         "are",         "was",        "were",
      "be",          "been",       "being",       "it",         "its",
      "this",        "that",       "these",       "those",      "there",
      "here",        "what",       "which",       "who",        "whom",
      "whose",       "where",      "when",        "why",        "how",
      "does",        "do",         "did",         "done",       "can",
      "could",       "should",     "would",       "will",       "may",
      "might",       "must",       "has",         "have",       "had",
      "not",         "no",         "if",          "then",       "than",
      "as",          "so",         "such",        "any",        "all",
      "each",        "every",      "some",        "other",      "another",
      "one",         "two",        "i",           "we",         "you",
      "they",        "he",         "she",         "me",         "my",
      "our",         "your",       "their",       "them",       "us",
      "about",       "after",      "before",      "between",    "during",
      "over",        "under",      "up",          "down",       "out",
      "off",         "only",       "also",        "just",       "exactly",
      "given",       "while",      "until",       "whether",    "get",
      "gets",        "got",        "happen",      "happens",    "function",
      "functions",   "method",     "methods",     "class",      "classes",
      "code",        "codebase",   "repository",  "repo",       "project",
      "program",     "implement",  "implemented", "implements", "implementation",
      "define",      "defined",    "defines",     "definition", "declared",
      "handle",      "handled",    "handles",     "work",       "works",
      "responsible", "place",      "find",        "located",    "part",
      "way",         "used",       "use",         "uses",       "using",
      "called",      "calls",      "call",        "make",       "makes",
      "made",        "come",       "tell",        "show",       "explain",
      "describe",    "value",      "source",      "file",       "support",
      "supported",   "supports",   "library",     "system",     "built",
      "itself",      "actually",   "whenever",    "s",          "t",
      "choose",      "chooses",    "chosen",      "decide",     "decides",
      "decided",     "determine",  "determines",  "determined", "deal",
      "deals",       "dealt",      "take",        "takes",      "taken",
      "somebody",    "someone",    "something",   "somewhere",  "anybody",
      "anyone",      "anything",   "nobody",      "nothing",    "everybody",
      "everyone",    "everything", "thing",       "things",     "instead",
      "themselves",  "himself",    "herself",     "own",        "kind",
      "sort",        "many",       "much",        "more",       "most",
      "few",         "already",    "still",       "yet",        "again",
      "once",        "always",     "never",       "become",     "becomes",
      "behaviour",   "behavior",   "logic",       "want",       "wants",
      "wanted",      "need",       "needs",       "needed",     "let",
      "lets",        "ever",       "mean",        "means",      "really"};
  return words;
}

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

std::vector<std::string> numbered_names(std::string_view text) {
  std::vector<std::string> names;
  for (size_t i = 0; i < text.size();) {
    const auto run = [&](size_t from, auto is) {
      while (from < text.size() && is(static_cast<unsigned char>(text[from]))) ++from;
      return from;
    };
    if (!is_word_char(text[i])) {
      ++i;
      continue;
    }
    const size_t letters = run(i, [](unsigned char c) { return std::isalpha(c) != 0; });
    const size_t separator = letters < text.size() && (text[letters] == '/' || text[letters] == '-') ? 1 : 0;
    const size_t digits = run(letters + separator, [](unsigned char c) { return std::isdigit(c) != 0; });
    const size_t end = run(digits, [](unsigned char c) { return is_word_char(static_cast<char>(c)); });
    if (letters >= i + 2 && digits > letters + separator && end == digits) names.emplace_back(text.substr(i, end - i));
    i = std::max(end, i + 1);
  }
  return names;
}

}  // namespace

std::string_view last_component(std::string_view name) {
  const size_t at = name.find_last_of(".:>");
  return at == std::string_view::npos ? name : name.substr(at + 1);
}

bool looks_like_identifier(std::string_view text) {
  if (text.find("::") != std::string_view::npos || text.find("->") != std::string_view::npos) return true;
  if (text.find('_') != std::string_view::npos) return text.find_first_not_of('_') != std::string_view::npos;
  if (const size_t dot = text.find('.'); dot != std::string_view::npos) {
    // "i.e." and "2.5" are not; "config.py" is as good as a name.
    return dot >= 2 && text.size() - dot > 2 && !std::isdigit(static_cast<unsigned char>(text[0]));
  }
  bool letters = false;
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    letters |= is_lower(text[i]);
    if (is_lower(text[i]) && is_upper(text[i + 1])) return true;
    if (i + 2 < text.size() && is_upper(text[i]) && is_upper(text[i + 1]) && is_lower(text[i + 2]) &&
        text.substr(i + 2) != "s")
      return true;
  }
  return false;
}

bool says_nothing(std::string_view word) { return empty_words().contains(word); }

Question analyse_question(std::string_view text, const std::function<bool(std::string_view)>& is_symbol) {
  Question question;
  question.text = text;
  const std::vector<QuestionWord> words = split_words(text.substr(0, kLongestQuestion));
  std::unordered_set<std::string> seen, seen_terms;
  for (const QuestionWord& word : words) {
    const bool certain = word.quoted || word.call || looks_like_identifier(word.text);
    const bool capitals = word.text.size() >= 2 && std::ranges::all_of(word.text, [](char c) { return is_upper(c); });
    if ((certain || (capitals && is_symbol(word.text))) && seen.insert(word.text).second)
      question.identifiers.push_back({word.text, certain});
    if (!certain && empty_words().contains(word.lower)) continue;
    for (const std::string& part : repo::split_identifier(word.text))
      for (std::string& stem : repo::stems_of(part))
        if (stem.size() >= 2 && seen_terms.insert(stem).second) question.terms.push_back({std::move(stem), part});
    question.about_tests |= word.lower.starts_with("test");
    question.about_docs |= word.lower.starts_with("doc") || word.lower == "readme" || word.lower == "example";
  }
  question.numbered = numbered_names(text.substr(0, kLongestQuestion));
  read_forms(words, is_symbol, question);
  for (const std::string& name : {question.subject, question.object})
    if (!name.empty() && seen.insert(name).second) question.identifiers.push_back({name, false});
  return question;
}

Question analyse_question(std::string_view text, const repo::Index& index) {
  return analyse_question(text, [&](std::string_view name) {
    auto symbols = index.find_symbols(name);
    return symbols && std::ranges::any_of(*symbols, [&](const repo::Symbol& s) { return s.name == name; });
  });
}

}  // namespace strata::agent
