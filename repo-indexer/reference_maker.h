// SPDX-License-Identifier: Apache-2.0
// The references of one file, from what the patterns of references.scm match, and what its imports and declared types
// make of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "repo-indexer/import_statement.h"
#include "repo-indexer/language.h"
#include "repo-indexer/parse.h"
#include "repo-indexer/symbol_maker.h"

namespace strata::repo {

class ReferenceMaker {
 public:
  ReferenceMaker(const Grammar& grammar, std::string_view text) : grammar_(grammar), text_(text) {}
  void note_match(std::span<const Captured> captures);
  // After the last match, when the symbols are known, so that uses can be told from definitions and be put into their
  // places.
  void finish(const SymbolMaker& symbols, ParsedFile& file);

 private:
  // What one match of references.scm says.
  struct Use {
    Capture what =
        Capture::kOther;    // kInherit, kCall, kImport, kType, kUse (the first of these counts), kLocal, kVariable
    std::string_view kind;  // of an import
    uint32_t first = 0, last = 0, row = 0;  // the name
    uint32_t whole = 0;                     // where it starts with what is written before it, as in a::b::name
    ByteRange qualifier, from, alias, of;
    bool made_by = false;  // `of` is the function that made the variable
    int arguments = -1;
    int inside = -1;  // the innermost symbol around it
  };

  // What an import makes of a word of this file: `import numpy as np`, `from a.b import c as d`.
  struct Binding {
    std::string path, name;  // no name: the module itself
  };

  std::string_view slice(uint32_t first, uint32_t last) const { return text_.substr(first, last - first); }
  // The innermost symbol around each use.
  void place_uses(const ParsedFile& file);
  void note_variable(const Use& use, const ParsedFile& file);
  void note_local(const Use& use, const ParsedFile& file);
  bool is_local(int inside, std::string_view name, const ParsedFile& file) const;
  const std::string* type_of_variable(int i, std::string_view name, const ParsedFile& file) const;
  std::vector<Imported> imports_of(const Use& use) const;
  void note_import(const Use& use);
  // Name and qualifier of what is used.
  void describe(ParsedReference& reference, std::string_view text, const Use& use, const ParsedFile& file) const;
  std::string qualifier_of(std::string_view before, bool is_path, int inside, const ParsedFile& file) const;
  std::string member_of(const std::string& owner, std::string_view name) const;
  // `impl Trait for Type`: it is the type that inherits, if it stands in this file.
  void adopt(ParsedReference& reference, uint32_t at, const std::vector<NamedScope>& scopes,
             const ParsedFile& file) const;

  const Grammar& grammar_;
  std::string_view text_;
  std::vector<Use> uses_;
  std::unordered_set<uint32_t> not_used_;                   // where names stand that make something known
  std::unordered_map<std::string, std::string> variables_;  // key() -> type, or "()" and the function that made it
  std::unordered_map<std::string, Binding> imports_;        // by the word that is used in this file
  std::unordered_set<std::string> locals_;                  // key()
  std::unordered_set<std::string> own_names_;               // of functions, classes and the like
};

}  // namespace strata::repo
