// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/syntax_tree.h"

#include <algorithm>

#include "repo-indexer/conditionals.h"
#include "repo-indexer/macros.h"

namespace strata::repo {

namespace {

using Clock = std::chrono::steady_clock;

struct Cursor {
  explicit Cursor(TSNode root) : at(ts_tree_cursor_new(root)) {}
  ~Cursor() { ts_tree_cursor_delete(&at); }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  TSTreeCursor at;
};

}  // namespace

Deadline deadline_after(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

std::string text_to_parse(std::string_view family, std::string_view text) {
  if (family != "c") return {};
  std::string plain = without_macros(text);
  join_split_statements(plain);
  return plain;
}

TreePointer parse_tree(TSParser* parser, const TSLanguage* language, std::string_view text, const TSTree* old,
                       Deadline deadline) {
  ts_parser_set_language(parser, language);
  ts_parser_reset(parser);
  const TSInput input{.payload = &text,
                      .read = [](void* payload, uint32_t at, TSPoint, uint32_t* bytes) -> const char* {
                        const auto& all = *static_cast<std::string_view*>(payload);
                        *bytes = at < all.size() ? static_cast<uint32_t>(all.size()) - at : 0;
                        return all.data() + std::min<size_t>(at, all.size());
                      },
                      .encoding = TSInputEncodingUTF8,
                      .decode = nullptr};
  const TSParseOptions options{.payload = &deadline, .progress_callback = [](TSParseState* state) {
                                 return Clock::now() > *static_cast<Deadline*>(state->payload);
                               }};
  return TreePointer(ts_parser_parse_with_options(parser, old, input, options));
}

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

}  // namespace strata::repo
