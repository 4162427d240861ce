// SPDX-License-Identifier: Apache-2.0
// Declarators of C and C++: the name stands at the inner end, and what it is around it.
#pragma once

#include <tree_sitter/api.h>

#include <cstdint>
#include <string_view>

namespace strata::repo {

// The name at the inner end of a C declarator, and whether it is declared as a function.
struct Declared {
  TSNode name;
  bool function = false;
};
Declared inner_declarator(TSNode node);

// Where the name of a declarator ends: operator bool() const is called "operator bool".
uint32_t end_of_name(TSNode name);

// extern int x; and no value.
bool is_elsewhere(TSNode declaration, std::string_view text);

}  // namespace strata::repo
