// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/source_symbols.h"

#include "repo-indexer/language.h"

namespace strata::agent {

repo::ParsedFile parse_source(repo::Grammars& grammars, std::string_view path, std::string_view text) {
  const repo::Grammar* grammar = grammars.find(repo::detect_language(path, text));
  if (!grammar || !grammar->error.empty()) return {};
  return repo::Parser().parse(*grammar, text);
}

const repo::ParsedSymbol* symbol_around(const repo::ParsedFile& file, int line) {
  const repo::ParsedSymbol* best = nullptr;
  for (const repo::ParsedSymbol& symbol : file.symbols) {
    if (symbol.lead_line > line || symbol.last_line < line || symbol.kind == "variable") continue;
    if (!best || symbol.last_line - symbol.lead_line <= best->last_line - best->lead_line) best = &symbol;
  }
  return best;
}

}  // namespace strata::agent
