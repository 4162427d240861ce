// SPDX-License-Identifier: Apache-2.0
// The symbols and comments of one file, from what the patterns of symbols.scm match.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "repo-indexer/language.h"
#include "repo-indexer/parse.h"

namespace strata::repo {

// A range that qualifies what stands inside, without being a symbol: impl Type {}.
struct NamedScope {
  ByteRange range;
  std::string name;
};

class SymbolMaker {
 public:
  SymbolMaker(const Grammar& grammar, std::string_view text) : grammar_(grammar), text_(text) {}
  void note_match(uint16_t pattern, std::span<const Captured> captures);
  // After the last match: sets symbols and comments.
  void finish(ParsedFile& file);
  // After finish(): where the names of symbols start, and the scopes.
  const std::unordered_set<uint32_t>& name_starts() const { return name_starts_; }
  const std::vector<NamedScope>& scopes() const { return scopes_; }

 private:
  // What one match of symbols.scm says; matches of the same name are merged.
  struct Candidate {
    uint32_t name_first = 0, name_last = 0, name_row = 0;
    uint32_t first = 0, last = 0, first_row = 0, last_row = 0;  // widest range
    uint32_t signature_first = 0, signature_last = 0;           // innermost definition, up to its body
    uint32_t doc_first = 0, doc_last = 0;
    std::string kind, owner;
    uint32_t pattern = 0;
    bool definition = true;
  };

  std::string_view slice(uint32_t first, uint32_t last) const { return text_.substr(first, last - first); }
  bool starts_line(uint32_t at) const;
  void add(Candidate c);
  // Comments and attributes that have their lines for themselves can belong to the symbol below.
  void finish_comments(ParsedFile& file);
  void make_symbols(ParsedFile& file);
  std::string without_comments(uint32_t first, uint32_t last, const std::vector<ByteRange>& comments) const;
  // The comment or attribute that ends above line `line` (1-based). Older C leaves an empty line between a comment and
  // its function; what stands at the top of the file then belongs to the file.
  std::map<uint32_t, TSNode>::const_iterator leading_above(int line, bool may_stand_off) const;
  // Finds the comment above the symbol.
  void lead(ParsedSymbol& s, const Candidate& c);

  const Grammar& grammar_;
  std::string_view text_;
  std::vector<Candidate> candidates_;
  std::unordered_map<uint32_t, size_t> by_name_;
  std::vector<TSNode> leading_;
  std::unordered_set<uint32_t> attributes_;  // where they start
  std::vector<ByteRange> comments_;
  std::map<uint32_t, TSNode> leading_by_last_row_;
  std::unordered_set<uint32_t> name_starts_;
  std::vector<NamedScope> scopes_;
};

}  // namespace strata::repo
