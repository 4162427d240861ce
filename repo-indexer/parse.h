// SPDX-License-Identifier: Apache-2.0
// The symbols, references and comments of one file, from its syntax tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/language.h"
#include "repo-indexer/syntax_tree.h"
#include "repo-indexer/terms.h"

namespace strata::repo {

struct ParsedSymbol {
  std::string name, qualified_name, kind, signature, doc;
  int parent = -1;  // index among the symbols
  uint32_t first_byte = 0, last_byte = 0;
  int lead_line = 0;                  // first line of its comment, decorators and attributes
  int first_line = 0, last_line = 0;  // 1-based, inclusive
  int name_line = 0;
  bool definition = true;
};

struct ParsedReference {
  std::string name, kind;
  // What tells which symbol of this name is meant:
  //   ""        nothing stands before the name
  //   "a::b"    a path: what stands before the name, or where an import of this file says the name is from
  //   ">Foo"    a member of an object of type Foo; ">^Foo": of its base class
  //   ">?x"     a member of x, whose type this file does not say; ">?" of something more complicated
  //   ">()f"    a member of what f() returns
  //   ">!"      a member of a literal
  //   "<"       of an import: searched in include folders only
  std::string qualifier;
  int arguments = -1;  // of a call; -1: not known
  int line = 0;
  int enclosing = -1;  // index among the symbols
};

struct ParsedFile {
  std::vector<ParsedSymbol> symbols;  // by position, a parent before its children
  std::vector<ParsedReference> references;
  std::vector<ByteRange> comments;  // ascending, disjoint
  bool timed_out = false;           // nothing else is set then
};

// What a syntax tree of `text` says. False after the deadline: `file` is then unfinished.
bool extract(const Grammar& grammar, std::string_view text, TSNode root, Matcher& matcher, Deadline deadline,
             ParsedFile& file);

// One per thread.
class Parser {
 public:
  explicit Parser(double budget_s = kParseBudgetS) : budget_s_(budget_s) {}
  ParsedFile parse(const Grammar& grammar, std::string_view text);

 private:
  ParserPointer parser_{ts_parser_new()};
  Matcher matcher_;
  double budget_s_;
};

// Functions and the like: what a passage is made of.
bool is_function(std::string_view kind);
// Classes and the like: what has members.
bool is_class(std::string_view kind);
bool is_variable(std::string_view kind);

}  // namespace strata::repo
