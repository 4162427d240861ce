// SPDX-License-Identifier: Apache-2.0
// The symbols of a text, one line each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/parse.h"

namespace strata::repo {

// "function f", "declared method Shape::draw"
inline std::vector<std::string> symbols_of(std::string_view language, std::string_view text) {
  static Grammars grammars;
  std::vector<std::string> symbols;
  for (const ParsedSymbol& s : Parser().parse(*grammars.find(language), text).symbols) {
    symbols.push_back((s.definition ? "" : "declared ") + s.kind + " " + s.qualified_name);
  }
  return symbols;
}

}  // namespace strata::repo
