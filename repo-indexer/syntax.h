// SPDX-License-Identifier: Apache-2.0
// What the parser cannot make sense of in a text: the check of an edit before anybody builds it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::repo {

struct SyntaxError {
  uint32_t first_byte = 0, last_byte = 0;  // [first, last) of the text; equal where something is missing
  int first_line = 0, last_line = 0;       // 1-based, inclusive
  std::string missing;  // what is missing here, as "}" or "identifier"; empty: text that fits nowhere
};

// The outermost errors, by position; none is a good text. nullopt: the language of `path` (and, where the name does not
// tell, of the text) is not parsed, or parsing takes longer than five seconds. C and C++ are read without a
// preprocessor, so that a file which compiles may have some too: compare the text before an edit with the text after
// it. Any thread.
std::optional<std::vector<SyntaxError>> syntax_errors(std::string_view path, std::string_view text);

}  // namespace strata::repo
