// SPDX-License-Identifier: Apache-2.0
// Every place where a symbol is used: calls and types, which the index knows, and also where a constant, a variable or
// a function's address stands, which takes a look at the sources.
#pragma once

#include <vector>

#include "repo-indexer/index.h"

namespace strata::agent {

// `symbols`: one thing under one name (declaration, definition, overloads), at least one. By file and line; its own
// definitions, comments and strings are left out. Confidence 1: nothing else can be meant; below kLikelyUse: it may as
// well be something else of the name.
inline constexpr double kLikelyUse = 0.5;
Result<std::vector<repo::Reference>> usages_of(const repo::Index& index, const std::vector<repo::Symbol>& symbols);

// Constants, variables, macros and the like: the index has no references to them.
bool is_value(const repo::Symbol& symbol);

}  // namespace strata::agent
