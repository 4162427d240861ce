// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/macros.h"

#include <algorithm>
#include <cstring>

namespace strata::repo {
namespace {

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

size_t skip_space(std::string_view text, size_t at) {
  while (at < text.size() && std::strchr(" \t\r\n", text[at])) ++at;
  return at;
}

size_t skip_word(std::string_view text, size_t at) {
  while (at < text.size() && is_word(text[at])) ++at;
  return at;
}

// After the closing bracket of the one at `at`; npos if it is far away.
size_t skip_brackets(std::string_view text, size_t at) {
  constexpr size_t kFar = 1000;
  int depth = 0;
  for (const size_t stop = std::min(text.size(), at + kFar); at < stop; ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return at + 1;
  }
  return std::string_view::npos;
}

// SOME_NAME: capitals, and too long for a template parameter.
bool is_shouted(std::string_view word) {
  bool letter = false;
  for (const char c : word) {
    if (c >= 'a' && c <= 'z') return false;
    letter |= c >= 'A' && c <= 'Z';
  }
  return letter && word.size() > 3;
}

bool is_class_key(std::string_view word) {
  return word == "class" || word == "struct" || word == "union" || word == "enum";
}

}  // namespace

std::string without_macros(std::string_view text) {
  std::string out(text);
  const auto blank = [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      if (out[i] != '\n' && out[i] != '\r') out[i] = ' ';
    }
  };
  std::string_view previous;  // the word before, if only space is between
  char before = ';';          // the last sign that is neither space nor part of a comment
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '/' && at + 1 < text.size() && (text[at + 1] == '/' || text[at + 1] == '*')) {
      const bool line = text[at + 1] == '/';
      const size_t end = line ? text.find('\n', at) : text.find("*/", at + 2);
      at = end == text.npos ? text.size() : end + (line ? 0 : 2);
      continue;
    }
    if (c == '"' || c == '\'') {
      size_t end = at + 1;
      while (end < text.size() && text[end] != c && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
      at = std::min(end + 1, text.size());
      previous = {};
      before = c;
      continue;
    }
    if (c == '#') {  // a directive, with its continued lines
      while (at < text.size()) {
        const size_t end = std::min(text.find('\n', at), text.size());
        const bool continued = end > at && text[end - 1] == '\\';
        at = std::min(end + 1, text.size());
        if (!continued) break;
      }
      previous = {};
      before = ';';
      continue;
    }
    if (!is_word(c)) {
      if (!std::strchr(" \t\r\n", c)) {
        previous = {};
        before = c;
      }
      ++at;
      continue;
    }
    const size_t end = skip_word(text, at);
    const std::string_view word = text.substr(at, end - at);
    size_t next = skip_space(text, end);
    if (is_shouted(word)) {
      const size_t brackets = next < text.size() && text[next] == '(' ? skip_brackets(text, next) : text.npos;
      const size_t after = brackets == text.npos ? next : skip_space(text, brackets);
      const char follows = after < text.size() ? text[after] : '\0';
      const bool line_ends =
          text.substr(brackets == text.npos ? end : brackets, after - (brackets == text.npos ? end : brackets))
              .find('\n') != text.npos;
      const bool fresh = std::strchr(";{}:", before) && previous.empty();  // where a declaration begins
      bool macro = false;
      if (is_class_key(previous)) {
        macro = is_word(follows);
        if (macro) {  // class FOO Bar {: but not struct FOO bar;
          const size_t named = skip_space(text, skip_word(text, after));
          macro = named < text.size() &&
                  (text[named] == '{' || text[named] == ':' || is_word(text[named]) || text[named] == '<');
        }
      } else if (brackets != text.npos && (before == ')' || !previous.empty())) {
        // int x GUARDED_BY(m); void f() LOCKS(m) {: behind a declarator
        macro = follows == ';' || follows == '{' || follows == '=' ||
                is_shouted(text.substr(after, skip_word(text, after) - after));
        macro = macro && previous != "return" && previous != "else" && !is_shouted(previous);
        macro = macro && (before == ')' || follows == ';' || follows == '=');
      } else if (fresh && line_ends) {
        // Q_OBJECT and the like, on a line of its own. TEST(a, b) { has a body.
        macro = is_word(follows) || follows == '}' || follows == '#' || follows == '/' || follows == '~';
      } else if (fresh && brackets == text.npos && is_word(follows)) {
        // API type* name(
        size_t declarator = skip_space(text, skip_word(text, after));
        while (declarator < text.size() && std::strchr("*& ", text[declarator])) ++declarator;
        const size_t open = skip_space(text, skip_word(text, declarator));
        macro = open > declarator && is_word(text[declarator]) && open < text.size() && text[open] == '(';
      }
      if (macro) {
        const size_t last = brackets == text.npos ? end : brackets;
        blank(at, last);
        at = last;
        continue;  // `previous` and `before` as if it were not there
      }
    }
    previous = word;
    before = 'a';
    at = end;
  }
  return out;
}

}  // namespace strata::repo
