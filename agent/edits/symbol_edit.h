// SPDX-License-Identifier: Apache-2.0
// Changes of one symbol within its file: the syntax tree says where it begins and ends, so no old text has to be
// quoted, and the text is indented as its place wants it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/edits/source_tree.h"
#include "agent/edits/splice.h"

namespace strata::agent {

enum class SymbolAction { kReplace, kReplaceBody, kInsertBefore, kInsertAfter, kDelete };

// The symbol that `name` (qualified or not, or a line number as text) means in this file, a position among
// tree.symbols(). Errors say which ones there are.
Result<int> symbol_in_file(const SourceTree& tree, std::string_view path, std::string_view name, int line = 0);

// kReplaceBody takes a body with or without braces, or the whole definition. A Python docstring stays unless the new
// body has its own; decorators stay unless the new definition has its own.
Result<std::vector<Splice>> edit_symbol(const SourceTree& tree, std::string_view path, std::string_view text,
                                        int symbol, SymbolAction action, std::string_view new_text);

// `text` with this indentation instead of its own; the lines keep their relation to each other.
std::string indented(std::string_view text, std::string_view indentation);

}  // namespace strata::agent
