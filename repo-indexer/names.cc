// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/names.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace strata::repo {
namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<signed char>(c) < 0;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Where the bracket that opens at `at` closes; the end of the text if it does not.
size_t closing(std::string_view text, size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (std::strchr("([{<", text[at])) ++depth;
    if (text[at] == '>' && at > 0 && (text[at - 1] == '-' || text[at - 1] == '=')) continue;  // arrows
    if (std::strchr(")]}>", text[at]) && --depth == 0) break;
  }
  return std::min(at, text.size());
}

// The parts of a list at the top level of its brackets.
std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t first = 0;
  for (size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && std::strchr("([{<", text[at])) {
      at = closing(text, at);
      if (at >= text.size()) at = text.size() - 1;
      continue;
    }
    if (at < text.size() && text[at] != ',') continue;
    if (const std::string_view part = trimmed(text.substr(first, at - first)); !part.empty()) parts.push_back(part);
    first = at + 1;
  }
  return parts;
}

// Where `name` stands as a word of its own; npos if nowhere.
size_t find_word(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != std::string_view::npos && !name.empty(); at = text.find(name, at + 1)) {
    const bool starts = at == 0 || !is_word(text[at - 1]) || !is_word(name[0]);
    const size_t end = at + name.size();
    if (starts && (end == text.size() || !is_word(text[end]))) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find_first_of(".:/\\ ", at), path.size());
    if (end > at) parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::string_view last_component(std::string_view name) {
  const size_t op = name.find("operator");
  const size_t colon = name.rfind("::", op == std::string_view::npos ? op : op + 1);
  return colon == std::string_view::npos ? name : name.substr(colon + 2);
}

std::string without_arguments(std::string_view name) {
  std::string out;
  int depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i).starts_with("operator")) {
      for (char c : name.substr(i)) {
        if (!std::strchr("\t\r\n", c)) out += c;
      }
      return out;
    }
    if (name[i] == '<') ++depth;
    if (depth == 0 && !std::strchr(" \t\r\n", name[i])) out += name[i];
    if (name[i] == '>' && depth > 0) --depth;
  }
  return out;
}

std::string plain_type(std::string_view type) {
  // What is looked through: the members asked for are those of what is inside.
  static constexpr std::array<std::string_view, 26> kWrappers = {"unique_ptr",
                                                                 "auto_ptr",
                                                                 "scoped_ptr",
                                                                 "scoped_refptr",
                                                                 "reference_wrapper",
                                                                 "shared_ptr",
                                                                 "weak_ptr",
                                                                 "optional",
                                                                 "Optional",
                                                                 "QPointer",
                                                                 "QScopedPointer",
                                                                 "QSharedPointer",
                                                                 "Result",
                                                                 "expected",
                                                                 "Rc",
                                                                 "Arc",
                                                                 "Box",
                                                                 "RefCell",
                                                                 "Ref",
                                                                 "RefMut",
                                                                 "Option",
                                                                 "Mutex",
                                                                 "RefPtr",
                                                                 "Promise",
                                                                 "Type",
                                                                 "intrusive_ptr"};
  static constexpr std::array<std::string_view, 24> kWords = {
      "const",     "volatile", "struct",    "class",   "enum",     "typename", "static", "mutable",
      "constexpr", "inline",   "extern",    "virtual", "mut",      "dyn",      "impl",   "readonly",
      "final",     "private",  "protected", "public",  "unsigned", "override", "async",  "thread_local"};
  type = trimmed(type);
  for (;;) {
    while (!type.empty() && std::strchr("&*:?'\" ", type.front())) type.remove_prefix(1);
    const auto end = static_cast<size_t>(std::ranges::find_if_not(type, is_word) - type.begin());
    const std::string_view word = type.substr(0, end);
    if (std::ranges::find(kWords, word) == kWords.end() || end == type.size()) break;
    type = trimmed(type.substr(end));
  }
  size_t end = 0;
  while (end < type.size() && (is_word(type[end]) || std::strchr(":.\\", type[end]))) ++end;
  const std::string_view outer = type.substr(0, end);
  if (outer.empty() || outer == "auto" || outer == "var" || outer == "let" || outer == "val" || outer == "decltype" ||
      outer == "func" || outer == "fn") {
    return {};
  }
  if (end < type.size() && (type[end] == '<' || type[end] == '[')) {
    const std::string_view inside = type.substr(end + 1, closing(type, end) - end - 1);
    const size_t cut = outer.find_last_of(":.");
    const std::string_view last = cut == std::string_view::npos ? outer : outer.substr(cut + 1);
    if (std::ranges::find(kWrappers, last) != kWrappers.end()) {
      const auto arguments = split_list(inside);
      return arguments.empty() ? std::string() : plain_type(arguments[0]);
    }
    if (type[end] == '[' && trimmed(inside).empty()) return {};  // an array
  }
  return std::string(outer);
}

std::string type_in_signature(std::string_view signature, std::string_view name) {
  const size_t at = find_word(signature, name);
  if (at == std::string_view::npos) return {};
  std::string_view after = signature.substr(at + name.size());
  if (!after.empty() && after[0] == '<') after.remove_prefix(std::min(closing(after, 0) + 1, after.size()));
  const bool function = after.starts_with("(");
  if (function) after.remove_prefix(std::min(closing(after, 0) + 1, after.size()));
  after = trimmed(after);
  if (const size_t arrow = after.find("->"); function && arrow != std::string_view::npos) {
    return plain_type(after.substr(arrow + 2));
  }
  if (after.starts_with(':')) return plain_type(after.substr(1));
  std::string_view before = signature.substr(0, at);
  while (before.ends_with("::")) {  // the owner in front of the name
    before.remove_suffix(2);
    while (!before.empty() && !std::strchr(" *&", before.back())) before.remove_suffix(1);
  }
  // Go writes the type behind the name, the others before it.
  if (const std::string plain = plain_type(before); !plain.empty() && plain != "func" && plain != "def") return plain;
  return plain_type(after);
}

std::pair<int, int> parameter_count(std::string_view signature, std::string_view name) {
  constexpr std::pair<int, int> kUnknown{0, kManyArguments};
  const size_t at = find_word(signature, name);
  if (at == std::string_view::npos) return kUnknown;
  size_t open = at + name.size();
  if (open < signature.size() && (signature[open] == '<' || signature[open] == '['))
    open = closing(signature, open) + 1;
  if (open >= signature.size() || signature[open] != '(') return kUnknown;
  const size_t close = closing(signature, open);
  if (close >= signature.size()) return kUnknown;  // cut off
  int fewest = 0, most = 0;
  bool first = true;
  for (const std::string_view part : split_list(signature.substr(open + 1, close - open - 1))) {
    const bool receiver = first && (part == "self" || part == "cls" || part == "&self" || part == "&mut self" ||
                                    part == "mut self" || part.starts_with("self:") || part.starts_with("this "));
    first = false;
    if (receiver || part == "void" || part == "/" || part == "*") continue;
    if (part.find("...") != std::string_view::npos || part.starts_with('*') || part.starts_with("vararg ") ||
        part.starts_with("params ") || part.starts_with('&')) {
      most = kManyArguments;
      continue;
    }
    if (most < kManyArguments) ++most;
    if (part.find('=') == std::string_view::npos && part.find('?') == std::string_view::npos) ++fewest;
  }
  return {fewest, most};
}

}  // namespace strata::repo
