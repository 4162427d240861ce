// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/text_lines.h"

#include <algorithm>
#include <cctype>

namespace strata::agent {
namespace {

enum class Layout { kFree, kLines, kIndented };

// What of a language's layout means something.
Layout layout_of(std::string_view language) {
  for (const std::string_view free : {"c", "cpp", "cuda", "java", "csharp", "c_sharp", "rust", "php", "css", "sql",
                                      "proto", "json", "qmljs", "dart"}) {
    if (language == free) return Layout::kFree;
  }
  for (const std::string_view lines : {"go", "javascript", "typescript", "tsx", "kotlin", "scala", "swift", "lua",
                                       "ruby", "bash", "cmake", "toml", "html", "xml", "qml"}) {
    if (language == lines) return Layout::kLines;
  }
  return Layout::kIndented;  // Python, YAML, make, text, and what we do not know
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80); }
bool is_bracket(char c) { return std::string_view("()[]{},;").find(c) != std::string_view::npos; }

// Does the space between these two characters keep them from becoming one token?
bool separates(char a, char b) {
  if (is_word(a) && is_word(b)) return true;
  return !is_word(a) && !is_word(b) && !is_bracket(a) && !is_bracket(b);
}

// The code with all spaces taken out that a formatter may move.
std::string essence(std::string_view code, Layout layout) {
  std::string out;
  for (const std::string_view line : lines_of(code)) {
    std::string_view text = line;
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    size_t indent = 0;
    while (indent < text.size() && (text[indent] == ' ' || text[indent] == '\t')) ++indent;
    if (layout == Layout::kIndented && indent < text.size()) out += text.substr(0, indent);
    text.remove_prefix(indent);
    if (text.empty()) continue;
    // A directive, or a comment that a line break ends.
    const bool bound = layout != Layout::kFree || text.front() == '#' || text.back() == '\\' ||
                       text.find("//") != std::string_view::npos || text.find("--") != std::string_view::npos;
    if (layout == Layout::kFree && !out.empty() && out.back() != '\n' && separates(out.back(), text.front()))
      out += ' ';
    char quote = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (quote) {
        out += c;
        if (c == '\\' && i + 1 < text.size())
          out += text[++i];
        else if (c == quote)
          quote = 0;
      } else if (c == '"' || c == '\'' || c == '`') {
        out += quote = c;
      } else if (text.substr(i).starts_with("//") || c == '#') {
        out += text.substr(i);  // what a comment says, as it is
        break;
      } else if (c == ' ' || c == '\t') {
        size_t next = i;
        while (next + 1 < text.size() && (text[next + 1] == ' ' || text[next + 1] == '\t')) ++next;
        if (separates(out.empty() ? ' ' : out.back(), text[next + 1])) out += ' ';
        i = next;
      } else {
        out += c;
      }
    }
    if (bound) out += '\n';
  }
  return out;
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::string join(const std::vector<std::string_view>& lines, int first, int count) {
  std::string text;
  for (int i = std::max(first, 1); i < first + count && i <= static_cast<int>(lines.size()); ++i) {
    text += lines[static_cast<size_t>(i - 1)];
  }
  return text;
}

std::string apply_edits(std::string_view text, const std::vector<LineSplice>& edits) {
  const auto lines = lines_of(text);
  std::string out;
  int next = 1;
  for (const LineSplice& edit : edits) {
    out += join(lines, next, edit.first - next);
    out += edit.text;
    next = edit.first + edit.lines;
  }
  return out + join(lines, next, static_cast<int>(lines.size()) + 1 - next);
}

bool is_binary(std::string_view bytes) { return bytes.substr(0, 8000).find('\0') != std::string_view::npos; }

bool differ_in_layout_only(std::string_view before, std::string_view after, std::string_view language) {
  const Layout layout = layout_of(language);
  return before != after && essence(before, layout) == essence(after, layout);
}

}  // namespace strata::agent
