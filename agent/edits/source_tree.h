// SPDX-License-Identifier: Apache-2.0
// The syntax tree of one text, for those who change it: its symbols with their bytes and bodies, and every place where
// a name stands. C and C++ are seen with misleading macros blanked out (repo-indexer/macros.h); bytes stay what they
// are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/parse.h"

namespace strata::agent {

using repo::ByteRange;
using repo::ParsedSymbol;

// A place where a name stands as a whole word.
struct Occurrence {
  enum class Kind {
    kCode,
    kMember,   // x.name, x->name
    kKeyword,  // f(name=1): a parameter of whoever is called
    kLocal,    // a parameter or variable of the function around it
    kComment,
    kString,
    kOther,  // of a macro's body, or where the parser understands nothing
  };
  size_t first = 0, last = 0;
  int line = 0;
  Kind kind = Kind::kCode;
  bool exported = false;  // a string in Python's __all__
  std::string before;     // of a member: what stands before the dot
};

class SourceTree {
 public:
  // Nothing for languages that are not parsed, and for texts that take too long. `text` must outlive it.
  static std::optional<SourceTree> parse(std::string_view path, std::string_view text);
  SourceTree(SourceTree&&) noexcept;
  SourceTree& operator=(SourceTree&&) noexcept;
  ~SourceTree();

  std::string_view language() const;
  const std::vector<ParsedSymbol>& symbols() const;
  // By qualified name and one of its lines (0: any); -1 if there is none.
  int find(std::string_view qualified_name, int line = 0) const;
  // The whole definition with its decorators, from the start of its first line to the end of its last; `lead`: with the
  // comment above it.
  ByteRange lines_of(const ParsedSymbol& symbol, bool lead) const;
  // What its braces enclose, braces included, or its indented block; nothing if it has no body.
  std::optional<ByteRange> body(const ParsedSymbol& symbol) const;
  // Its parameters, with the parentheses.
  std::optional<ByteRange> parameters(const ParsedSymbol& symbol) const;
  // The arguments, with the parentheses, of calls of this name (as a plain name or a member) within `range`.
  std::vector<ByteRange> arguments_of_calls(std::string_view name, ByteRange range) const;
  std::vector<Occurrence> occurrences(std::string_view name) const;
  // Identifiers of code within `range`, each once.
  std::vector<std::string> identifiers(ByteRange range) const;
  // Does an anonymous namespace, or another scope without a name, enclose this byte?
  bool in_anonymous_namespace(size_t byte) const;
  // First lines and last lines of top-level statements, in order.
  struct Statement {
    std::string type;
    ByteRange bytes;
    int first_line = 0, last_line = 0;
  };
  std::vector<Statement> top_level() const;

 private:
  struct Impl;
  explicit SourceTree(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

bool is_identifier(std::string_view text);  // letters, digits, '_', '$'; not starting with a digit

}  // namespace strata::agent
