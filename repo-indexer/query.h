// SPDX-License-Identifier: Apache-2.0
// Patterns over syntax trees, written in tree-sitter's query language. Why not its own TSQuery: that works out for
// every pattern where in the grammar it could match, which for C++ takes longer than reading a whole small repository,
// on every start. Here a pattern is read as it stands and tried where its outermost node occurs, which is also quicker
// than following all of them through the tree.
//
// Of the language: (node field: (inner) @capture), (_), "token", [alternatives], !absent_field, anchors (.), and the
// conditions of Condition. No quantifiers, no siblings without a node around them, no supertypes: these are errors.
#pragma once

#include <tree_sitter/api.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/syntax_tree.h"

namespace strata::repo {

// `(#any-of? @capture "a" "b")`, `(#not-any-of? ...)`, `(#eq? @capture "a")` and `(#starts-with? @capture "a")`:
// without regard to case, as CMake and SQL have none.
struct Condition {
  uint16_t capture = 0;
  std::vector<std::string_view> words;
  bool wanted = true, prefix = false;
};

// What one node of the tree has to be.
struct Step {
  static constexpr TSSymbol kAny = 0;  // any named node; 0 is the end of the file and no node
  TSSymbol symbol = kAny;
  TSFieldId field = 0;  // of it in its parent; 0: any
  bool next = false;    // directly behind the one before it, or the first of its parent
  bool last = false;    // of `children`, the last one is the last of this node
  std::vector<uint16_t> captures;
  std::vector<TSFieldId> absent;
  std::vector<Step> children;      // in this order, others may stand between
  std::vector<Step> alternatives;  // instead of all this but field, next and captures: one of them
};

class Query {
 public:
  // Adds the patterns of `source`, which must live as long as the query. Returns what is wrong with it; empty if
  // nothing.
  std::string add(const TSLanguage* language, std::string_view source);

  const std::vector<std::string_view>& captures() const { return captures_; }  // names, by number

 private:
  friend class QueryReader;
  friend class Matcher;
  struct Pattern {
    Step root;
    std::vector<Condition> conditions;
  };
  // What to do where a node of a kind occurs.
  struct Kind {
    std::vector<uint16_t> patterns;  // that begin with it
    bool named_in_a_pattern = false, has_children_in_a_pattern = false;
  };
  std::vector<std::string_view> captures_;
  std::vector<Pattern> patterns_;
  std::vector<Kind> kinds_;  // by symbol
};

struct Captured {
  uint16_t capture = 0;
  TSNode node{};
};

// Finds the matches of a query. It keeps its memory: one per thread.
class Matcher {
 public:
  // Calls on_match(pattern, captures) for every way in which a pattern matches: outer nodes before inner ones, captures
  // in the order of the pattern. False after the deadline.
  template <typename OnMatch>
  bool run(const Query& query, std::string_view text, TSNode root, Deadline deadline, OnMatch on_match) {
    return run(query, text, root, deadline,
               Call{&on_match, [](void* to, uint16_t pattern, std::span<const Captured> c) {
                      (*static_cast<OnMatch*>(to))(pattern, c);
                    }});
  }

 private:
  struct Call {
    void* to;
    void (*function)(void* to, uint16_t pattern, std::span<const Captured> captures);
  };
  struct Node {
    TSNode node;
    uint32_t end;  // the index after everything below it
    TSSymbol symbol;
    TSFieldId field;
    bool named;
  };
  struct Continuation;

  bool run(const Query& query, std::string_view text, TSNode root, Deadline deadline, Call on_match);
  bool flatten(const Query& query, TSNode root);
  bool late();
  void match(const Step& step, uint32_t at, const Continuation& then);
  void match_inside(const Step& step, uint32_t at, const Continuation& then);
  void match_children(const Step& step, size_t child, uint32_t from, uint32_t end, const Continuation& then);
  bool fulfils(const std::vector<Condition>& conditions, std::string_view text) const;

  // The named nodes that a pattern may ask for, each before what is below it.
  std::vector<Node> nodes_;
  std::vector<Captured> captured_;
  Deadline deadline_;
  uint32_t steps_ = 0;
  bool late_ = false;
};

}  // namespace strata::repo
