// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/declaration_items.h"

#include <algorithm>
#include <array>

namespace strata::repo {
namespace {

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

// int (name)(void): those brackets belong to the name.
bool is_plain_type(std::string_view word) {
  return std::ranges::contains(kTypes, word) && word != "decltype" && !word.ends_with("typeof") &&
         word != "__typeof__" && word != "_Atomic";
}

}  // namespace

bool is_type_word(std::string_view word) {
  return std::ranges::contains(kTypes, word) || std::ranges::contains(kClassKeys, word) || word == "const";
}

void DeclarationItems::collect() {
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

bool DeclarationItems::collect_word() {
  const std::string_view text = word(at_);
  if (std::ranges::contains(kOther, text)) {
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
  if (std::ranges::contains(kAccess, text) && end_at_access()) return false;
  if (std::ranges::contains(kClassKeys, text)) return collect_class();
  if (std::ranges::contains(kSpecifiers, text) || std::ranges::contains(kTypes, text)) {
    const size_t first = at_++;
    if (const bool has = sign(at_) == '(' && tokens_[at_].partner; has && !is_plain_type(text)) {
      at_ = tokens_[at_].partner + 1;
    }
    items_.push_back({std::ranges::contains(kTypes, text) ? Item::kType : Item::kSpecifier, first, at_});
    return true;
  }
  return collect_name();
}

bool DeclarationItems::collect_name() {
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

size_t DeclarationItems::behind_words(size_t at) const {
  while (sign(at) == CToken::kWord || sign(at) == CToken::kScope) ++at;
  return at;
}

bool DeclarationItems::is_prototype_macro(size_t at) const {
  return sign(at) == CToken::kWord && sign(at + 1) == '(' && sign(at + 2) == '(' && tokens_[at + 2].partner &&
         tokens_[at + 2].partner + 1 == tokens_[at + 1].partner && !word(at).starts_with("__attribute");
}

bool DeclarationItems::end_at_operator() {
  const std::string_view next = word(at_ + 1);
  end_ = next.empty() || next == "new" || next == "delete" || next == "co_await" ? End::kOperator : End::kNoType;
  return false;
}

// public: and public Q_SLOTS:
bool DeclarationItems::end_at_access() {
  const size_t colon = behind_words(at_ + 1);
  if (sign(colon) != ':') return false;
  if (colon > at_ + 1) add_macro(at_ + 1, colon);
  at_ = colon + 1;
  head_.fresh = true;
  end_ = End::kOtherWord;
  return true;
}

// class EXPORT Name final : or {. Else only the key and the next word are a type.
bool DeclarationItems::collect_class() {
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
    return part.brackets && !is_shouted(name) && !name.starts_with("__") && !std::ranges::contains(kSpecifiers, name);
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

size_t DeclarationItems::closing_angle(size_t open) const {
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

}  // namespace strata::repo
