// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/move_symbol.h"

#include <format>

#include "agent/edits/move.h"
#include "agent/edits/symbol_edit.h"
#include "repo-indexer/language.h"

namespace strata::agent {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n\r");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/') == path.npos ? 0 : path.rfind('/'));
}

Splice removal(const Move& m) {
  auto cut = edit_symbol(m.tree, m.symbol.file, m.from_text, static_cast<int>(m.parsed - m.tree.symbols().data()),
                         SymbolAction::kDelete, {});
  return std::move(cut->front());
}

Result<Change> move_symbol(const Sources& sources, const std::string& target, const std::string& to) {
  auto symbol = find_target(sources.index, target);
  if (!symbol) return std::unexpected(symbol.error());
  if (to == symbol->file)
    return fail(ErrorKind::kInvalid, std::format("{} is in {} already", symbol->qualified_name, to));
  const auto file = sources.index.file(symbol->file);
  if (!file || !*file) return fail(ErrorKind::kNotFound, symbol->file + " is not in the index");
  const std::string_view family = repo::scoping_of((*file)->language).family;
  if (family != "python" && family != "c") {
    return fail(
        ErrorKind::kUnsupported,
        std::format("moving symbols is known for Python, C and C++, not for {}; insert it there and delete it here",
                    (*file)->language));
  }
  auto text = sources.read(symbol->file);
  if (!text) return std::unexpected(text.error());
  auto tree = SourceTree::parse(symbol->file, *text);
  if (!tree) return fail(ErrorKind::kUnsupported, symbol->file + " is not parsed");
  auto there = sources.read(to);
  if (!there && there.error().kind != ErrorKind::kNotFound) return std::unexpected(there.error());
  Move m{.sources = sources,
         .symbol = *symbol,
         .to = to,
         .from_text = *text,
         .to_text = there.value_or(""),
         .tree = std::move(*tree),
         .cut = {},
         .definition = {},
         .words = {},
         .new_file = !there,
         .here = {},
         .there = {},
         .uses = {},
         .change = {}};
  const auto at = std::ranges::find_if(m.tree.symbols(), [&](const ParsedSymbol& s) {
    return s.name_line == symbol->name_line && s.name == symbol->name;
  });
  if (at == m.tree.symbols().end())
    return fail(ErrorKind::kInvalid, symbol->file + " has changed since it was indexed");
  m.parsed = &*at;
  if (at->parent >= 0 && m.tree.symbols()[static_cast<size_t>(at->parent)].kind != "namespace") {
    return fail(ErrorKind::kInvalid, std::format("{} is a member of {}, and members stay in their class", symbol->name,
                                                 m.tree.symbols()[static_cast<size_t>(at->parent)].qualified_name));
  }
  m.cut = m.tree.lines_of(*at, true);
  m.definition = plain_text(std::string_view(m.from_text).substr(m.cut.first, m.cut.last - m.cut.first));
  if (!m.definition.ends_with('\n')) m.definition += '\n';
  m.words = m.tree.identifiers({m.cut.first, m.cut.last});
  auto symbols = same_thing(sources.index, *symbol);
  if (!symbols) return std::unexpected(symbols.error());
  auto uses = uses_of(sources, *symbols);
  if (!uses) return std::unexpected(uses.error());
  m.uses = std::move(*uses);
  if (auto done = family == "python" ? move_python(m) : move_c(m); !done) return std::unexpected(done.error());
  auto here_after = splice(m.from_text, std::move(m.here));
  if (!here_after) return std::unexpected(here_after.error());
  auto here = changed_file(symbol->file, m.from_text, *here_after);
  if (!here) return std::unexpected(here.error());
  auto there_after = splice(m.to_text, std::move(m.there));
  if (!there_after) return std::unexpected(there_after.error());
  auto arrived = changed_file(to, m.to_text, *there_after);
  if (!arrived) return std::unexpected(arrived.error());
  if (m.new_file) arrived->before = std::nullopt;
  m.change.files.push_back(std::move(*here));
  m.change.files.push_back(std::move(*arrived));
  m.change.summary = std::format("moved {} from {} to {}", symbol->qualified_name, symbol->file, to);
  return std::move(m.change);
}

}  // namespace strata::agent
