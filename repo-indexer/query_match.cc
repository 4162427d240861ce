// SPDX-License-Identifier: Apache-2.0
// Matching: the tree is laid out as a list (a cursor is quicker than asking nodes for their children, and is needed
// once), then every pattern that begins with a node's kind is tried there. Where several children fit a step, each is
// tried; what is left to do after a step is a Continuation on the stack.
#include <algorithm>

#include "repo-indexer/query.h"

namespace strata::repo {

struct Matcher::Continuation {
  void* to;
  void (*function)(void* to);

  template <typename Then>
  explicit Continuation(Then& then) : to(&then), function([](void* it) { (*static_cast<Then*>(it))(); }) {}
  void operator()() const { function(to); }
};

bool Matcher::run(const Query& query, std::string_view text, TSNode root, Deadline deadline, Call on_match) {
  deadline_ = deadline;
  late_ = false;
  if (!flatten(query, root)) return false;
  for (uint32_t at = 0; at < nodes_.size(); ++at) {
    for (const uint16_t number : query.kinds_[nodes_[at].symbol].patterns) {
      const Query::Pattern& pattern = query.patterns_[number];
      captured_.clear();
      auto found = [&] {
        if (fulfils(pattern.conditions, text)) on_match.function(on_match.to, number, captured_);
      };
      match(pattern.root, at, Continuation(found));
    }
    if (late()) return false;
  }
  return true;
}

// Looking at the clock takes longer than looking at a node.
bool Matcher::late() {
  if ((++steps_ & 1023) == 0) late_ = late_ || std::chrono::steady_clock::now() > deadline_;
  return late_;
}

// A node is kept if a pattern names its kind, or looks at the children of its parent.
bool Matcher::flatten(const Query& query, TSNode root) {
  struct Open {
    uint32_t index;  // among nodes_; kNone: not kept
    bool keep_children;
  };
  constexpr uint32_t kNone = UINT32_MAX;
  nodes_.clear();
  std::vector<Open> open;
  TSTreeCursor cursor = ts_tree_cursor_new(root);
  const auto close = [&] {
    if (open.back().index != kNone) nodes_[open.back().index].end = static_cast<uint32_t>(nodes_.size());
    open.pop_back();
  };
  while (!late()) {
    const TSNode node = ts_tree_cursor_current_node(&cursor);
    // What could not be parsed has a number of its own, outside of the list. It is in the way, but no pattern means it.
    const TSSymbol symbol = ts_node_symbol(node) < query.kinds_.size() ? ts_node_symbol(node) : Step::kAny;
    const Query::Kind& kind = query.kinds_[symbol];
    const bool wanted_by_parent = !open.empty() && open.back().keep_children;
    const bool named = ts_node_is_named(node);
    const bool keep = kind.named_in_a_pattern || (named && !kind.patterns.empty()) ||
                      (wanted_by_parent && (named || ts_node_child_count(node) > 0));
    const TSFieldId field = wanted_by_parent && keep ? ts_tree_cursor_current_field_id(&cursor) : 0;
    open.push_back({keep ? static_cast<uint32_t>(nodes_.size()) : kNone, kind.has_children_in_a_pattern});
    if (keep) nodes_.push_back({node, 0, symbol, field, named});
    if (ts_tree_cursor_goto_first_child(&cursor)) continue;
    close();
    while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
      if (!ts_tree_cursor_goto_parent(&cursor)) {
        ts_tree_cursor_delete(&cursor);
        return true;
      }
      close();
    }
  }
  ts_tree_cursor_delete(&cursor);
  return false;
}

void Matcher::match(const Step& step, uint32_t at, const Continuation& then) {
  const size_t captures = captured_.size();
  const Node& node = nodes_[at];
  if (!step.alternatives.empty()) {
    for (const uint16_t capture : step.captures) captured_.push_back({capture, node.node});
    for (const Step& alternative : step.alternatives) match(alternative, at, then);
  } else if (step.symbol == Step::kAny ? node.named && node.symbol != Step::kAny : step.symbol == node.symbol) {
    for (const uint16_t capture : step.captures) captured_.push_back({capture, node.node});
    match_inside(step, at, then);
  }
  captured_.resize(captures);
}

void Matcher::match_inside(const Step& step, uint32_t at, const Continuation& then) {
  if (step.children.empty() && step.absent.empty()) return then();
  const uint32_t end = nodes_[at].end;
  for (const TSFieldId absent : step.absent) {
    for (uint32_t child = at + 1; child < end; child = nodes_[child].end) {
      if (nodes_[child].field == absent) return;
    }
  }
  match_children(step, 0, at + 1, end, then);
}

void Matcher::match_children(const Step& step, size_t child, uint32_t from, uint32_t end, const Continuation& then) {
  if (child == step.children.size()) {
    for (uint32_t rest = from; step.last && rest < end; rest = nodes_[rest].end) {
      if (nodes_[rest].named) return;
    }
    return then();
  }
  const Step& wanted = step.children[child];
  for (uint32_t at = from; at < end && !late(); at = nodes_[at].end) {
    if (wanted.field == 0 || wanted.field == nodes_[at].field) {
      auto others = [&] { match_children(step, child + 1, nodes_[at].end, end, then); };
      match(wanted, at, Continuation(others));
    }
    if (wanted.next && nodes_[at].named) return;
  }
}

bool Matcher::fulfils(const std::vector<Condition>& conditions, std::string_view text) const {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::all_of(conditions, [&](const Condition& condition) {
    return std::ranges::all_of(captured_, [&](const Captured& captured) {
      if (captured.capture != condition.capture) return true;
      const uint32_t first = ts_node_start_byte(captured.node), last = ts_node_end_byte(captured.node);
      const std::string_view found = text.substr(first, last - first);
      const bool fits = std::ranges::any_of(condition.words, [&](std::string_view word) {
        return found.size() >= word.size() && (condition.prefix || found.size() == word.size()) &&
               std::ranges::equal(found.substr(0, word.size()), word, {}, lower, lower);
      });
      return fits == condition.wanted;
    });
  });
}

}  // namespace strata::repo
