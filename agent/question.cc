// SPDX-License-Identifier: Apache-2.0
#include "agent/question.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <unordered_set>

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

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct Word {
  std::string text;  // "Parser::parse"
  std::string lower;
  bool quoted = false;  // in backticks
  bool call = false;    // followed by "()"
};

// Words and qualified names; the rest only separates, but for the end of a sentence.
std::vector<Word> split_words(std::string_view text) {
  std::vector<Word> words;
  bool quoted = false;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '`') quoted = !quoted;
    if (!is_word_char(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size()) {
      if (is_word_char(text[end])) {
        ++end;
      } else if (end + 1 < text.size() && text[end] == '.' && is_word_char(text[end + 1])) {
        ++end;
      } else if (end + 2 < text.size() && (text.substr(end, 2) == "::" || text.substr(end, 2) == "->") &&
                 is_word_char(text[end + 2])) {
        end += 2;
      } else {
        break;
      }
    }
    Word word{std::string(text.substr(i, end - i)), {}, quoted, text.substr(end, 2) == "()"};
    word.lower = lower(word.text);
    words.push_back(std::move(word));
    i = end;
  }
  return words;
}

bool is_one_of(std::string_view word, std::span<const std::string_view> list) {
  return std::ranges::find(list, word) != list.end();
}

constexpr std::array<std::string_view, 22> kKindWords = {
    "function",  "method",  "class",  "struct",   "structure", "macro", "constant", "type",
    "variable",  "enum",    "module", "define",   "interface", "trait", "field",    "member",
    "attribute", "setting", "symbol", "property", "typedef",   "the"};

// Reads the words of a question from left to right, trying fixed forms.
class Forms {
 public:
  Forms(const std::vector<Word>& words, const std::function<bool(std::string_view)>& is_symbol)
      : words_(words), is_symbol_(is_symbol) {}

  void read(Question& q) const {
    for (size_t i = 0; i < words_.size() && q.kind == QuestionKind::kDescription; ++i) {
      definition(i, q);
      callers(i, q);
      users(i, q);
      subclasses(i, q);
      value(i, q);
    }
  }

 private:
  bool at(size_t i, std::initializer_list<std::string_view> any) const {
    return i < words_.size() && std::ranges::find(any, words_[i].lower) != any.end();
  }
  size_t skip_kinds(size_t i) const {
    while (i < words_.size() && !named(i) && (is_one_of(words_[i].lower, kKindWords) || at(i, {"a", "an", "method"})))
      ++i;
    return i;
  }
  bool named(size_t i) const {
    return i < words_.size() && (words_[i].quoted || words_[i].call || looks_like_identifier(words_[i].text));
  }
  // A name by its form, or a bare word that the repository defines.
  bool subject(size_t i) const {
    return named(i) || (i < words_.size() && !empty_words().contains(words_[i].lower) && is_symbol_(words_[i].text));
  }
  bool is_end(size_t i) const {
    return i >= words_.size() || at(i, {"in", "within", "and", "here", "throughout", "from", "across", "anywhere"});
  }
  void set(Question& q, QuestionKind kind, size_t i) const {
    q.kind = kind;
    q.subject = words_[i].text;
  }

  // where is [the function] X [function] [defined]; definition of X; which file defines X
  void definition(size_t i, Question& q) const {
    if (at(i, {"definition", "declaration", "implementation"}) && at(i + 1, {"of"})) {
      const size_t x = skip_kinds(i + 2);
      if (subject(x) && (named(x) || is_end(x + 1))) return set(q, QuestionKind::kDefinition, x);
    }
    if (at(i, {"defines", "declares", "implements"}) && i >= 2 && at(i - 1, {"file", "module", "header", "source"})) {
      const size_t x = skip_kinds(i + 1);
      if (subject(x) && is_end(x + 1)) return set(q, QuestionKind::kDefinition, x);
    }
    if (!at(i, {"where", "wheres"})) return;
    size_t x = i + 1;
    if (at(x, {"s"})) ++x;
    if (at(x, {"is", "are", "can", "do", "does"})) ++x;
    if (at(x, {"i", "we", "you"})) ++x;
    if (at(x, {"find"})) ++x;
    x = skip_kinds(x);
    if (!subject(x)) return;
    size_t after = x + 1;
    while (after < words_.size() && is_one_of(words_[after].lower, kKindWords)) ++after;
    if (is_end(after) || (at(after, {"defined", "declared", "implemented", "located", "found"}) && is_end(after + 1)))
      set(q, QuestionKind::kDefinition, x);
  }

  // who calls X; callers of X; where is X called; where are objects of X created
  void callers(size_t i, Question& q) const {
    size_t x = 0;
    if (at(i, {"calls", "call", "invokes", "invoke", "calling", "call"}) && i >= 1 &&
        !at(i - 1, {"system", "function", "api"}))
      x = skip_kinds(i + 1);
    else if (at(i, {"functions", "function", "methods", "method"}) && at(i + 1, {"calls", "call", "invoke", "invokes"}))
      x = skip_kinds(i + 2);
    else if (at(i, {"callers", "caller", "calls"}) && at(i + 1, {"of", "to"}))
      x = skip_kinds(i + 2);
    if (x && subject(x) && (named(x) || is_end(x + 1)) && asks_for_somebody(i) && !subject_before(i))
      return set(q, QuestionKind::kCallers, x);
    if (at(i, {"called", "invoked"}) && i >= 2 && subject(i - 1) && at(0, {"where", "who", "from", "which"}) &&
        is_end(i + 1))
      return set(q, QuestionKind::kCallers, i - 1);
    // Calling a class makes an object.
    if (!at(i, {"created", "constructed", "instantiated"}) || !at(0, {"where", "from", "which"})) return;
    const size_t object = at(i - 1, {"objects", "instances", "object", "instance"}) ? i - 2 : i - 1;
    if (subject(object) && (named(object) || is_upper(words_[object].text[0])) && is_end(i + 1))
      set(q, QuestionKind::kCallers, object);
  }

  // who uses X; where is X used; references to X
  void users(size_t i, Question& q) const {
    if (at(i, {"uses", "use", "imports", "references"}) && asks_for_somebody(i) && !subject_before(i)) {
      const size_t x = skip_kinds(at(i + 1, {"to", "of"}) ? i + 2 : i + 1);
      if (subject(x) && is_end(x + 1)) return set(q, QuestionKind::kUsers, x);
    }
    if (at(i, {"usages", "usage", "uses", "references"}) && at(i + 1, {"of", "to"})) {
      const size_t x = skip_kinds(i + 2);
      if (subject(x) && is_end(x + 1)) return set(q, QuestionKind::kUsers, x);
    }
    if (at(i, {"used", "referenced", "imported"}) && i >= 2 && subject(i - 1) && at(0, {"where", "who"}) &&
        is_end(i + 1))
      set(q, QuestionKind::kUsers, i - 1);
  }

  // what derives from X; subclasses of X; which classes implement X
  void subclasses(size_t i, Question& q) const {
    size_t x = 0;
    const size_t next = i + (at(i + 1, {"directly", "immediately"}) ? 2 : 1);
    if (at(i, {"derive", "derives", "derived", "inherit", "inherits", "inheriting", "descend", "descends"}) &&
        at(next, {"from"}))
      x = skip_kinds(next + 1);
    else if (at(i, {"subclass", "subclasses", "extend", "extends", "extending", "subclassing"}))
      x = skip_kinds(at(next, {"of"}) ? next + 1 : next);
    else if (at(i, {"children", "descendants", "implementations", "derivatives"}) && at(i + 1, {"of"}))
      x = skip_kinds(i + 2);
    else if (at(i, {"implement", "implements"}) && i >= 1 &&
             at(i - 1, {"classes", "who", "what", "types", "structs", "which"}))
      x = skip_kinds(i + 1);
    if (x && subject(x) && is_end(x + 1) && !subject_before(i)) set(q, QuestionKind::kSubclasses, x);
  }

  // value of X; what is X set to; what is X
  void value(size_t i, Question& q) const {
    if (at(i, {"value", "default"}) && at(i + 1, {"of", "for"})) {
      const size_t x = skip_kinds(i + 2);
      if (named(x) && is_end(x + 1)) return set(q, QuestionKind::kValue, x);
    }
    if (at(i, {"value"}) && at(i + 1, {"does", "has", "is"})) {
      const size_t x = skip_kinds(i + 2);
      if (named(x)) return set(q, QuestionKind::kValue, x);
    }
    if (at(i, {"what"}) && at(i + 1, {"is", "does", "are"})) {
      const size_t x = skip_kinds(i + 2);
      if (named(x) && (is_end(x + 1) || (at(x + 1, {"set", "equal"}) && is_end(x + 2 + (at(x + 2, {"to"}) ? 1 : 0)))))
        set(q, QuestionKind::kValue, x);
    }
  }

  // "who ...", "which functions ...", "what calls ...", "list all ...": not "how does X call Y" or "what does X call".
  bool asks_for_somebody(size_t verb) const {
    for (size_t i = 0; i < verb; ++i) {
      if (at(i, {"how", "why", "when", "does", "did"})) return false;
      if (at(i, {"who", "what", "which", "where", "list", "find", "show", "all", "everything"})) return true;
    }
    return false;
  }
  bool subject_before(size_t verb) const {
    for (size_t i = 0; i < verb; ++i)
      if (named(i)) return true;
    return false;
  }

  const std::vector<Word>& words_;
  const std::function<bool(std::string_view)>& is_symbol_;
};

constexpr std::array<std::string_view, 16> kQuantities = {"many",  "much", "large", "long", "big",  "small",
                                                          "often", "far",  "deep",  "old",  "high", "low",
                                                          "wide",  "fast", "short", "few"};

bool asks_how(const std::vector<Word>& words) {
  constexpr std::array<std::string_view, 6> kEvents = {"happens", "happen", "becomes", "occurs", "become", "occur"};
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1].lower) : std::string_view();
    if (words[i].lower == "how" && !std::ranges::contains(kQuantities, next)) return true;
    if (words[i].lower == "what" && std::ranges::contains(kEvents, next)) return true;
  }
  return false;
}

bool asks_value(const std::vector<Word>& words) {
  constexpr std::array<std::string_view, 16> kCode = {"code",    "part",  "place", "places",  "file",    "files",
                                                      "modules", "lines", "line",  "methods", "classes", "functions",
                                                      "calls",   "does",  "uses",  "derives"};
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& next = words[i + 1].lower;
    if (words[i].lower == "how" && std::ranges::contains(kQuantities, next)) return true;
    if (words[i].lower == "which" || words[i].lower == "what")
      return next == "the" || !(std::ranges::contains(kCode, next) || std::ranges::contains(kKindWords, next));
  }
  return false;
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

bool says_nothing(std::string_view word) { return empty_words().contains(word); }

Question analyse_question(std::string_view text, const std::function<bool(std::string_view)>& is_symbol) {
  Question question;
  question.text = text;
  const std::vector<Word> words = split_words(text.substr(0, kLongestQuestion));
  std::unordered_set<std::string> seen, seen_terms;
  for (const Word& word : words) {
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
  question.asks_where = !words.empty() && (words[0].lower == "where" || words[0].lower == "which");
  question.asks_how = asks_how(words);
  question.asks_value = !question.asks_how && asks_value(words);
  Forms(words, is_symbol).read(question);
  if (!question.subject.empty() && !seen.contains(question.subject))
    question.identifiers.push_back({question.subject, false});
  return question;
}

Question analyse_question(std::string_view text, const repo::Index& index) {
  return analyse_question(text, [&](std::string_view name) {
    auto symbols = index.find_symbols(name);
    return symbols && std::ranges::any_of(*symbols, [&](const repo::Symbol& s) { return s.name == name; });
  });
}

}  // namespace strata::agent
