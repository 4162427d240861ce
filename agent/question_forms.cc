// SPDX-License-Identifier: Apache-2.0
#include "agent/question_forms.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>

namespace strata::agent {

namespace {

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_one_of(std::string_view word, std::span<const std::string_view> list) {
  return std::ranges::find(list, word) != list.end();
}

constexpr std::array<std::string_view, 22> kKindWords = {
    "function",  "method",  "class",  "struct",   "structure", "macro", "constant", "type",
    "variable",  "enum",    "module", "define",   "interface", "trait", "field",    "member",
    "attribute", "setting", "symbol", "property", "typedef",   "the"};

constexpr std::array<std::string_view, 16> kQuantities = {"many",  "much", "large", "long", "big",  "small",
                                                          "often", "far",  "deep",  "old",  "high", "low",
                                                          "wide",  "fast", "short", "few"};

bool asks_how(const std::vector<QuestionWord>& words) {
  constexpr std::array<std::string_view, 6> kEvents = {"happens", "happen", "becomes", "occurs", "become", "occur"};
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1].lower) : std::string_view();
    if (words[i].lower == "how" && !std::ranges::contains(kQuantities, next)) return true;
    if (words[i].lower == "what" && std::ranges::contains(kEvents, next)) return true;
  }
  return false;
}

bool asks_value(const std::vector<QuestionWord>& words) {
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

// All that a question has beside the name of what it asks the place, or the value, of.
constexpr std::array<std::string_view, 40> kPlaceWords = {
    "where",   "in",    "on",       "at",  "is",   "are",     "does",       "do",      "can",         "i",
    "we",      "find",  "show",     "me",  "tell", "live",    "lives",      "located", "sit",         "found",
    "defined", "named", "declared", "of",  "file", "line",    "source",     "there",   "implemented", "called",
    "exists",  "exist", "contains", "has", "have", "contain", "definition", "code",    "please",      "folder"};
constexpr std::array<std::string_view, 6> kAsksPlace = {"where", "find", "show", "file", "line", "there"};
constexpr std::array<std::string_view, 24> kValueWords = {
    "what",   "which", "how",  "value", "default", "is",  "of",   "for",  "assigned", "set",     "to", "equal",
    "equals", "does",  "have", "has",   "large",   "big", "long", "high", "many",     "initial", "s",  "small"};

constexpr std::array<std::string_view, 9> kThings = {"symbols", "types",     "structs", "macros",  "constants",
                                                     "enums",   "variables", "outline", "contents"};

// Of files that people ask about by name.
constexpr std::array<std::string_view, 40> kEndings = {
    "c",    "h",   "cc",  "cpp",   "cxx",  "hpp",  "hh",  "hxx",   "cu",    "cuh", "py",  "pyi", "js",  "mjs",
    "jsx",  "ts",  "tsx", "rs",    "go",   "java", "kt",  "scala", "swift", "cs",  "rb",  "php", "lua", "sh",
    "bash", "qml", "sql", "proto", "json", "yaml", "yml", "toml",  "xml",   "md",  "rst", "txt"};

// Reads the words of a question from left to right, trying fixed forms.
class Forms {
 public:
  Forms(const std::vector<QuestionWord>& words, const std::function<bool(std::string_view)>& is_symbol)
      : words_(words), is_symbol_(is_symbol) {}

  void read(Question& q) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (const auto form :
           {&Forms::call_path, &Forms::comparison, &Forms::tests, &Forms::file, &Forms::contents, &Forms::definition,
            &Forms::possessions, &Forms::callees, &Forms::subclasses, &Forms::users, &Forms::value}) {
        (this->*form)(i, q);
        if (q.kind != QuestionKind::kDescription) return;
      }
    }
    nothing_else(q);
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
    return named(i) || (i < words_.size() && !says_nothing(words_[i].lower) && is_symbol_(words_[i].text));
  }
  // "of the class Y", behind the name of a member of it.
  size_t owner(size_t i) const {
    if (!at(i, {"of"})) return 0;
    const size_t y = skip_kinds(i + 1);
    return y < words_.size() && subject(y) && !is_path(y) && is_upper(words_[y].text[0]) ? y : 0;
  }
  bool is_end(size_t i) const {
    return i >= words_.size() || owner(i) != 0 ||
           at(i, {"in", "within", "and", "here", "throughout", "from", "across", "anywhere"});
  }
  void set(Question& q, QuestionKind kind, size_t subject) const {
    q.kind = kind;
    q.subject = words_[subject].text;
    if (const size_t y = owner(subject + 1); y != 0 && !q.subject.contains('.') && !q.subject.contains(':'))
      q.subject = words_[y].text + "." + q.subject;
  }
  void set(Question& q, QuestionKind kind, size_t subject, size_t object) const {
    set(q, kind, subject);
    q.object = words_[object].text;
  }

  // A name, and beside it only words that ask for its place, or its value: in which file does X live, how large is X.
  void nothing_else(Question& q) const {
    size_t name = words_.size();
    bool place = true, asks_place = false, value = true;
    for (size_t i = 0; i < words_.size(); ++i) {
      if (named(i) && !is_path(i)) {
        if (name < words_.size()) return;
        name = i;
        continue;
      }
      const std::string& word = words_[i].lower;
      const bool kind = is_one_of(word, kKindWords) || at(i, {"a", "an", "any", "what", "which", "exactly"});
      place &= kind || is_one_of(word, kPlaceWords);
      asks_place |= is_one_of(word, kAsksPlace) || at(i, {"exist", "exists"}) ||
                    (at(i, {"module"}) && i > 0 && at(i - 1, {"which", "what"}));
      value &= kind || is_one_of(word, kValueWords);
    }
    if (name == words_.size()) return;
    if (place && asks_place) return set(q, QuestionKind::kDefinition, name);
    if (value && at(0, {"what", "which", "how"})) set(q, QuestionKind::kValue, name);
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

  // What somebody does to X, or what is done to it.
  struct Deed {
    QuestionKind kind;
    UseOf use;
    bool bare;  // also to a symbol that has the form of any word: "who calls escape", not "where are errors handled"
    std::array<std::string_view, 12> does, done;
  };
  static constexpr std::array<Deed, 8> kDeeds = {{
      {QuestionKind::kCallers,
       UseOf::kAny,
       true,
       {"call", "calls", "calling", "invoke", "invokes", "invoking"},
       {"called", "invoked"}},
      // Calling a class makes an object.
      {QuestionKind::kCallers,
       UseOf::kAny,
       false,
       {"create", "creates", "construct", "constructs", "instantiate", "instantiates", "allocate", "allocates"},
       {"created", "constructed", "instantiated", "allocated"}},
      {QuestionKind::kUsers,
       UseOf::kAny,
       true,
       {"use", "uses", "using", "reference", "references"},
       {"used", "referenced", "imported"}},
      {QuestionKind::kUsers, UseOf::kAny, false, {"access", "accesses", "read", "reads"}, {"accessed", "read"}},
      {QuestionKind::kUsers,
       UseOf::kWritten,
       false,
       {"set", "sets", "write", "writes", "change", "changes", "modify", "modifies", "assign", "assigns", "update",
        "updates"},
       {"set", "written", "changed", "modified", "assigned", "updated", "incremented"}},
      {QuestionKind::kUsers, UseOf::kRaised, false, {"raise", "raises", "throw", "throws"}, {"raised", "thrown"}},
      {QuestionKind::kUsers, UseOf::kCaught, false, {"catch", "catches", "handle", "handles"}, {"caught", "handled"}},
      {QuestionKind::kUsers, UseOf::kReturned, false, {"return", "returns"}, {"returned"}},
  }};
  bool any_of(size_t i, std::span<const std::string_view> verbs) const {
    return i < words_.size() && !words_[i].lower.empty() && is_one_of(words_[i].lower, verbs);
  }
  // A name for the kind of deed: by its form, or of a class.
  bool subject_of(const Deed& deed, size_t i) const {
    return deed.bare ? subject(i)
                     : named(i) ||
                           (subject(i) && is_upper(words_[i].text[0]) && std::ranges::any_of(words_[i].text, is_lower));
  }

  // who calls X; callers of X; where is X called; where are objects of X created; which functions set X
  void users(size_t i, Question& q) const {
    for (const Deed& deed : kDeeds) {
      const auto found = [&](size_t x) {
        set(q, deed.kind, x);
        q.use = deed.use;
        const size_t behind = std::max(x, i) + 1;
        q.and_more = at(behind, {"and"}) && at(behind + 1, {"which", "who", "what", "where", "whom"});
      };
      if (any_of(i, deed.does) && does_it(i) && !at(i - 1, {"system", "api"})) {
        const size_t x = skip_kinds(at(i + 1, {"to", "of", "from"}) ? i + 2 : i + 1);
        const bool calls = deed.kind == QuestionKind::kCallers && deed.bare;
        if (subject_of(deed, x) && !is_path(x) && ((calls && named(x)) || is_end(x + 1))) return found(x);
      }
      if (!any_of(i, deed.done) || i < 2) continue;
      size_t x = i - 1;
      while (x > 0 && at(x, {"actually", "directly", "ever", "really", "also", "first", "being", "currently", "objects",
                             "instances", "object", "instance"}))
        --x;
      const bool ends = is_end(i + 1) || (at(i + 1, {"by"}) && i + 2 == words_.size());
      if (subject_of(deed, x) && ends && (asks_for_somebody(i) || at(0, {"is", "are"}))) return found(x);
    }
    if (at(i, {"callers", "caller", "calls", "usages", "usage", "uses", "users", "references"}) &&
        at(i + 1, {"of", "to"})) {
      const bool calls = at(i, {"callers", "caller", "calls"});
      const size_t x = skip_kinds(i + 2);
      if (subject(x) && ((calls && named(x)) || is_end(x + 1)))
        return set(q, calls ? QuestionKind::kCallers : QuestionKind::kUsers, x);
    }
    const bool depends = at(i, {"depend", "depends", "rely", "relies"}) && at(i + 1, {"on"});
    if ((depends || at(i, {"uses", "use", "imports", "import"})) && does_it(i)) {
      const size_t x = skip_kinds(depends ? i + 2 : i + 1);
      if (is_path(x)) return set(q, QuestionKind::kIncludedBy, x);
      if (subject(x) && is_end(x + 1)) set(q, depends ? QuestionKind::kUsers : QuestionKind::kIncludedBy, x);
    }
  }
  bool does_it(size_t verb) const { return asks_for_somebody(verb) && !subject_before(verb); }

  // X's callers, X's subclasses
  void possessions(size_t i, Question& q) const {
    if (!subject(i) || !at(i + 1, {"s"})) return;
    const auto has = [&](std::initializer_list<std::string_view> what, QuestionKind kind) {
      if (at(i + 2, what) && is_end(i + 3)) set(q, kind, i);
    };
    has({"callers"}, QuestionKind::kCallers);
    has({"callees"}, QuestionKind::kCallees);
    has({"users", "uses", "usages"}, QuestionKind::kUsers);
    has({"subclasses", "children", "descendants", "implementations"}, QuestionKind::kSubclasses);
    has({"members", "methods", "fields", "attributes"}, QuestionKind::kMembers);
    has({"signature", "parameters", "arguments", "prototype"}, QuestionKind::kSignature);
    has({"bases", "parents", "superclass", "superclasses"}, QuestionKind::kBases);
    has({"tests"}, QuestionKind::kTests);
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
             at(i - 1, {"classes", "who", "what", "types", "structs", "which", "that"}))
      x = skip_kinds(i + 1);
    else if (at(i, {"override", "overrides", "overriding", "reimplement", "reimplements"}) && asks_for_somebody(i))
      x = skip_kinds(i + 1);
    else if (at(i, {"build", "builds", "based"}) && at(next, {"on"}) && asks_for_somebody(i))
      x = skip_kinds(next + 1);
    else if (at(i, {"have", "has", "with"}) && asks_for_somebody(i)) {
      const size_t base = skip_kinds(i + 1);
      size_t as = base + 2;
      while (at(as, {"their", "its", "a", "the", "direct"})) ++as;
      if (!at(base + 1, {"as"}) || !subject(base) || !at(as, {"base", "parent", "superclass", "bases"})) return;
      return set(q, QuestionKind::kSubclasses, base);
    } else if (at(i, {"subclassed", "extended", "overridden", "reimplemented"}) && i >= 2 && subject(i - 1) &&
               (asks_for_somebody(i) || at(0, {"is"}))) {
      if (is_end(i + 1)) set(q, QuestionKind::kSubclasses, i - 1);
      return;
    }
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

  // what does X call; functions called by X; callees of X
  void callees(size_t i, Question& q) const {
    if (at(i, {"callees"}) && at(i + 1, {"of"})) {
      if (const size_t x = skip_kinds(i + 2); subject(x)) return set(q, QuestionKind::kCallees, x);
    }
    if (!asks_for_somebody(i)) return;
    if (at(i, {"called", "invoked"}) && at(i + 1, {"by", "from"})) {
      const size_t x = skip_kinds(i + 2);
      if (subject(x) && is_end(x + 1) && !subject_before(i)) return set(q, QuestionKind::kCallees, x);
    }
    if (at(i, {"does"})) {
      const size_t x = skip_kinds(i + 1);
      if (subject(x) && at(x + 1, {"call", "invoke"}) && is_end(x + 2)) set(q, QuestionKind::kCallees, x);
    }
  }

  // how does X come to call Y; does X call Y; how is Y reached from X; the path from X to Y; calls between X and Y
  void call_path(size_t i, Question& q) const {
    if (at(i, {"does", "do", "can"})) {
      const size_t x = skip_kinds(i + 1);
      if (!subject(x)) return;
      size_t verb = x + 1;
      while (at(verb, {"ever", "come", "comes", "to", "end", "up", "get", "eventually", "finally", "indirectly",
                       "directly", "ultimately", "lead"}))
        ++verb;
      const size_t through = at(verb, {"reach", "call", "calling", "invoke", "invoking", "reaching"}) ? verb + 1
                             : verb > x + 1 && at(verb - 1, {"to"})                                   ? verb
                                                                                                      : 0;
      if (through == 0) return;
      const size_t y = skip_kinds(through);
      if (subject(y) && is_end(y + 1)) set(q, QuestionKind::kCallPath, x, y);
    } else if (at(i, {"called", "reached", "invoked"}) && at(i + 1, {"from", "by"}) && at(0, {"how", "is", "can"})) {
      const size_t x = skip_kinds(i + 2);
      if (i >= 1 && subject(i - 1) && subject(x) && is_end(x + 1)) set(q, QuestionKind::kCallPath, x, i - 1);
    } else if (at(i, {"path", "chain", "route", "way", "calls"})) {
      const bool between = at(i + 1, {"between"});
      size_t from = i + 1;
      while (at(from, {"of", "function", "calls"})) ++from;
      if (!between && !at(from, {"from"})) return;
      const size_t x = skip_kinds(from + 1), y = skip_kinds(x + 2);
      if (subject(x) && at(x + 1, {"to", "and", "into"}) && subject(y)) set(q, QuestionKind::kCallPath, x, y);
    }
  }

  // the difference between X and Y; how do X and Y differ; compare X with Y
  void comparison(size_t i, Question& q) const {
    size_t x = 0;
    if (at(i, {"difference", "differences", "compare", "comparing"}))
      x = skip_kinds(at(i + 1, {"between", "of"}) ? i + 2 : i + 1);
    else if (at(i, {"do", "does"}) && asks_how(words_))
      x = skip_kinds(i + 1);
    if (x == 0 || !subject(x)) return;
    size_t y = x + 1;
    const bool differs = at(y, {"differ"});
    if (differs) ++y;
    if (!at(y, {"and", "with", "to", "from", "versus", "vs"})) return;
    y = skip_kinds(y + 1);
    if (subject(y) &&
        (differs || at(i, {"difference", "differences", "compare", "comparing"}) || at(y + 1, {"differ"})))
      set(q, QuestionKind::kComparison, x, y);
  }

  // what does X.h include; which files include X.h; what is in X.h
  void file(size_t i, Question& q) const {
    if (!is_path(i)) return;
    const bool end = i + 1 == words_.size();
    if (at(i - 1, {"include", "includes", "import", "imports", "including", "importing"}) && asks_for_somebody(i - 1))
      return set(q, QuestionKind::kIncludedBy, i);
    if (at(i + 1, {"included", "imported"}) && is_end(i + 2)) return set(q, QuestionKind::kIncludedBy, i);
    if (at(i - 1, {"does"}) && i + 2 == words_.size()) {
      if (at(i + 1, {"include", "import"})) return set(q, QuestionKind::kIncludes, i);
      if (at(i + 1, {"define", "declare", "contain"})) return set(q, QuestionKind::kOutline, i);
    }
    const bool inside = (at(i - 1, {"in"}) && at(i - 2, {"is", "are", "defined", "declared", "s"})) ||
                        (at(i - 1, {"of"}) && at(i - 2, {"outline", "contents", "symbols"}));
    if (end && inside && at(0, {"what", "whats", "which", "list", "show", "outline"}) &&
        std::ranges::all_of(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(i),
                            [](const QuestionWord& w) { return says_nothing(w.lower) || is_one_of(w.lower, kThings); }))
      set(q, QuestionKind::kOutline, i);
  }
  bool is_path(size_t i) const {
    if (i == 0 || i >= words_.size() || !words_[i].text.contains('.')) return false;
    return words_[i].text.contains('/') || is_one_of(words_[i].lower.substr(words_[i].lower.rfind('.') + 1), kEndings);
  }

  // members of X; which methods does X have; what does X derive from; base classes of X; signature of X
  void contents(size_t i, Question& q) const {
    const auto kind_of = [&](size_t w) {
      if (at(w, {"members", "methods", "fields", "attributes", "enumerators"})) return QuestionKind::kMembers;
      if (at(w, {"signature", "parameters", "arguments", "prototype"})) return QuestionKind::kSignature;
      if (at(w, {"bases", "superclasses", "superclass", "parents", "ancestors"})) return QuestionKind::kBases;
      if (at(w, {"base", "parent", "super"}) && at(w + 1, {"class", "classes"})) return QuestionKind::kBases;
      return QuestionKind::kDescription;
    };
    if (const QuestionKind kind = kind_of(i); kind != QuestionKind::kDescription) {
      const size_t behind = at(i + 1, {"class", "classes"}) ? i + 2 : i + 1;
      const bool does = at(behind, {"does", "do"});
      if (!does && !at(behind, {"of"})) return;
      const size_t x = skip_kinds(behind + 1);
      if (subject(x) &&
          (does ? at(x + 1, {"have", "has", "take", "takes", "define", "accept", "expect"}) && is_end(x + 2)
                : is_end(x + 1)))
        set(q, kind, x);
      return;
    }
    if (at(i, {"type"}) && at(i + 1, {"does"})) {
      const size_t x = skip_kinds(i + 2);
      if (subject(x) && at(x + 1, {"return", "returns"}) && is_end(x + 2)) set(q, QuestionKind::kSignature, x);
    } else if (at(i, {"does", "is"}) && asks_for_somebody(i)) {
      const size_t x = skip_kinds(i + 1);
      if (subject(x) && at(x + 1, {"derive", "inherit", "descend", "derived", "extend"}) &&
          (x + 2 == words_.size() || (at(x + 2, {"from"}) && x + 3 == words_.size())))
        set(q, QuestionKind::kBases, x);
    }
  }

  // which tests cover X; tests of X; is X tested
  void tests(size_t i, Question& q) const {
    if (at(i, {"tests"})) {
      const bool verb = at(i + 1, {"cover", "test", "exercise", "touch", "check", "call", "reach", "use", "run", "for",
                                   "of", "covering", "calling", "exercising"});
      const size_t x = skip_kinds(i + (at(i + 2, {"into", "through"}) ? 3 : verb ? 2 : 1));
      if ((verb || i + 1 < x || at(0, {"what"})) && subject(x) && is_end(x + 1)) set(q, QuestionKind::kTests, x);
    } else if (at(i, {"tested", "covered"}) && i >= 1 && subject(i - 1) && at(0, {"is", "where", "how"})) {
      if (is_end(i + 1) || at(i + 1, {"by"})) set(q, QuestionKind::kTests, i - 1);
    }
  }

  // "who ...", "which functions ...", "what calls ...", "list all ...": not "how does X call Y" or "what does X call".
  bool asks_for_somebody(size_t verb) const {
    bool asks = false;
    for (size_t i = 0; i < verb; ++i) {
      if (at(i, {"how", "why", "when"}) && !asks) return false;
      if (at(i, {"does", "do", "did"}) && !asks) {
        if (!at(i + 1, {"anything", "anyone", "anybody", "something", "any", "other"})) return false;
        asks = true;
      }
      asks |= at(i, {"who", "whom", "what", "which", "where", "list", "find", "show", "name", "all", "everything"});
    }
    return asks;
  }
  bool subject_before(size_t verb) const {
    for (size_t i = 0; i < verb; ++i)
      if (named(i)) return true;
    return false;
  }

  const std::vector<QuestionWord>& words_;
  const std::function<bool(std::string_view)>& is_symbol_;
};

}  // namespace

namespace {

// Whether what follows the slash makes a path of it: "src/graph.h", not "read/write".
bool is_path_from(std::string_view text, size_t slash) {
  size_t end = slash;
  while (end < text.size() && (is_word_char(text[end]) || text[end] == '/' || text[end] == '.' || text[end] == '-'))
    ++end;
  while (end > slash && text[end - 1] == '.') --end;
  return text.substr(slash, end - slash).contains('.');
}

}  // namespace

std::vector<QuestionWord> split_words(std::string_view text) {
  std::vector<QuestionWord> words;
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
      } else if (text[end] == '/' && end + 1 < text.size() && is_word_char(text[end + 1]) && is_path_from(text, end)) {
        ++end;
      } else if (end + 2 < text.size() && (text.substr(end, 2) == "::" || text.substr(end, 2) == "->") &&
                 is_word_char(text[end + 2])) {
        end += 2;
      } else {
        break;
      }
    }
    QuestionWord word{std::string(text.substr(i, end - i)), {}, quoted, text.substr(end, 2) == "()", i};
    word.lower = lower(word.text);
    words.push_back(std::move(word));
    i = end;
  }
  return words;
}

void read_forms(const std::vector<QuestionWord>& words, const std::function<bool(std::string_view)>& is_symbol,
                Question& question) {
  question.asks_where = !words.empty() && (words[0].lower == "where" || words[0].lower == "which");
  question.asks_how = asks_how(words);
  question.asks_value = !question.asks_how && asks_value(words);
  Forms(words, is_symbol).read(question);
}

}  // namespace strata::agent
