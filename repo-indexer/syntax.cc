// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/syntax.h"

#include "repo-indexer/language.h"
#include "repo-indexer/syntax_tree.h"

namespace strata::repo {
namespace {

constexpr double kBudgetS = 5;

struct Cursor {
  explicit Cursor(TSNode root) : at(ts_tree_cursor_new(root)) {}
  ~Cursor() { ts_tree_cursor_delete(&at); }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  TSTreeCursor at;
};

std::vector<SyntaxError> errors_below(TSNode root) {
  std::vector<SyntaxError> errors;
  Cursor cursor(root);
  for (;;) {
    const TSNode node = ts_tree_cursor_current_node(&cursor.at);
    const bool missing = ts_node_is_missing(node), error = missing || ts_node_is_error(node);
    if (error) {
      const TSPoint first = ts_node_start_point(node), last = ts_node_end_point(node);
      const uint32_t last_row = last.column == 0 && last.row > first.row ? last.row - 1 : last.row;
      errors.push_back({ts_node_start_byte(node), ts_node_end_byte(node), static_cast<int>(first.row) + 1,
                        static_cast<int>(last_row) + 1, missing ? ts_node_type(node) : ""});
    }
    // Only what has errors inside is entered, so a good text costs nothing.
    if (!error && ts_node_has_error(node) && ts_tree_cursor_goto_first_child(&cursor.at)) continue;
    while (!ts_tree_cursor_goto_next_sibling(&cursor.at)) {
      if (!ts_tree_cursor_goto_parent(&cursor.at)) return errors;
    }
  }
}

}  // namespace

std::optional<std::vector<SyntaxError>> syntax_errors(std::string_view path, std::string_view text) {
  const std::string_view language = detect_language(path, text);
  const TSLanguage* grammar = grammar_of(language);
  if (!grammar) return std::nullopt;
  const std::string blanked = text_to_parse(scoping_of(language).family, text);
  const ParserPointer parser(ts_parser_new());
  const TreePointer tree = parse_tree(parser.get(), grammar, blanked.empty() ? text : std::string_view(blanked),
                                      nullptr, deadline_after(kBudgetS));
  return tree ? std::optional(errors_below(ts_tree_root_node(tree.get()))) : std::nullopt;
}

}  // namespace strata::repo
