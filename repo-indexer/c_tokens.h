// SPDX-License-Identifier: Apache-2.0
// C and C++ as tokens, without comments: what can be said of a text before its macros are known.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace strata::repo {

struct CToken {
  static constexpr char kWord = 'a', kNumber = '0', kString = '"', kDirective = '#', kScope = 'S';  // kScope: ::
  char sign = 0;                 // one of these, or the sign itself
  uint32_t partner = 0;          // of a bracket ( or {: the number of the one that closes it; 0: there is none
  uint32_t first = 0, last = 0;  // bytes
};

std::vector<CToken> c_tokens(std::string_view text);

// "if", "endif", ... of a directive.
std::string_view directive_word(std::string_view text, const CToken& directive);

// Follows the branches of conditionals: each branch starts from the state that the first one started from.
template <typename State>
class BranchStates {
 public:
  void at(std::string_view directive, State& state) {
    if (directive.starts_with("if")) {
      before_.push_back(state);
    } else if (!before_.empty() && directive.starts_with("el")) {
      state = before_.back();
    } else if (!before_.empty() && directive == "endif") {
      before_.pop_back();
    }
  }

 private:
  std::vector<State> before_;
};

}  // namespace strata::repo
