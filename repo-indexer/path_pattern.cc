// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/path_pattern.h"

namespace strata::repo {
namespace {

// One [...] at the start of `pattern`: its length, 0 if it never ends; `fits` says whether it has `c`.
size_t bracket(std::string_view pattern, char c, bool& fits) {
  size_t at = 1;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  at += negated;
  fits = false;
  for (const size_t first = at; at < pattern.size() && (pattern[at] != ']' || at == first);) {
    char low = pattern[at];
    if (low == '\\' && at + 1 < pattern.size()) low = pattern[++at];
    char high = low;
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') high = pattern[at += 2];
    fits |= low <= c && c <= high;
    ++at;
  }
  fits = fits != negated && c != '/';
  return at < pattern.size() ? at + 1 : 0;
}

// git's wildmatch with WM_PATHNAME. Only the last '*' is ever tried again, so the time is bounded by the product of the
// lengths ("**" starts anew for each folder).
bool matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, star_text = 0;
  for (;;) {
    if (pattern.substr(p).starts_with("**/") && (p == 0 || pattern[p - 1] == '/')) {
      const std::string_view rest = pattern.substr(p + 3);
      for (size_t at = t; at != std::string_view::npos; at = text.find('/', at), at += at != std::string_view::npos) {
        if (matches(rest, text.substr(at))) return true;
      }
      return false;
    }
    if (pattern.substr(p) == "**" && p > 0 && pattern[p - 1] == '/') return t < text.size();
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      while (p < pattern.size() && pattern[p] == '*') ++p;
      star_text = t;
      continue;
    }
    if (p == pattern.size() && t == text.size()) return true;
    size_t step = 0;
    if (p < pattern.size() && t < text.size()) {
      bool fits = false;
      if (pattern[p] == '?') {
        fits = text[t] != '/', step = 1;
      } else if (const size_t length = pattern[p] == '[' ? bracket(pattern.substr(p), text[t], fits) : 0) {
        step = length;
      } else {
        const size_t escaped = pattern[p] == '\\' && p + 1 < pattern.size();
        fits = pattern[p + escaped] == text[t], step = 1 + escaped;
      }
      if (!fits) step = 0;
    }
    if (step) {
      p += step, ++t;
    } else if (star != std::string_view::npos && star_text < text.size() && text[star_text] != '/') {
      t = ++star_text, p = star + 1;
      while (p < pattern.size() && pattern[p] == '*') ++p;
    } else {
      return false;
    }
  }
}

}  // namespace

PathPattern::PathPattern(std::string_view folder, std::string_view text) : folder_(folder) {
  if ((folders_only_ = text.ends_with('/'))) text.remove_suffix(1);
  anywhere_ = text.find('/') == std::string_view::npos;
  if (text.starts_with('/')) text.remove_prefix(1);
  pattern_ = text;
  if (!text.empty() && std::string_view("*?]\\").find(text.back()) == std::string_view::npos) last_ = text.back();
}

bool PathPattern::fits(std::string_view path, bool is_folder) const {
  if ((last_ != '\0' && !path.ends_with(last_)) || (folders_only_ && !is_folder) || !path.starts_with(folder_)) {
    return false;
  }
  const std::string_view inside = path.substr(folder_.size());
  return matches(pattern_, anywhere_ ? inside.substr(inside.rfind('/') + 1) : inside);
}

}  // namespace strata::repo
