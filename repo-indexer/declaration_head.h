// SPDX-License-Identifier: Apache-2.0
// The head of a declaration of C or C++, up to its name and parameters, and which of its words only a preprocessor
// understands. A type and a name need no third word, so it does not matter how a macro is written:
//   MUST_CHECK int f(void)         public void f()          void JNICALL f(Env* env)
//   STDPROC(int) f()               int f OF((int x))        void f() REQUIRES(mutex)
//   class LIB_EXPORT Name {        int x_ GUARDED_BY(mutex_);
// Capitals decide where the place leaves a doubt.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "repo-indexer/c_tokens.h"

namespace strata::repo {

// What stands in braces.
enum class Braces : uint8_t { kStatements, kDeclarations, kList };

// Where a declaration stands.
struct DeclarationPlace {
  std::string_view class_name;  // of the class around it
  bool typed = false;           // behind the } of a class or enumeration: its type is known
};

struct DeclarationHead {
  struct Macro {
    uint32_t first = 0, last = 0;  // bytes
    bool begins = false;           // it stands in front, in the line of what it belongs to
  };
  std::vector<Macro> macros;
  // Signs to be put in place of those at these bytes: they make a list of parameters of the declarations that old C has
  // behind the names, f(a, b) int a; char* b; {
  std::vector<std::pair<uint32_t, char>> signs;
  size_t next = 0;                     // the first token behind it
  bool fresh = false;                  // another declaration may begin there
  Braces opens = Braces::kStatements;  // a brace behind it
  bool opens_type = false;             // of a class or an enumeration
  std::string_view class_name;
};

// The head that begins with token `at`.
DeclarationHead read_head(std::string_view text, std::span<const CToken> tokens, size_t at,
                          const DeclarationPlace& place);

// SOME_NAME: capitals, and too long for a template parameter.
bool is_shouted(std::string_view word);

}  // namespace strata::repo
