// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/c_tokens.h"

#include <algorithm>
#include <string>

namespace strata::repo {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Bytes above 127 are letters: of identifiers, where they stand outside of strings and comments.
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) { tokens_.reserve(text.size() / 5); }

  std::vector<CToken> run() {
    bool line_begins = true;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_space(c)) {
        line_begins |= c == '\n';
        ++at_;
        continue;
      }
      const size_t first = at_;
      if (const size_t end = comment_end(at_); end != at_) {
        at_ = end;
        continue;
      }
      if (c == '#' && line_begins) {
        at_ = directive_end(at_);
        add(CToken::kDirective, first);
        branches_.at(directive_word(text_, tokens_.back()), open_);
      } else if (is_word(c)) {
        word(first);
      } else if (c == '"' || c == '\'') {
        at_ = string_end(at_);
        add(CToken::kString, first);
      } else if (text_.substr(at_, 2) == "::") {
        at_ += 2;
        add(CToken::kScope, first);
      } else {
        ++at_;
        add(c, first);
        bracket(c);
      }
      line_begins = false;
    }
    return std::move(tokens_);
  }

 private:
  void add(char sign, size_t first) {
    tokens_.push_back({sign, 0, static_cast<uint32_t>(first), static_cast<uint32_t>(at_)});
  }

  void word(size_t first) {
    const bool number = is_digit(text_[first]);
    while (at_ < text_.size() && (is_word(text_[at_]) || (number && digit_separator()))) ++at_;
    if (text_.substr(at_, 1) == "\"" && text_[at_ - 1] == 'R') {
      const size_t open = text_.find('(', at_);
      const std::string end = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
      const size_t close = open == text_.npos ? open : text_.find(end, open);
      at_ = close == text_.npos ? string_end(at_) : close + end.size();
      return add(CToken::kString, first);
    }
    add(number ? CToken::kNumber : CToken::kWord, first);
  }

  bool digit_separator() const { return text_[at_] == '\'' && at_ + 1 < text_.size() && is_word(text_[at_ + 1]); }

  void bracket(char c) {
    const auto index = static_cast<uint32_t>(tokens_.size() - 1);
    if (c == '(' || c == '{') open_.push_back(index);
    if (c == ')' && !open_.empty() && tokens_[open_.back()].sign == '(') close(index);
    if (c == '}') {
      while (!open_.empty() && tokens_[open_.back()].sign == '(') open_.pop_back();
      if (!open_.empty()) close(index);
    }
  }

  void close(uint32_t index) {
    tokens_[open_.back()].partner = index;
    open_.pop_back();
  }

  // `at` itself if no comment begins there.
  size_t comment_end(size_t at) const {
    const std::string_view two = text_.substr(at, 2);
    if (two != "//" && two != "/*") return at;
    const size_t end = two == "//" ? text_.find('\n', at) : text_.find("*/", at + 2);
    return end == text_.npos ? text_.size() : end + (two == "//" ? 0 : 2);
  }

  size_t string_end(size_t at) const {
    const char quote = text_[at];
    for (++at; at < text_.size() && text_[at] != quote && text_[at] != '\n'; ++at) at += text_[at] == '\\';
    return std::min(at < text_.size() && text_[at] == '\n' ? at : at + 1, text_.size());
  }

  size_t directive_end(size_t at) const {
    while (at < text_.size() && text_[at] != '\n') {
      if (text_[at] == '\\') {
        at += text_.substr(at + 1, 2) == "\r\n" ? 3 : 2;
      } else if (text_[at] == '"') {
        at = string_end(at);
      } else {
        const size_t end = comment_end(at);
        at = end == at ? at + 1 : end;
      }
    }
    return std::min(at, text_.size());
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<CToken> tokens_;
  std::vector<uint32_t> open_;  // brackets
  BranchStates<std::vector<uint32_t>> branches_;
};

}  // namespace

std::string_view directive_word(std::string_view text, const CToken& directive) {
  std::string_view word = text.substr(directive.first + 1, directive.last - directive.first - 1);
  word.remove_prefix(std::min(word.find_first_not_of(" \t"), word.size()));
  return word.substr(0, word.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
}

std::vector<CToken> c_tokens(std::string_view text) { return Scan(text).run(); }

}  // namespace strata::repo
