// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/passages.h"

#include <algorithm>

namespace strata::repo {
namespace {

constexpr int kStretchLines = 60;
constexpr int kWholeFunctionLines = 150;
constexpr int kFunctionPartLines = 100;
constexpr int kSmallFunctionLines = 2;

bool has_word(std::string_view line) {
  return std::ranges::any_of(line, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<signed char>(c) < 0;
  });
}

bool is_section(std::string_view kind) { return kind == "heading"; }

}  // namespace

int count_lines(std::string_view text) {
  return static_cast<int>(std::ranges::count(text, '\n')) + (!text.empty() && text.back() != '\n');
}

std::vector<PassageRange> cut_passages(std::string_view text, const std::vector<ParsedSymbol>& symbols) {
  std::vector<uint32_t> starts;  // of line i + 1; one more at the end
  for (size_t at = 0; at < text.size(); at = std::min(text.find('\n', at), text.size() - 1) + 1) {
    starts.push_back(static_cast<uint32_t>(at));
  }
  const int lines = static_cast<int>(starts.size());
  starts.push_back(static_cast<uint32_t>(text.size()));
  const auto line_text = [&](int line) { return text.substr(starts[line - 1], starts[line] - starts[line - 1]); };

  // Whose each line is. Symbols come outermost first, so an inner class or section overwrites the outer; functions keep
  // all their lines.
  std::vector<int> owner(static_cast<size_t>(lines) + 1, -1);
  for (int i = 0; i < static_cast<int>(symbols.size()); ++i) {
    const ParsedSymbol& s = symbols[i];
    const bool function = is_function(s.kind) && s.definition && s.last_line - s.lead_line >= kSmallFunctionLines;
    if (!function && !is_class(s.kind) && !is_section(s.kind)) continue;
    for (int line = std::max(s.lead_line, 1); line <= std::min(s.last_line, lines); ++line) {
      if (owner[line] < 0 || !is_function(symbols[owner[line]].kind)) owner[line] = i;
    }
  }

  std::vector<PassageRange> passages;
  const auto add = [&](int first, int last, int symbol) {
    passages.push_back({first, last, starts[first - 1], starts[last], symbol});
  };
  const auto cut = [&](int first, int last, int symbol, int whole, int part) {
    while (last - first + 1 > whole) {
      int end = first + part - 1;
      for (int line = end; line > first + part / 2; --line) {
        if (line_text(line).find_first_not_of(" \t\r\n") == std::string_view::npos) {
          end = line;
          break;
        }
      }
      add(first, end, symbol);
      first = end + 1;
    }
    add(first, last, symbol);
  };
  for (int first = 1; first <= lines;) {
    int last = first;
    bool words = has_word(line_text(first));
    while (last < lines && owner[last + 1] == owner[first]) words |= has_word(line_text(++last));
    const int symbol = owner[first];
    const bool function = symbol >= 0 && is_function(symbols[symbol].kind);
    if (!words && !passages.empty()) {
      passages.back().last_line = last;
      passages.back().last_byte = starts[last];
    } else if (function) {
      cut(first, last, symbol, kWholeFunctionLines, kFunctionPartLines);
    } else {
      cut(first, last, symbol, kStretchLines, kStretchLines);
    }
    first = last + 1;
  }
  return passages;
}

}  // namespace strata::repo
