// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/declaration_head.h"

#include <algorithm>
#include <array>
#include <optional>

namespace strata::repo {
namespace {

using Words = std::span<const std::string_view>;

constexpr auto kSpecifiers = std::to_array<std::string_view>(
    {"static",       "extern",       "inline",     "const",         "volatile",  "register", "mutable",
     "virtual",      "explicit",     "constexpr",  "consteval",     "constinit", "friend",   "typedef",
     "typename",     "thread_local", "restrict",   "_Thread_local", "_Noreturn", "_Alignas", "alignas",
     "__restrict",   "__inline",     "__inline__", "__extension__", "noexcept",  "override", "final",
     "__volatile__", "__const",      "__thread"});
constexpr auto kTypes = std::to_array<std::string_view>(
    {"void",     "char",     "short",    "int",     "long",       "float",    "double",   "signed",
     "unsigned", "bool",     "_Bool",    "wchar_t", "char8_t",    "char16_t", "char32_t", "auto",
     "decltype", "_Complex", "__int128", "typeof",  "__typeof__", "_Atomic"});
constexpr auto kClassKeys = std::to_array<std::string_view>({"class", "struct", "union", "enum"});
constexpr auto kAccess = std::to_array<std::string_view>({"public", "protected", "private"});
// Other things begin with these words.
constexpr auto kOther = std::to_array<std::string_view>({"using",   "template", "static_assert", "_Static_assert",
                                                         "asm",     "__asm__",  "concept",       "requires",
                                                         "return",  "if",       "else",          "for",
                                                         "while",   "do",       "switch",        "case",
                                                         "default", "goto",     "try",           "catch",
                                                         "throw",   "new",      "delete",        "sizeof"});

// A specifier in front of these is an error to the parser.
constexpr auto kFirstWords = std::to_array<std::string_view>({"friend", "typedef", "using", "template", "extern"});

bool is_one_of(std::string_view word, Words words) { return std::ranges::find(words, word) != words.end(); }

struct Item {
  enum Role : uint8_t { kSpecifier, kType, kName, kStar } role = kName;
  size_t first = 0, last = 0;  // tokens
  size_t open = 0;             // the bracket behind a name, 0: there is none
};

// What stands behind the items.
enum class End : uint8_t {
  kSign,       // the next token says it
  kClass,      // the body or the bases of a class
  kOperator,   // its name is an operator
  kNoType,     // a destructor or a conversion
  kOtherWord,  // another declaration begins
};

class Head {
 public:
  Head(std::string_view text, std::span<const CToken> tokens, size_t at, const DeclarationPlace& place)
      : text_(text), tokens_(tokens), at_(at), place_(place) {}

  DeclarationHead read() {
    collect();
    judge();
    if (end_ == End::kOtherWord && !items_.empty() && head_.opens == Braces::kStatements) head_.fresh = true;
    std::ranges::sort(head_.macros, {}, &DeclarationHead::Macro::first);
    head_.next = at_;
    return std::move(head_);
  }

 private:
  char sign(size_t token) const { return token < tokens_.size() ? tokens_[token].sign : '\0'; }
  std::string_view word(size_t token) const {
    return sign(token) == CToken::kWord ? text_.substr(tokens_[token].first, tokens_[token].last - tokens_[token].first)
                                        : std::string_view();
  }
  bool is_sign(size_t token, std::string_view any) const { return any.find(sign(token)) != any.npos; }

  // ---- The items of the head ----

  void collect() {
    while (word(at_) == "template" && sign(at_ + 1) == '<') {
      const size_t close = closing_angle(at_ + 1);
      if (!close) break;
      at_ = close + 1;
    }
    for (;;) {
      if (is_sign(at_, "*&")) {
        items_.push_back({Item::kStar, at_, at_ + 1});
        ++at_;
      } else if (sign(at_) == '[' && sign(at_ + 1) == '[') {
        while (at_ < tokens_.size() && !(sign(at_) == ']' && sign(at_ + 1) == ']')) ++at_;
        at_ = std::min(at_ + 2, tokens_.size());
      } else if (sign(at_) == CToken::kString && !items_.empty() && word(at_ - 1) == "extern") {
        if (sign(++at_) == '{') head_.opens = Braces::kDeclarations;
      } else if (sign(at_) == '~') {
        end_ = End::kNoType;
        return;
      } else if (!(sign(at_) == CToken::kWord || (sign(at_) == CToken::kScope && sign(at_ + 1) == CToken::kWord))) {
        return;
      } else if (!collect_word()) {
        return;
      }
    }
  }

  // False if the head ends here.
  bool collect_word() {
    const std::string_view text = word(at_);
    if (is_one_of(text, kOther)) {
      end_ = End::kOtherWord;
      return false;
    }
    if (text == "namespace") {
      end_ = End::kOtherWord;
      head_.opens = Braces::kDeclarations;
      while (sign(at_) == CToken::kWord || sign(at_) == CToken::kScope) ++at_;
      return false;
    }
    if (text == "operator") return end_at_operator();
    if (is_one_of(text, kAccess) && end_at_access()) return false;
    if (is_one_of(text, kClassKeys)) return collect_class();
    if (is_one_of(text, kSpecifiers) || is_one_of(text, kTypes)) {
      const size_t first = at_++;
      if (const bool has = sign(at_) == '(' && tokens_[at_].partner; has && !is_plain_type(text)) {
        at_ = tokens_[at_].partner + 1;
      }
      items_.push_back({is_one_of(text, kTypes) ? Item::kType : Item::kSpecifier, first, at_});
      return true;
    }
    return collect_name();
  }

  // int (name)(void): those brackets belong to the name.
  static bool is_plain_type(std::string_view word) {
    return is_one_of(word, kTypes) && word != "decltype" && !word.ends_with("typeof") && word != "__typeof__" &&
           word != "_Atomic";
  }

  bool collect_name() {
    Item item{Item::kName, at_, at_};
    at_ += sign(at_) == CToken::kScope ? 2 : 1;
    for (;;) {
      if (sign(at_) == CToken::kScope && sign(at_ + 1) == '~') {
        end_ = End::kNoType;
        return false;
      }
      if (sign(at_) == CToken::kScope && word(at_ + 1) == "operator") {
        ++at_;
        return end_at_operator();
      }
      if (sign(at_) == CToken::kScope && sign(at_ + 1) == CToken::kWord) {
        at_ += 2;
      } else if (const size_t close = sign(at_) == '<' ? closing_angle(at_) : 0) {
        at_ = close + 1;
      } else {
        break;
      }
    }
    const size_t close = sign(at_) == '(' ? tokens_[at_].partner : 0;
    // foo_t (name)(void), foo_t (WINAPI *name)(void)
    const bool of_the_name = close && (sign(close + 1) == '(' || is_prototype_macro(close + 1)) &&
                             (close == at_ + 2 || is_sign(behind_words(at_ + 1), "*&"));
    if (close && !of_the_name) {
      item.open = at_;
      at_ = close + 1;
    }
    item.last = at_;
    items_.push_back(item);
    return !of_the_name;
  }

  size_t behind_words(size_t at) const {
    while (sign(at) == CToken::kWord || sign(at) == CToken::kScope) ++at;
    return at;
  }

  // OF((int x)): parameters that the macro keeps or drops.
  bool is_prototype_macro(size_t at) const {
    return sign(at) == CToken::kWord && sign(at + 1) == '(' && sign(at + 2) == '(' && tokens_[at + 2].partner &&
           tokens_[at + 2].partner + 1 == tokens_[at + 1].partner && !word(at).starts_with("__attribute");
  }

  void keep_prototype(size_t at) {
    add_macro(at, at + 2);
    add_macro(tokens_[at + 1].partner, tokens_[at + 1].partner + 1);
  }

  bool end_at_operator() {
    const std::string_view next = word(at_ + 1);
    end_ = next.empty() || next == "new" || next == "delete" || next == "co_await" ? End::kOperator : End::kNoType;
    return false;
  }

  // public: and public Q_SLOTS:
  bool end_at_access() {
    const size_t colon = behind_words(at_ + 1);
    if (sign(colon) != ':') return false;
    if (colon > at_ + 1) add_macro(at_ + 1, colon);
    at_ = colon + 1;
    head_.fresh = true;
    end_ = End::kOtherWord;
    return true;
  }

  // class EXPORT Name final : or {. Else only the key and the next word are a type.
  bool collect_class() {
    const size_t key = at_;
    size_t at = key + 1;
    if (word(key) == "enum" && (word(at) == "class" || word(at) == "struct")) ++at;
    struct Part {
      size_t first, last;
      bool brackets;
    };
    std::vector<Part> parts;
    for (;;) {
      if (sign(at) == '[' && sign(at + 1) == '[') {
        while (at < tokens_.size() && !(sign(at) == ']' && sign(at + 1) == ']')) ++at;
        at = std::min(at + 2, tokens_.size());
      } else if (word(at) == "final") {
        ++at;
      } else if (sign(at) == CToken::kWord) {
        Part part{at, at + 1, false};
        if (sign(part.last) == '(' && tokens_[part.last].partner) {
          part.brackets = true;
          part.last = tokens_[part.last].partner + 1;
        }
        while (sign(part.last) == CToken::kScope && sign(part.last + 1) == CToken::kWord) part.last += 2;
        at = part.last;
        parts.push_back(part);
      } else {
        break;
      }
    }
    size_t behind = at;
    if (sign(at) == '<' && closing_angle(at)) behind = closing_angle(at) + 1;
    const bool bases = sign(behind) == ':' && sign(behind + 1) != CToken::kNumber;  // and no bit field
    // struct foo f(void) { is a function.
    const bool function = std::ranges::any_of(parts, [&](const Part& part) {
      const std::string_view name = word(part.first);
      return part.brackets && !is_shouted(name) && !name.starts_with("__") && !is_one_of(name, kSpecifiers);
    });
    if (function || (sign(behind) != '{' && !bases)) {
      at_ = parts.empty() ? at : parts.front().last;
      items_.push_back({Item::kType, key, at_});
      return true;
    }
    if (!parts.empty() && !parts.back().brackets) head_.class_name = word(parts.back().last - 1);
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      if (is_shouted(word(parts[i].first))) add_macro(parts[i].first, parts[i].last);
    }
    at_ = behind;
    items_.push_back({Item::kType, key, at_});
    head_.opens = word(key) == "enum" ? Braces::kList : Braces::kDeclarations;
    head_.opens_type = true;
    end_ = End::kClass;
    return false;
  }

  // Of the < at `open`; 0: it is another sign.
  size_t closing_angle(size_t open) const {
    constexpr size_t kFar = 400;
    int depth = 0;
    for (size_t at = open; at < std::min(tokens_.size(), open + kFar); ++at) {
      if (is_sign(at, ";{}")) return 0;
      if (sign(at) == '(' && tokens_[at].partner) at = tokens_[at].partner;
      if (sign(at) == '<') ++depth;
      if (sign(at) == '>' && --depth == 0) return at;
    }
    return 0;
  }

  // ---- What they are ----

  std::string_view name_of(const Item& item) const { return word((item.open ? item.open : item.last) - 1); }
  bool is_name(const Item& item) const { return item.role == Item::kName; }
  // A name that looks like one of a macro.
  bool is_loud(const Item& item) const {
    return is_name(item) && (is_shouted(name_of(item)) || name_of(item).starts_with("__"));
  }
  bool is_plain(const Item& item) const { return is_name(item) && !item.open; }
  // DEPRECATED_IN(3.2), printf_like(1, 2): neither a type nor parameters stand there.
  bool holds_a_number(const Item& item) const { return item.open && sign(item.open + 1) == CToken::kNumber; }

  bool is_constructor(const Item& item) const {
    const size_t end = item.open ? item.open : item.last;
    const std::string_view name = name_of(item);
    if (name.empty()) return false;
    if (name == place_.class_name) return true;
    size_t before = end - 1;  // Name<T>::Name
    if (before < item.first + 2 || sign(before - 1) != CToken::kScope) return false;
    before -= 2;
    if (sign(before) == '>') {
      while (before > item.first && sign(before) != '<') --before;
      --before;
    }
    return word(before) == name;
  }

  // Only macros and the like of `const` stand behind item `i`, as in f() REQUIRES(m) {.
  bool only_annotations_behind(size_t i) const {
    const auto behind = std::span(items_).subspan(i + 1);
    if (!std::ranges::all_of(behind,
                             [&](const Item& item) { return item.role == Item::kSpecifier || is_loud(item); })) {
      return behind.size() == 1 && is_plain(behind[0]) && is_typed_before(i);  // int f() some_attribute;
    }
    return is_sign(at_, ";{=:") || sign(at_) == CToken::kDirective;
  }

  bool is_typed_before(size_t i) const {
    return place_.typed || std::ranges::any_of(std::span(items_).first(i), [&](const Item& item) {
             return item.role == Item::kType || item.role == Item::kStar ||
                    (is_name(item) && !is_loud(item) && !holds_a_number(item));
           });
  }

  void judge() {
    if (items_.empty()) return;
    const size_t count = items_.size();
    switch (end_) {
      case End::kOtherWord: return all_alone();
      case End::kClass: return specifiers(count - 1, true);
      case End::kOperator: return specifiers(count, false);
      case End::kNoType: return specifiers(count, true);
      case End::kSign: break;
    }
    if (is_sign(at_, "}#") || at_ >= tokens_.size()) {
      head_.fresh = true;
      if (std::ranges::all_of(items_, [&](const Item& item) { return is_loud(item); })) return all_alone();
    }
    // signals: in a class is an access specifier.
    if (sign(at_) == ':' && !place_.class_name.empty() && is_plain(items_.back()) && sign(at_ + 1) != CToken::kNumber &&
        std::ranges::all_of(std::span(items_).first(count - 1), [&](const Item& item) { return is_loud(item); })) {
      for (const Item& item : items_) add_macro(item.first, item.last);
      add_macro(at_, at_ + 1);
      ++at_;
      head_.fresh = true;
      return;
    }
    if (sign(at_) == '(') {
      specifiers(count, false);
      return name_in_brackets(at_, tokens_[at_].partner);
    }
    if (const auto function = find_function()) {
      if (is_loud(items_[*function]) && !is_typed_before(*function)) types_as_arguments(items_[*function]);
      specifiers(*function, is_constructor(items_[*function]));
      if (only_annotations_behind(*function)) {
        for (size_t i = *function + 1; i < items_.size(); ++i) {
          if (is_name(items_[i])) add_macro(items_[i].first, items_[i].last);
        }
      }
    } else if (is_sign(at_, ";=,[:")) {
      variable();
    }
  }

  // (WINAPI *name)(int x), (Class::*name)(int x), (*name) OF((int x))
  void name_in_brackets(size_t open, size_t close) {
    if (!close) return;
    const size_t star = behind_words(open + 1);
    if (star > open + 1 && is_sign(star, "*&")) add_macro(open + 1, star);
    if (is_prototype_macro(close + 1)) keep_prototype(close + 1);
  }

  // DEFINE(name, const char*, ""); is a call to the parser, whose arguments are expressions.
  void types_as_arguments(const Item& call) {
    const size_t close = call.last - 1;
    for (size_t at = call.open + 1; at < close; ++at) {
      const bool type = is_one_of(word(at), kTypes) || is_one_of(word(at), kClassKeys) || word(at) == "const";
      if (sign(at_) == ';' && (type || (is_sign(at, "*&") && is_sign(at + 1, ",)")))) {
        return add_macro(call.open + 1, close);
      }
    }
  }

  // The item that is the name of a function with its parameters.
  std::optional<size_t> find_function() {
    for (size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      if (!item.open || !is_name(item) || name_of(item).starts_with("__attribute")) continue;
      const bool typed = is_typed_before(i);
      if (is_constructor(item) || old_parameters(item)) return i;
      if (typed && i > 0 && is_plain(items_[i - 1]) && !is_loud(items_[i - 1]) && is_typed_before(i - 1)) {
        // int f OF((int x)); or int x GUARDED_BY(m);
        if (is_prototype_macro(item.first)) {
          keep_prototype(item.first);
          items_.resize(i);
          return i - 1;
        }
        if (is_loud(item)) continue;
      }
      if (i + 1 == items_.size()) return i;
      if (only_annotations_behind(i) && (typed || !is_loud(item))) return i;
      if (typed && !is_loud(item) && !holds_a_number(item)) return i;
    }
    return std::nullopt;
  }

  // f(a, b) int a; char* b; {
  bool old_parameters(const Item& item) {
    constexpr size_t kFar = 300;
    for (size_t at = item.open + 1; at < item.last - 1; ++at) {
      const bool name = (at - item.open) % 2 == 1;
      if (sign(at) != (name ? CToken::kWord : ',')) return false;
    }
    if (item.last == item.open + 2 || sign(item.last) != CToken::kWord) return false;
    std::vector<uint32_t> semicolons;
    size_t at = item.last;
    for (; sign(at) != '{'; ++at) {
      const bool fits = sign(at) == CToken::kWord || sign(at) == CToken::kNumber || is_sign(at, "*,[]);") ||
                        (sign(at) == '(' && (is_sign(at + 1, "*)") || sign(at - 1) == ')'));
      if (!fits || at > item.last + kFar) return false;
      if (sign(at) == ';') semicolons.push_back(tokens_[at].first);
    }
    if (sign(at - 1) != ';') return false;
    if (&item == items_.data()) {  // and no type: the parser takes that for a call and a block
      if (item.last > item.open + 2) add_macro(item.open + 1, item.last - 1);
      add_macro(item.last, at);
      at_ = at;
      items_.resize(1);
      return true;
    }
    add_macro(item.open + 1, item.last);
    for (const uint32_t semicolon : semicolons) head_.signs.emplace_back(semicolon, ',');
    head_.signs.back().second = ')';
    items_.resize(static_cast<size_t>(&item - items_.data()) + 1);
    at_ = at;
    return true;
  }

  void variable() {
    size_t name = items_.size();
    while (name > 0 && !is_plain(items_[name - 1])) --name;
    if (name < 2) return;
    --name;
    const bool has_type = place_.typed || std::ranges::any_of(std::span(items_).first(name), [](const Item& item) {
                            return item.role != Item::kSpecifier;
                          });
    if (!has_type) return;
    specifiers(name, false);
    for (size_t i = name + 1; i < items_.size(); ++i) {
      if (is_name(items_[i])) add_macro(items_[i].first, items_[i].last);
    }
  }

  // The first `count` items stand in front of a name: one type at most.
  void specifiers(size_t count, bool no_type) {
    const auto all = std::span(items_).first(count);
    const auto star = std::ranges::find(all, Item::kStar, &Item::role);
    const auto before = std::span(all.begin(), star);
    const Item* type = nullptr;
    const bool typed = no_type || place_.typed ||
                       std::ranges::any_of(before, [](const Item& item) { return item.role == Item::kType; });
    for (const Item& item : before) {
      if (typed || !is_name(item)) continue;
      if (item.open && !can_hold_a_type(item, count)) continue;
      const auto rank = [&](const Item& it) { return (it.open ? 0 : 2) + (is_loud(it) ? 0 : 1); };
      if (!type || rank(item) >= rank(*type)) type = &item;
    }
    for (const Item& item : all) {
      if (!is_name(item)) continue;
      if (&item == type) {
        if (item.open) add_macro(item.open, item.last);  // STDPROC(int)
      } else {
        add_macro(item.first, item.last, &item == all.data());
      }
    }
  }

  // STDPROC(int) f(), but not BEGIN() in the line before DEFINE(f).
  bool can_hold_a_type(const Item& item, size_t name) const {
    if (item.last == item.open + 2 || holds_a_number(item)) return false;
    const bool next_line = line_between(tokens_[item.last - 1], tokens_[std::min(item.last, tokens_.size() - 1)]);
    return !next_line || name >= items_.size() || !is_loud(items_[name]);
  }

  bool line_between(const CToken& a, const CToken& b) const {
    return b.first > a.last && text_.substr(a.last, b.first - a.last).find('\n') != std::string_view::npos;
  }

  // Without a declaration of their own: BEGIN_DECLS, Q_OBJECT.
  void all_alone() {
    if (!std::ranges::all_of(items_, [&](const Item& item) { return is_loud(item); })) return;
    for (const Item& item : items_) add_macro(item.first, item.last);
  }

  void add_macro(size_t first, size_t last, bool front = false) {
    const uint32_t end = tokens_[last - 1].last;
    bool begins = front && !place_.typed && last < tokens_.size();
    if (begins) {
      const std::string_view between = text_.substr(end, tokens_[last].first - end);
      const auto lines = std::ranges::count(between, '\n');
      // LIB_API and the next line: but in a class, and with arguments, that stands for itself.
      begins = !is_one_of(word(last), kFirstWords) && between.find('/') == between.npos &&
               (lines == 0 || (lines == 1 && place_.class_name.empty() && last == first + 1));
    }
    head_.macros.push_back({tokens_[first].first, end, begins});
  }

  std::string_view text_;
  std::span<const CToken> tokens_;
  size_t at_;
  const DeclarationPlace& place_;
  std::vector<Item> items_;
  End end_ = End::kSign;
  DeclarationHead head_;
};

}  // namespace

bool is_shouted(std::string_view word) {
  bool letter = false;
  for (const char c : word) {
    if (c >= 'a' && c <= 'z') return false;
    letter |= c >= 'A' && c <= 'Z';
  }
  return letter && word.size() > 3;
}

DeclarationHead read_head(std::string_view text, std::span<const CToken> tokens, size_t at,
                          const DeclarationPlace& place) {
  return Head(text, tokens, at, place).read();
}

}  // namespace strata::repo
