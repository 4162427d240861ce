// SPDX-License-Identifier: Apache-2.0
#include "agent/use_lines.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

namespace strata::agent {

namespace {

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Where the word stands at or behind `from`; npos if nowhere.
size_t find_word(std::string_view line, std::string_view word, size_t from = 0) {
  for (size_t at = line.find(word, from); at != std::string_view::npos; at = line.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !is_word_char(line[at - 1])) && (end == line.size() || !is_word_char(line[end]))) return at;
  }
  return std::string_view::npos;
}

bool any_word(std::string_view line, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](auto word) { return find_word(line, word) != std::string_view::npos; });
}

std::string_view without_blanks_before(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

// What stands behind `[...]`s.
std::string_view behind_subscripts(std::string_view text) {
  for (text = without_blanks_before(text); text.starts_with('['); text = without_blanks_before(text)) {
    int depth = 0;
    size_t i = 0;
    do {
      depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
    } while (++i < text.size() && depth > 0);
    text.remove_prefix(i);
  }
  return text;
}

// `.clear(`, `->push_back(`: calls of a container that change it.
bool calls_changer(std::string_view behind) {
  constexpr std::array<std::string_view, 20> kChangers = {
      "clear",    "erase",  "insert", "push_back", "emplace", "resize", "append", "add",   "remove",       "pop",
      "pop_back", "update", "extend", "swap",      "push",    "reset",  "delete", "store", "emplace_back", "put"};
  if (!behind.starts_with('.') && !behind.starts_with("->")) return false;
  behind.remove_prefix(behind[0] == '.' ? 1 : 2);
  const size_t end = behind.find('(');
  return end != std::string_view::npos && std::ranges::contains(kChangers, behind.substr(0, end));
}

bool is_written(std::string_view before, std::string_view behind) {
  constexpr std::array<std::string_view, 14> kAssignments = {
      "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", ":=", "++", "<<=", ">>=", "?\?=", "**="};
  behind = behind_subscripts(behind);
  if (calls_changer(behind)) return true;
  if (behind.starts_with('=')) return !behind.starts_with("==") && !behind.starts_with("=>");
  if (behind.starts_with("--") || std::ranges::any_of(kAssignments, [&](auto a) { return behind.starts_with(a); }))
    return true;
  return before.ends_with("++") || before.ends_with("--");
}

}  // namespace

bool line_does(std::string_view line, std::string_view name, UseOf use) {
  if (use == UseOf::kAny) return true;
  for (size_t at = find_word(line, name); at != std::string_view::npos; at = find_word(line, name, at + 1)) {
    const std::string_view before = line.substr(0, at);
    if (use == UseOf::kWritten && is_written(before, line.substr(at + name.size()))) return true;
    if (use == UseOf::kRaised && any_word(before, {"raise", "throw"})) return true;
    if (use == UseOf::kCaught && any_word(before, {"except", "catch", "rescue"})) return true;
    if (use == UseOf::kReturned && any_word(before, {"return", "yield"})) return true;
  }
  return false;
}

}  // namespace strata::agent
