// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/ignore_rules.h"

#include <algorithm>

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

void IgnoreRules::add(std::string_view folder, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    Rule rule;
    rule.folder = folder;
    if ((rule.keep = line[0] == '!')) line.remove_prefix(1);
    if ((rule.folders_only = line.ends_with('/'))) line.remove_suffix(1);
    rule.anywhere = line.find('/') == std::string_view::npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    rule.pattern = line;
    if (!rule.pattern.empty()) rules_.push_back(std::move(rule));
  }
}

std::optional<bool> IgnoreRules::leaves_out(std::string_view path, bool is_folder) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if ((rule->folders_only && !is_folder) || !path.starts_with(rule->folder)) continue;
    const std::string_view inside = path.substr(rule->folder.size());
    if (matches(rule->pattern, rule->anywhere ? inside.substr(inside.rfind('/') + 1) : inside)) return !rule->keep;
  }
  return {};
}

}  // namespace strata::repo
