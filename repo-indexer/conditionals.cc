// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/conditionals.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

namespace strata::repo {
namespace {

// Where a place is in the code.
struct State {
  int braces = 0, brackets = 0;
  char before = ';';  // the last sign that is neither space nor comment nor directive
};

struct Branch {
  size_t first = 0, last = 0;  // bytes, between the directives
  State end;
  size_t code = 0;  // where the first of it stands; 0: there is none
};

struct Conditional {
  State start;
  bool never = false;                                 // #if 0
  bool linkage = false;                               // extern "C" {, whose other brace is in another conditional
  std::vector<std::pair<size_t, size_t>> directives;  // bytes
  std::vector<Branch> branches;
};

bool ends_a_statement(char c) { return c == ';' || c == '{' || c == '}' || c == ':'; }

class Scan {
 public:
  explicit Scan(std::string& text) : text_(text) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (skip_comment(at_)) continue;
      if (c == '#' && begins_line(at_))
        directive();
      else if (c == '"' || c == '\'')
        skip_string();
      else
        sign(c);
    }
  }

 private:
  bool begins_line(size_t at) const {
    while (at > 0 && (text_[at - 1] == ' ' || text_[at - 1] == '\t')) --at;
    return at == 0 || text_[at - 1] == '\n';
  }

  bool skip_comment(size_t& at) const {
    const std::string_view rest = std::string_view(text_).substr(at, 2);
    if (rest != "//" && rest != "/*") return false;
    const size_t end = rest == "//" ? text_.find('\n', at) : text_.find("*/", at + 2);
    at = end == text_.npos ? text_.size() : end + (rest == "//" ? 0 : 2);
    return true;
  }

  void skip_string() {
    const size_t begin = at_;
    const char quote = text_[at_];
    const bool digits = quote == '\'' && at_ > 0 && std::isdigit(static_cast<unsigned char>(text_[at_ - 1]));  // 1'000
    size_t end = at_ + 1;
    while (!digits && end < text_.size() && text_[end] != quote && text_[end] != '\n')
      end += text_[end] == '\\' ? 2 : 1;
    if (!open_.empty() && std::string_view(text_).substr(at_, 3) == "\"C\"") open_.back().linkage = true;
    at_ = std::min(digits ? at_ + 1 : end + 1, text_.size());
    state_.before = quote;
    note_code(begin);
  }

  void note_code(size_t at) {
    if (!open_.empty() && open_.back().branches.back().code == 0) open_.back().branches.back().code = at;
  }

  void sign(char c) {
    ++at_;
    if (std::isspace(static_cast<unsigned char>(c))) return;
    state_.braces += c == '{' ? 1 : c == '}' ? -1 : 0;
    state_.brackets += c == '(' ? 1 : c == ')' ? -1 : 0;
    state_.before = c;
    note_code(at_ - 1);
  }

  size_t end_of_directive(size_t at) const {
    for (;;) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      if (end == text_.size() || text_[end - 1] != '\\') return end;
      at = end + 1;
    }
  }

  void directive() {
    const size_t first = at_;
    at_ = end_of_directive(at_);
    std::string_view what = std::string_view(text_).substr(first + 1, at_ - first - 1);
    what.remove_prefix(std::min(what.find_first_not_of(" \t"), what.size()));
    if (what.starts_with("if")) {
      open_.push_back({state_, what.starts_with("if 0"), false, {}, {}});
    } else if (open_.empty() || !(what.starts_with("el") || what.starts_with("endif"))) {
      return;
    } else {
      Branch& branch = open_.back().branches.back();
      branch.last = first;
      branch.end = state_;
    }
    Conditional& conditional = open_.back();
    conditional.directives.push_back({first, at_});
    if (what.starts_with("endif")) {
      close();
    } else {
      state_ = conditional.start;  // of each branch
      conditional.branches.push_back({.first = at_, .last = at_, .end = {}});
    }
  }

  char next_sign() const {
    for (size_t at = at_; at < text_.size();) {
      if (skip_comment(at)) continue;
      if (text_[at] == '#') {
        at = end_of_directive(at);
        continue;
      }
      if (!std::isspace(static_cast<unsigned char>(text_[at]))) return text_[at];
      ++at;
    }
    return ';';
  }

  bool is_else(size_t at) const {
    return text_.compare(at, 4, "else") == 0 && !std::isalnum(static_cast<unsigned char>(text_[at + 4])) &&
           !std::isalnum(static_cast<unsigned char>(text_[at - 1]));
  }

  size_t last_code(const Branch& branch) const {
    size_t at = branch.last;
    while (at > branch.code && std::isspace(static_cast<unsigned char>(text_[at - 1]))) --at;
    return std::max(at - 1, branch.first + 3);
  }

  bool splits(const Conditional& conditional, const Branch& kept) const {
    const State& start = conditional.start;
    if (conditional.linkage) return false;
    if (is_else(kept.code) || is_else(last_code(kept) - 3)) return true;  // of what stands in front, or behind
    if (start.brackets > 0 || start.braces != kept.end.braces || start.brackets != kept.end.brackets) return true;
    // Behind `if (x)`, but not behind a macro at file level that does without a semicolon.
    if (start.before == ',') return false;  // of a list, which the parser takes in parts
    if (!ends_a_statement(start.before) && (start.before != ')' || start.braces > 0)) return true;
    if (start.braces > 0 && kept.end.before == ')') return true;  // if (x) of what stands behind
    return !ends_a_statement(kept.end.before) && next_sign() == '{';
  }

  void close() {
    const Conditional conditional = std::move(open_.back());
    open_.pop_back();
    // The first branch that says something, unless it is switched off.
    const auto& all = conditional.branches;
    size_t kept = conditional.never && all.size() > 1 ? 1 : 0;
    while (kept < all.size() && all[kept].code == 0) ++kept;
    if (kept == all.size()) {
      state_ = conditional.start;
      return;
    }
    state_ = all[kept].end;
    note_code(all[kept].code);
    const int opened = all[kept].end.braces - conditional.start.braces;
    const bool closes = linkages_ > 0 && opened == -1 && text_[all[kept].code] == '}';
    if (closes || (conditional.linkage && opened == 1)) {  // neither brace is the other's to the parser
      linkages_ += opened;
      state_ = conditional.start;
      return blank(conditional.directives.front().first, conditional.directives.back().second);
    }
    if (!splits(conditional, all[kept])) {
      state_.braces = conditional.start.braces;
      return;
    }
    if (conditional.never && kept == 0) {
      state_ = conditional.start;
      return blank(conditional.directives.front().first, conditional.directives.back().second);
    }
    for (const auto& [first, last] : conditional.directives) blank(first, last);
    for (size_t i = 0; i < all.size(); ++i)
      if (i != kept) blank(all[i].first, all[i].last);
  }

  void blank(size_t first, size_t last) {
    for (size_t i = first; i < last; ++i)
      if (text_[i] != '\n' && text_[i] != '\r') text_[i] = ' ';
  }

  std::string& text_;
  size_t at_ = 0;
  State state_;
  std::vector<Conditional> open_;
  int linkages_ = 0;  // extern "C" { in conditionals, not yet closed
};

}  // namespace

void join_split_statements(std::string& text) {
  if (text.find("if") == text.npos || text.find('#') == text.npos) return;
  Scan(text).run();
}

}  // namespace strata::repo
