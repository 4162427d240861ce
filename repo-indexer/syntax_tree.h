// SPDX-License-Identifier: Apache-2.0
// Text to syntax tree, within a time.
#pragma once

#include <tree_sitter/api.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/syntax.h"

namespace strata::repo {

using Deadline = std::chrono::steady_clock::time_point;

inline constexpr double kParseBudgetS = 5;  // for one file
Deadline deadline_after(double seconds);

struct DeleteParser {
  void operator()(TSParser* parser) const { ts_parser_delete(parser); }
};
struct DeleteTree {
  void operator()(TSTree* tree) const { ts_tree_delete(tree); }
};
using ParserPointer = std::unique_ptr<TSParser, DeleteParser>;
using TreePointer = std::unique_ptr<TSTree, DeleteTree>;

// What is given to the parser in place of `text`: for C and C++ the text without what misleads it, of the same length.
// Empty: the text itself.
std::string text_to_parse(std::string_view family, std::string_view text);

// `old`: of the text before the edits that were made to it too (ts_tree_edit); may be null. nullptr after the deadline.
TreePointer parse_tree(TSParser* parser, const TSLanguage* language, std::string_view text, const TSTree* old,
                       Deadline deadline);

std::vector<SyntaxError> errors_below(TSNode root);

}  // namespace strata::repo
