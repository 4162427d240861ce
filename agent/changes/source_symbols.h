// SPDX-License-Identifier: Apache-2.0
// The symbols of a text that is in no index: one side of a change.
#pragma once

#include <string_view>

#include "repo-indexer/parse.h"

namespace strata::agent {

// Empty for languages that are not parsed. `grammars` keeps what reading a language's queries costs.
repo::ParsedFile parse_source(repo::Grammars& grammars, std::string_view path, std::string_view text);

// The innermost symbol with these lines (and the comment above it); nullptr if there is none.
const repo::ParsedSymbol* symbol_around(const repo::ParsedFile& file, int line);

}  // namespace strata::agent
