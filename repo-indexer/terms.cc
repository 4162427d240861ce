// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/terms.h"

#include <libstemmer.h>

#include <algorithm>
#include <unordered_set>

#include "repo-indexer/compounds.h"

namespace strata::repo {
namespace {

constexpr size_t kMaxIdentifier = 120;  // longer runs are data (base64, hashes), not names
constexpr size_t kMaxKeptStems = 200'000;
constexpr size_t kMaxQueryTerms = 64;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_upper(c) || is_lower(c) || is_digit(c) || c == '_' || static_cast<signed char>(c) < 0;
}

template <typename OnIdentifier>
void each_identifier(std::string_view text, OnIdentifier on_identifier) {
  for (size_t i = 0; i < text.size();) {
    if (!is_word(text[i])) {
      ++i;
      continue;
    }
    const size_t first = i;
    while (i < text.size() && is_word(text[i])) ++i;
    if (i - first <= kMaxIdentifier) on_identifier(text.substr(first, i - first), first);
  }
}

// Words that questions are made of and that say nothing about code.
bool is_question_word(std::string_view word) {
  static const std::unordered_set<std::string_view> kWords = {
      "a",      "about", "all",   "also",  "am",      "an",    "and",    "any",     "are",        "as",   "at",
      "be",     "been",  "being", "but",   "by",      "can",   "code",   "could",   "did",        "do",   "does",
      "doing",  "done",  "each",  "ever",  "explain", "for",   "from",   "get",     "gets",       "give", "given",
      "had",    "has",   "have",  "how",   "i",       "if",    "in",     "into",    "is",         "it",   "its",
      "me",     "my",    "of",    "on",    "or",      "our",   "please", "project", "repository", "s",    "shall",
      "should", "show",  "so",    "some",  "such",    "t",     "tell",   "than",    "that",       "the",  "their",
      "them",   "then",  "there", "these", "they",    "this",  "those",  "to",      "us",         "used", "using",
      "was",    "we",    "were",  "what",  "when",    "where", "which",  "while",   "who",        "whom", "whose",
      "why",    "will",  "with",  "would", "you",     "your",  "happen", "happens"};
  return kWords.contains(word);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::vector<std::string> split_identifier(std::string_view s) {
  std::vector<std::string> parts;
  size_t first = 0;
  const auto end_part = [&](size_t end) {
    if (end > first) {
      std::string part = lower_case(s.substr(first, end - first));
      const auto words = split_compound(part);
      if (words.empty())
        parts.push_back(std::move(part));
      else
        parts.insert(parts.end(), words.begin(), words.end());
    }
    first = end;
  };
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '_') {
      end_part(i);
      first = i + 1;
    } else if (i > first) {
      const char before = s[i - 1], here = s[i], after = i + 1 < s.size() ? s[i + 1] : '\0';
      if (is_digit(before) != is_digit(here) || (is_lower(before) && is_upper(here)) ||
          (is_upper(before) && is_upper(here) && is_lower(after))) {
        end_part(i);
      }
    }
  }
  end_part(s.size());
  return parts;
}

std::vector<std::string> stems_of(std::string_view text) {
  TermMaker maker;
  std::vector<std::string> stems;
  each_identifier(text, [&](std::string_view word, size_t) {
    for (const std::string& part : split_identifier(word)) stems.push_back(maker.stem(part));
  });
  return stems;
}

void TermMaker::Delete::operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }

TermMaker::TermMaker() : stemmer_(sb_stemmer_new("english", "UTF_8")) {}

const std::string& TermMaker::stem(const std::string& word) {
  if (stems_.size() > kMaxKeptStems) stems_.clear();
  const auto [found, added] = stems_.try_emplace(word);
  if (added) {
    const auto* stemmed = stemmer_ ? sb_stemmer_stem(stemmer_.get(), reinterpret_cast<const sb_symbol*>(word.data()),
                                                     static_cast<int>(word.size()))
                                   : nullptr;
    found->second = stemmed ? std::string(reinterpret_cast<const char*>(stemmed),
                                          static_cast<size_t>(sb_stemmer_length(stemmer_.get())))
                            : word;
  }
  return found->second;
}

TermMaker::Known& TermMaker::known(std::string_view identifier) {
  if (const auto found = known_.find(identifier); found != known_.end()) return found->second;
  const auto added = known_.emplace(std::string(identifier), Known{}).first;
  Known& it = added->second;
  it.text = added->first;
  for (const std::string& part : split_identifier(identifier)) (it.stems += stem(part)) += ' ';
  const std::string lower = lower_case(identifier);
  it.lower = lower == identifier ? &it : &known(lower);
  return it;
}

PassageTerms TermMaker::passage(std::string_view path, std::string_view symbol, std::string_view text, uint32_t first,
                                uint32_t last, const std::vector<ByteRange>& comments) {
  if (known_.size() > kMaxKeptStems) known_.clear();
  PassageTerms terms;
  for (std::string_view name : {symbol, path}) {
    each_identifier(name, [&](std::string_view word, size_t) { terms.name += known(word).stems; });
  }
  ++passage_;
  auto comment = std::ranges::lower_bound(comments, first, {}, &ByteRange::last);
  each_identifier(text.substr(first, last - first), [&](std::string_view word, size_t at) {
    const size_t position = first + at;
    while (comment != comments.end() && comment->last <= position) ++comment;
    const bool in_comment = comment != comments.end() && comment->first <= position;
    Known& it = known(word);
    (in_comment ? terms.comments : terms.code) += it.stems;
    if (it.passage == passage_) return;
    it.passage = passage_;
    Known& lower = *it.lower;
    if (&lower != &it && lower.passage == passage_) return;
    lower.passage = passage_;
    (terms.words += lower.text) += ' ';
  });
  return terms;
}

std::string TermMaker::query(std::string_view question) {
  std::vector<std::string> terms;
  std::unordered_set<std::string> seen;
  const auto add = [&](std::string term, int times) {
    if (terms.size() < kMaxQueryTerms && seen.insert(term).second) terms.insert(terms.end(), times, std::move(term));
  };
  each_identifier(question, [&](std::string_view word, size_t at) {
    const bool quoted = at > 0 && (question[at - 1] == '`' || question[at - 1] == '\'' || question[at - 1] == '"');
    const auto parts = split_identifier(word);
    // A compound or quoted name in a question is the name of something: its exact form counts twice.
    if (parts.size() > 1 || quoted) add("words : \"" + lower_case(word) + "\"", 2);
    for (const std::string& part : parts) {
      if (parts.size() > 1 || quoted || !is_question_word(part))
        add("{name code comments} : \"" + stem(part) + "\"", 1);
    }
  });
  std::string expression;
  for (const std::string& term : terms) {
    if (!expression.empty()) expression += " OR ";
    expression += "(" + term + ")";
  }
  return expression;
}

}  // namespace strata::repo
