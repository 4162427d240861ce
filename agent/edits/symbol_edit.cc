// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/symbol_edit.h"

#include <algorithm>
#include <charconv>
#include <format>

namespace strata::agent {
namespace {

std::string_view blanks_of(std::string_view line) {
  return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

// Without empty lines at both ends.
std::string_view stripped(std::string_view text) {
  for (size_t end; (end = text.find('\n')) != text.npos && blank(text.substr(0, end));) text.remove_prefix(end + 1);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

bool is_docstring(std::string_view text) {
  const size_t at = text.find_first_not_of(" \t\n");
  if (at == text.npos) return false;
  text.remove_prefix(at);
  if (text.starts_with('r') || text.starts_with('R')) text.remove_prefix(1);
  return text.starts_with("\"\"\"") || text.starts_with("'''") || text.starts_with('"') || text.starts_with('\'');
}

// The end of the docstring a Python body starts with; 0 if it has none.
size_t docstring_end(std::string_view body) {
  if (!is_docstring(body)) return 0;
  const size_t quote = body.find_first_of("\"'");
  const std::string_view mark = body.substr(quote, body.substr(quote).starts_with(std::string(3, body[quote])) ? 3 : 1);
  const size_t end = body.find(mark, quote + mark.size());
  if (end == body.npos) return 0;
  const size_t line_end = body.find('\n', end);
  return line_end == body.npos ? 0 : line_end + 1;
}

// Is this the whole definition of `symbol`, rather than a body?
bool is_definition(std::string_view path, std::string_view text, const ParsedSymbol& symbol) {
  const auto tree = SourceTree::parse(path, text);
  if (!tree) return false;
  return std::ranges::any_of(tree->symbols(), [&](const ParsedSymbol& s) {
    return s.name == symbol.name && (repo::is_function(s.kind) == repo::is_function(symbol.kind)) && s.parent < 0;
  });
}

Splice replace_definition(const SourceTree& tree, const Lines& lines, const ParsedSymbol& symbol,
                          std::string_view text) {
  const ByteRange whole = tree.lines_of(symbol, false);
  int first = lines.line_of(whole.first);
  if (tree.language() == "python" && !stripped(text).substr(blanks_of(stripped(text)).size()).starts_with('@'))
    first = symbol.name_line;
  std::string added = indented(text, blanks_of(lines.text(first)));
  // Several definitions may share the last line, and then what follows stays.
  const size_t last = lines.end(symbol.last_line);
  if (last == lines.bytes().size() && !lines.bytes().ends_with('\n') && added.ends_with('\n')) added.pop_back();
  return {lines.start(first), last, std::move(added)};
}

Result<Splice> replace_body(const SourceTree& tree, std::string_view path, const Lines& lines,
                            const ParsedSymbol& symbol, std::string_view text) {
  if (is_definition(path, stripped(text), symbol)) return replace_definition(tree, lines, symbol, text);
  const auto body = tree.body(symbol);
  if (!body) {
    return fail(ErrorKind::kInvalid, std::format("{}:{}: {} has no body; replace the whole symbol", path,
                                                 symbol.first_line, symbol.qualified_name));
  }
  const std::string indentation(blanks_of(lines.text(lines.line_of(symbol.first_byte))));
  const std::string_view old = lines.bytes().substr(body->first, body->last - body->first);
  if (old.starts_with('{')) {
    std::string_view inner = stripped(text);
    if (inner.starts_with('{') && inner.ends_with('}')) inner = inner.substr(1, inner.size() - 2);
    // The step of the old body, or two blanks.
    std::string step = "  ";
    for (int line = lines.line_of(body->first) + 1; line < lines.line_of(body->last - 1); ++line) {
      const std::string_view blanks = blanks_of(lines.text(line));
      if (blank(lines.text(line)) || blanks.size() <= indentation.size()) continue;
      step = std::string(blanks.substr(indentation.size()));
      break;
    }
    return Splice{body->first, body->last, "{\n" + indented(inner, indentation + step) + indentation + "}"};
  }
  // An indented block: whole lines, from the first one of the body on.
  int first = lines.line_of(body->first);
  std::string inner_indentation(blanks_of(lines.text(first)));
  std::string added;
  size_t from = lines.start(first);
  if (first == lines.line_of(symbol.first_byte)) {  // def f(): return 1
    inner_indentation = indentation + "    ";
    added = "\n";
    from = body->first;
  } else if (!is_docstring(stripped(text))) {
    const size_t end = docstring_end(lines.bytes().substr(from, body->last - from));
    if (from + end < body->last) from += end;
  }
  added += indented(text, inner_indentation);
  added.pop_back();
  return Splice{from, body->last, std::move(added)};
}

int blank_lines_between(const SourceTree& tree, const ParsedSymbol& symbol) {
  return tree.language() == "python" && symbol.parent < 0 ? 2 : 1;
}

Splice delete_symbol(const SourceTree& tree, const Lines& lines, const ParsedSymbol& symbol) {
  const ByteRange whole = tree.lines_of(symbol, true);
  int first = lines.line_of(whole.first), behind = symbol.last_line + 1;
  const bool blank_before = first == 1 || blank(lines.text(first - 1));
  int next = behind;
  while (next <= lines.count() && blank(lines.text(next))) ++next;
  // The empty lines that set it apart go with it, those on one side.
  if (blank_before && next > behind && next <= lines.count()) behind = next;
  if (next > lines.count()) {
    behind = next;
    while (first > 1 && blank(lines.text(first - 1))) --first;
  }
  const size_t start =
      first == 1 && lines.bytes().starts_with(kByteOrderMark) ? kByteOrderMark.size() : lines.start(first);
  return {start, lines.start(std::min(behind, lines.count() + 1)), {}};
}

}  // namespace

std::string indented(std::string_view text, std::string_view indentation) {
  const std::string plain = plain_text(text);
  const std::string_view inner = stripped(plain);
  const Lines lines(inner);
  std::string_view own;
  bool known = false;
  for (int line = 1; line <= lines.count(); ++line) {
    if (blank(lines.text(line))) continue;
    const std::string_view blanks = blanks_of(lines.text(line));
    if (!known || blanks.size() < own.size()) own = blanks;
    known = true;
  }
  // A first line that lost its indentation, as when text is cut out from the middle of a line.
  const bool first_cut = lines.count() > 1 && own.empty() && blanks_of(lines.text(1)).empty();
  std::string_view rest_own = own;
  if (first_cut) {
    bool any = false;
    for (int line = 2; line <= lines.count(); ++line) {
      if (blank(lines.text(line))) continue;
      const std::string_view blanks = blanks_of(lines.text(line));
      if (!any || blanks.size() < rest_own.size()) rest_own = blanks;
      any = true;
    }
    // Only if the second line is not what the first one opens.
    const std::string_view first = lines.text(1);
    if (first.ends_with('{') || first.ends_with(':') || first.ends_with('(') || first.ends_with(',')) rest_own = own;
  }
  std::string out;
  for (int line = 1; line <= lines.count(); ++line) {
    std::string_view l = lines.text(line);
    if (blank(l)) {
      out += '\n';
      continue;
    }
    l.remove_prefix(std::min(blanks_of(l).size(), line == 1 ? own.size() : rest_own.size()));
    out += std::string(indentation) + std::string(l) + '\n';
  }
  return out;
}

Result<int> symbol_in_file(const SourceTree& tree, std::string_view path, std::string_view name, int line) {
  std::vector<int> found;
  const auto& symbols = tree.symbols();
  for (int i = 0; i < static_cast<int>(symbols.size()); ++i) {
    const ParsedSymbol& s = symbols[static_cast<size_t>(i)];
    if (s.name != name && s.qualified_name != name && !s.qualified_name.ends_with("::" + std::string(name)) &&
        !s.qualified_name.ends_with("." + std::string(name))) {
      continue;
    }
    if (line == 0 || (line >= s.lead_line && line <= s.last_line)) found.push_back(i);
  }
  const auto keep_if_any = [&](auto what) {
    if (std::ranges::any_of(found, what)) std::erase_if(found, [&](int i) { return !what(i); });
  };
  keep_if_any([&](int i) { return symbols[static_cast<size_t>(i)].definition; });
  keep_if_any([&](int i) { return symbols[static_cast<size_t>(i)].qualified_name == name; });
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    std::string known;
    int shown = 0;
    for (const ParsedSymbol& s : symbols) {
      if (!s.definition || s.kind == "variable" || ++shown > 20) continue;
      known += (known.empty() ? "" : ", ") + s.qualified_name;
    }
    return fail(ErrorKind::kNotFound,
                std::format("{} has no symbol called \"{}\"{}; it has: {}", path, name,
                            line > 0 ? std::format(" at line {}", line) : "", known.empty() ? "none" : known));
  }
  std::string lines;
  for (const int i : found)
    lines += std::format("{}{}", lines.empty() ? "" : ", ", symbols[static_cast<size_t>(i)].name_line);
  return fail(
      ErrorKind::kInvalid,
      std::format("{} has several symbols called \"{}\", at lines {}; say which one by its line", path, name, lines));
}

Result<std::vector<Splice>> edit_symbol(const SourceTree& tree, std::string_view path, std::string_view text,
                                        int symbol, SymbolAction action, std::string_view new_text) {
  const ParsedSymbol& s = tree.symbols()[static_cast<size_t>(symbol)];
  const Lines lines(text);
  if (action == SymbolAction::kDelete) return std::vector{delete_symbol(tree, lines, s)};
  if (stripped(new_text).empty()) {
    return fail(ErrorKind::kInvalid, std::format("{}: the new text for {} is empty; to remove it, delete the symbol",
                                                 path, s.qualified_name));
  }
  Splice splice;
  if (action == SymbolAction::kReplace) {
    splice = replace_definition(tree, lines, s, new_text);
  } else if (action == SymbolAction::kReplaceBody) {
    auto replaced = replace_body(tree, path, lines, s, new_text);
    if (!replaced) return std::unexpected(replaced.error());
    splice = std::move(*replaced);
  } else {
    const std::string added = indented(new_text, blanks_of(lines.text(s.first_line)));
    const std::string gap(static_cast<size_t>(blank_lines_between(tree, s)), '\n');
    if (action == SymbolAction::kInsertBefore) {
      const size_t at = tree.lines_of(s, true).first;
      splice = {at, at, added + gap};
    } else {
      const size_t at = lines.end(s.last_line);
      const bool open = at == lines.bytes().size() && !lines.bytes().ends_with('\n');
      splice = {at, at, (open ? "\n" : "") + gap + added};
      if (open) splice.text.pop_back();
    }
  }
  splice.text = with_line_ends_of(text, splice.text);
  return std::vector{std::move(splice)};
}

}  // namespace strata::agent
