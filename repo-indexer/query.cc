// SPDX-License-Identifier: Apache-2.0
// Reading patterns. Matching them: query_match.cc.
#include "repo-indexer/query.h"

#include <algorithm>
#include <format>

namespace strata::repo {

class QueryReader {
 public:
  QueryReader(Query& query, const TSLanguage* language, std::string_view source)
      : query_(query), language_(language), source_(source) {}

  std::string read() {
    query_.kinds_.resize(ts_language_symbol_count(language_));
    for (skip_space(); error_.empty() && at_ < source_.size(); skip_space()) {
      Query::Pattern pattern;
      if (source_.substr(at_).starts_with("((")) {
        ++at_;
        read_step(pattern.root, false);
        while (error_.empty() && !take(")")) read_condition(pattern.conditions);
        read_captures(pattern.root);
      } else {
        read_step(pattern.root, false);
      }
      if (error_.empty()) enter(std::move(pattern));
    }
    return error_;
  }

 private:
  void fail(std::string_view what) {
    if (error_.empty()) error_ = std::format("{} at: {}", what, source_.substr(std::min(at_, source_.size()), 80));
  }

  void skip_space() {
    while (at_ < source_.size()) {
      if (source_[at_] == ';')
        at_ = std::min(source_.find('\n', at_), source_.size());
      else if (source_[at_] == ' ' || source_[at_] == '\n' || source_[at_] == '\t')
        ++at_;
      else
        return;
    }
  }

  bool take(std::string_view sign) {
    skip_space();
    if (!source_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  std::string_view word() {
    const size_t first = at_;
    while (at_ < source_.size() && (std::isalnum(static_cast<unsigned char>(source_[at_])) != 0 ||
                                    std::string_view("_-.?").find(source_[at_]) != std::string_view::npos)) {
      ++at_;
    }
    if (at_ == first) fail("a name is missing");
    return source_.substr(first, at_ - first);
  }

  std::string_view quoted() {
    if (!take("\"")) return fail("a string is missing"), std::string_view();
    const size_t first = at_;
    at_ = std::min(source_.find('"', at_), source_.size());
    const std::string_view text = source_.substr(first, at_ - first);
    if (text.contains('\\')) fail("escapes are not read");
    at_ += 1;
    return text;
  }

  uint16_t capture() {
    const std::string_view name = word();
    const auto known = std::ranges::find(query_.captures_, name);
    if (known == query_.captures_.end()) return query_.captures_.push_back(name), query_.captures_.size() - 1;
    return static_cast<uint16_t>(known - query_.captures_.begin());
  }

  void read_captures(Step& step) {
    while (take("@")) step.captures.push_back(capture());
  }

  TSFieldId field(std::string_view name) {
    const TSFieldId id = ts_language_field_id_for_name(language_, name.data(), static_cast<uint32_t>(name.size()));
    if (id == 0) fail("no such field");
    return id;
  }

  TSSymbol symbol(std::string_view name, bool named) {
    const TSSymbol id = ts_language_symbol_for_name(language_, name.data(), static_cast<uint32_t>(name.size()), named);
    if (id == 0) fail("no such node");
    if (ts_language_symbol_type(language_, id) == TSSymbolTypeSupertype) fail("supertypes are not read");
    return id;
  }

  void read_step(Step& step, bool inside) {
    skip_space();
    if (take("[")) {
      while (error_.empty() && !take("]")) read_step(step.alternatives.emplace_back(), inside);
    } else if (at_ < source_.size() && source_[at_] == '"') {
      step.symbol = symbol(quoted(), false);
    } else if (take("(")) {
      const std::string_view name = word();
      if (name != "_") step.symbol = symbol(name, true);
      while (error_.empty() && !take(")")) read_child(step);
    } else {
      fail("a node is missing");
    }
    read_captures(step);
  }

  void read_child(Step& step) {
    if (take("!")) return step.absent.push_back(field(word()));
    const bool next = take(".");
    if (next && take(")")) {
      step.last = true;
      --at_;
      return;
    }
    Step child;
    skip_space();
    TSFieldId its_field = 0;
    if (at_ < source_.size() && std::isalpha(static_cast<unsigned char>(source_[at_])) != 0) {
      its_field = field(word());
      if (!take(":")) fail("':' is missing");
    }
    read_step(child, true);
    child.field = its_field;
    child.next = next;
    step.children.push_back(std::move(child));
  }

  void read_condition(std::vector<Condition>& conditions) {
    if (!take("(#")) return fail("a condition is missing");
    const std::string_view name = word();
    if (name != "any-of?" && name != "not-any-of?" && name != "eq?" && name != "starts-with?")
      fail("no such condition");
    if (!take("@")) fail("a capture is missing");
    Condition condition{capture(), {}, !name.starts_with("not-"), name == "starts-with?"};
    while (error_.empty() && !take(")")) condition.words.push_back(quoted());
    conditions.push_back(std::move(condition));
  }

  // Notes where the pattern is to be tried, and which nodes it looks at.
  void enter(Query::Pattern pattern) {
    const auto number = static_cast<uint16_t>(query_.patterns_.size());
    each_kind(pattern.root, [&](Query::Kind& kind) {
      if (kind.patterns.empty() || kind.patterns.back() != number) kind.patterns.push_back(number);
    });
    note(pattern.root);
    query_.patterns_.push_back(std::move(pattern));
  }

  template <typename OnKind>
  void each_kind(const Step& step, OnKind on_kind) {
    for (const Step& alternative : step.alternatives) each_kind(alternative, on_kind);
    if (!step.alternatives.empty()) return;
    if (step.symbol != Step::kAny) return on_kind(query_.kinds_[step.symbol]);
    for (Query::Kind& kind : query_.kinds_) on_kind(kind);
  }

  void note(const Step& step) {
    each_kind(step, [&](Query::Kind& kind) {
      kind.named_in_a_pattern |= step.symbol != Step::kAny;
      kind.has_children_in_a_pattern |= !step.children.empty() || !step.absent.empty();
    });
    for (const Step& child : step.children) note(child);
    for (const Step& alternative : step.alternatives) note(alternative);
  }

  Query& query_;
  const TSLanguage* language_;
  std::string_view source_;
  size_t at_ = 0;
  std::string error_;
};

std::string Query::add(const TSLanguage* language, std::string_view source) {
  return QueryReader(*this, language, source).read();
}

}  // namespace strata::repo
