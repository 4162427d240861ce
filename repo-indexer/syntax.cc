// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/syntax.h"

#include "repo-indexer/language.h"
#include "repo-indexer/syntax_tree.h"

namespace strata::repo {

std::optional<std::vector<SyntaxError>> syntax_errors(std::string_view path, std::string_view text) {
  const std::string_view language = detect_language(path, text);
  const TSLanguage* grammar = grammar_of(language);
  if (!grammar) return std::nullopt;
  const std::string blanked = text_to_parse(scoping_of(language).family, text);
  const ParserPointer parser(ts_parser_new());
  const TreePointer tree = parse_tree(parser.get(), grammar, blanked.empty() ? text : std::string_view(blanked),
                                      nullptr, deadline_after(kParseBudgetS));
  return tree ? std::optional(errors_below(ts_tree_root_node(tree.get()))) : std::nullopt;
}

}  // namespace strata::repo
