// SPDX-License-Identifier: Apache-2.0
// C and C++ are parsed without a preprocessor, so macros that are no expressions mislead the parser:
//   class LIB_EXPORT Name {        becomes a function called Name
//   int x_ GUARDED_BY(mutex_);     becomes a function called GUARDED_BY
//   Q_OBJECT                       takes the next declaration with it
//   LIB_API char* name(void);      becomes an error
// declaration_head.h says how they are recognised.
#pragma once

#include <string>
#include <string_view>

namespace strata::repo {

// The text with such macros replaced by spaces, or by a specifier where something begins with them, and parameters of
// old C put between their brackets. What is left stays where it was.
std::string without_macros(std::string_view text);

}  // namespace strata::repo
