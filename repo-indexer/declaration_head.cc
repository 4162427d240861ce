// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/declaration_head.h"

#include <algorithm>
#include <array>
#include <optional>

#include "repo-indexer/declaration_items.h"

namespace strata::repo {
namespace {

// A specifier in front of these is an error to the parser.
constexpr auto kFirstWords = std::to_array<std::string_view>({"friend", "typedef", "using", "template", "extern"});

class Head : private DeclarationItems {
 public:
  Head(std::string_view text, std::span<const CToken> tokens, size_t at, const DeclarationPlace& place)
      : DeclarationItems(text, tokens, at), place_(place) {}

  DeclarationHead read() {
    collect();
    judge();
    if (end_ == End::kOtherWord && !items_.empty() && head_.opens == Braces::kStatements) head_.fresh = true;
    std::ranges::sort(head_.macros, {}, &DeclarationHead::Macro::first);
    head_.next = at_;
    return std::move(head_);
  }

 private:
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
      if (sign(at_) == ';' && (is_type_word(word(at)) || (is_sign(at, "*&") && is_sign(at + 1, ",)")))) {
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
        add_macro(item.first, item.last, &item == all.data() && begins_here(item.first, item.last));
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

  void keep_prototype(size_t at) {
    add_macro(at, at + 2);
    add_macro(tokens_[at + 1].partner, tokens_[at + 1].partner + 1);
  }

  // A macro in front of what the parser should see a specifier in front of.
  bool begins_here(size_t first, size_t last) const {
    if (place_.typed || last >= tokens_.size()) return false;
    const uint32_t end = tokens_[last - 1].last;
    const std::string_view between = text_.substr(end, tokens_[last].first - end);
    const auto lines = std::ranges::count(between, '\n');
    // LIB_API and the next line: but in a class, and with arguments, that stands for itself.
    return !std::ranges::contains(kFirstWords, word(last)) && between.find('/') == between.npos &&
           (lines == 0 || (lines == 1 && place_.class_name.empty() && last == first + 1));
  }

  const DeclarationPlace& place_;
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
