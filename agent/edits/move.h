// SPDX-License-Identifier: Apache-2.0
// What moving a symbol is made from, shared by the languages (move_python.cc, move_c.cc). Private to this folder.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "agent/edits/change.h"
#include "agent/edits/source_tree.h"
#include "agent/edits/splice.h"
#include "agent/edits/target.h"

namespace strata::agent {

// All that a move is made from.
struct Move {
  const Sources& sources;
  repo::Symbol symbol;
  std::string to;
  const std::string& from_text;  // what `tree` is of
  std::string to_text;
  SourceTree tree;
  const ParsedSymbol* parsed = nullptr;  // of the symbol
  ByteRange cut;                         // with its comment
  std::string definition;                // the text of `cut`, '\n' only
  std::vector<std::string> words;        // identifiers of the definition
  bool new_file = false;

  std::vector<Splice> here, there;
  std::vector<FileUses> uses;
  Change change;

  bool mentions(std::string_view name) const { return std::ranges::binary_search(words, name); }
  bool inside(size_t byte) const { return byte >= cut.first && byte < cut.last; }
  const FileUses* uses_in(const std::string& path) const {
    const auto at = std::ranges::find(uses, path, &FileUses::path);
    return at == uses.end() ? nullptr : &*at;
  }
  bool still_used_here() const {
    const FileUses* own = uses_in(symbol.file);
    return own && std::ranges::any_of(own->uses, [&](const Use& u) {
             return !inside(u.place.first) && !u.definition && u.certainty != Use::Certainty::kMention &&
                    !u.place.exported;
           });
  }
};

// Each fills in `here` and `there`, and what it changes in other files. Errors as move_symbol().
Result<void> move_python(Move& m);
Result<void> move_c(Move& m);

// Takes the symbol out of its file.
Splice removal(const Move& m);
std::string folder_of(const std::string& path);   // "" at the top
std::string_view trimmed(std::string_view text);  // without the blanks and line ends around it

}  // namespace strata::agent
