// SPDX-License-Identifier: Apache-2.0
// Edits of one file, all or none: each is found in the text as it is now, so their order does not matter; if one cannot
// be placed, or the result has syntax errors the file did not have, the file stays as it was, and the report says for
// each edit what became of it and what to do.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/edits/splice.h"
#include "agent/edits/symbol_edit.h"

namespace strata::agent {

struct LineEdit {
  int first = 0, last = 0;  // last == first - 1: before line `first`
  std::string text;
  std::string seen;  // these lines as the model was shown them; the edit is refused if they are not so any more
};
struct ReplaceEdit {
  std::string old_text, new_text;
  int line = 0;      // where it is expected; 0: nowhere
  bool all = false;  // every place
};
struct WholeEdit {
  std::string text;
};
struct SymbolEdit {
  SymbolAction action = SymbolAction::kReplaceBody;
  std::string symbol, text;
  int line = 0;  // of the symbol, where several have the name; 0: not said
};
using Edit = std::variant<LineEdit, ReplaceEdit, WholeEdit, SymbolEdit>;

inline constexpr int kWholeFileLines = 200;  // longer files are not rewritten as a whole

struct FileEdit {
  bool applied = false;
  std::string text;                  // the new bytes; the old ones if nothing was applied
  std::vector<std::string> reports;  // one for each edit: "lines 3-5 replaced", or why not
  std::vector<std::string> syntax;   // errors the result would have had: "line 7: ...", with the lines around
};

FileEdit edit_file(std::string_view path, std::string_view bytes, const std::vector<Edit>& edits);

// Syntax errors that `after` has and `before` had not, each with its lines; at most five. Empty for languages that are
// not parsed.
std::vector<std::string> new_syntax_errors(std::string_view path, std::string_view before, std::string_view after);

}  // namespace strata::agent
