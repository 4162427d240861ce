// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/parse.h"

#include "repo-indexer/reference_maker.h"
#include "repo-indexer/symbol_maker.h"

namespace strata::repo {

bool is_function(std::string_view kind) { return kind == "function" || kind == "method" || kind == "test"; }

bool is_class(std::string_view kind) {
  return kind == "class" || kind == "struct" || kind == "interface" || kind == "trait" || kind == "enum" ||
         kind == "type";
}

bool is_variable(std::string_view kind) { return kind == "variable" || kind == "constant"; }

bool extract(const Grammar& grammar, std::string_view text, TSNode root, Matcher& matcher, Deadline deadline,
             ParsedFile& file) {
  SymbolMaker symbols(grammar, text);
  ReferenceMaker references(grammar, text);
  const auto note = [&](uint16_t pattern, std::span<const Captured> captures) {
    symbols.note_match(pattern, captures);
    references.note_match(captures);
  };
  if (!matcher.run(grammar.query, text, root, deadline, note)) return false;
  symbols.finish(file);
  references.finish(symbols, file);
  return true;
}

ParsedFile Parser::parse(const Grammar& grammar, std::string_view text) {
  ParsedFile file;
  const Deadline deadline = deadline_after(budget_s_);
  // Symbols are cut out of the text as it is.
  const std::string blanked = text_to_parse(grammar.scoping.family, text);
  const TreePointer tree = parse_tree(parser_.get(), grammar.language,
                                      blanked.empty() ? text : std::string_view(blanked), nullptr, deadline);
  if (!tree || !extract(grammar, text, ts_tree_root_node(tree.get()), matcher_, deadline, file)) {
    return {.symbols = {}, .references = {}, .comments = {}, .timed_out = true};
  }
  return file;
}

}  // namespace strata::repo
