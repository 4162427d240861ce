// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/macros.h"

#include <algorithm>
#include <vector>

#include "repo-indexer/c_tokens.h"
#include "repo-indexer/declaration_head.h"

namespace strata::repo {
namespace {

class Blanking {
 public:
  explicit Blanking(std::string_view text) : text_(text), out_(text), tokens_(c_tokens(text)) {}

  std::string run() {
    while (at_ < tokens_.size()) token(tokens_[at_]);
    return std::move(out_);
  }

 private:
  struct Scope {
    Braces kind = Braces::kStatements;
    std::string_view class_name;
    bool type = false;  // the } ends a class or an enumeration
  };

  void token(const CToken& token) {
    const Braces inside = scopes_.back().kind;
    switch (token.sign) {
      case CToken::kDirective: directive(token); break;
      case ';': begin_anew(); break;
      case '{': open(); break;
      case '}': close(); break;
      case ':': fresh_ = inside == Braces::kStatements; break;
      default:
        if (fresh_ && inside == Braces::kDeclarations) return declaration();
        if (inside == Braces::kList) {
          fresh_ = token.sign == ',' || (fresh_ && list_macro());
        } else {
          fresh_ = fresh_ && inside == Braces::kStatements && token.sign == CToken::kWord && statement_macro();
        }
        if (token.sign == '(' && inside == Braces::kDeclarations) at_ = std::max<size_t>(at_, token.partner);
    }
    ++at_;
  }

  // The parser ends a directive at the first comment, whatever stands behind it.
  void directive(const CToken& token) {
    branches_.at(directive_word(text_, token), scopes_);
    const std::string_view line = text_.substr(0, token.last);
    for (size_t at = line.find("/*", token.first); at != line.npos; at = line.find("/*", at)) {
      const size_t end = std::min(line.find("*/", at + 2), line.size() - 2) + 2;
      if (line.find_first_not_of(" \t\r\n\\", end) == line.npos) break;
      blank(static_cast<uint32_t>(at), static_cast<uint32_t>(end), false);
      at = end;
    }
  }

  void begin_anew(bool typed = false) {
    fresh_ = true;
    typed_ = typed;
    next_scope_ = {};
  }

  void open() {
    const char before = at_ > 0 ? tokens_[at_ - 1].sign : ';';
    const bool list = scopes_.back().kind == Braces::kList || before == '=' || before == ',' || before == '(';
    if (next_scope_.kind == Braces::kStatements && list) next_scope_.kind = Braces::kList;
    scopes_.push_back(next_scope_);
    begin_anew();
  }

  void close() {
    const Scope closed = scopes_.back();
    if (scopes_.size() > 1) scopes_.pop_back();
    begin_anew(closed.type);
  }

  void declaration() {
    const DeclarationHead head = read_head(text_, tokens_, at_, {scopes_.back().class_name, typed_});
    for (const auto& macro : head.macros) blank(macro.first, macro.last, macro.begins);
    for (const auto& [place, sign] : head.signs) out_[place] = sign;
    next_scope_ = {head.opens, head.class_name, head.opens_type};
    fresh_ = head.fresh;
    typed_ = false;
    at_ = std::max(head.next, at_ + (head.next == at_ && !head.fresh ? 1 : 0));
  }

  // Q_UNUSED(x) in a line of its own, without a semicolon.
  bool statement_macro() {
    const CToken& name = tokens_[at_];
    const std::string_view word = text_.substr(name.first, name.last - name.first);
    // Py_BEGIN_THREADS: its library's prefix may be in small letters.
    if (!is_shouted(word) && !is_shouted(word.substr(word.find('_') + 1))) return false;
    size_t last = at_;
    if (at_ + 1 < tokens_.size() && tokens_[at_ + 1].sign == '(') last = tokens_[at_ + 1].partner;
    if (last < at_ || last + 1 >= tokens_.size()) return false;
    const CToken& next = tokens_[last + 1];
    const std::string_view between = text_.substr(tokens_[last].last, next.first - tokens_[last].last);
    const bool begins = next.sign == CToken::kWord || next.sign == '}' || next.sign == CToken::kDirective;
    if (!begins || between.find('\n') == between.npos) return false;
    blank(name.first, tokens_[last].last, false);
    at_ = last;
    return true;
  }

  // Elements that bring their commas along: { FIRST_ELEMENTS {1, 2} }.
  bool list_macro() {
    const CToken& name = tokens_[at_];
    const char next = at_ + 1 < tokens_.size() ? tokens_[at_ + 1].sign : '}';
    if (scopes_.back().type || (next != CToken::kWord && next != '{')) return false;
    if (name.sign != CToken::kWord || !is_shouted(text_.substr(name.first, name.last - name.first))) return false;
    blank(name.first, name.last, false);
    return true;
  }

  // `begins`: a specifier that the parser knows takes its place, so that what is declared begins with it.
  void blank(uint32_t first, uint32_t last, bool begins) {
    constexpr std::string_view kSpecifier = "inline";
    const bool fits = begins && last - first >= kSpecifier.size();
    if (fits) out_.replace(first, kSpecifier.size(), kSpecifier);
    for (size_t i = first + (fits ? kSpecifier.size() : 0); i < last; ++i) {
      if (out_[i] != '\n' && out_[i] != '\r') out_[i] = ' ';
    }
  }

  std::string_view text_;
  std::string out_;
  std::vector<CToken> tokens_;
  size_t at_ = 0;
  std::vector<Scope> scopes_ = {{.kind = Braces::kDeclarations, .class_name = {}}};
  BranchStates<std::vector<Scope>> branches_;
  bool fresh_ = true;   // a declaration, a statement or an element begins here
  bool typed_ = false;  // DeclarationPlace::typed
  Scope next_scope_;    // of a brace that comes next
};

}  // namespace

std::string without_macros(std::string_view text) { return Blanking(text).run(); }

}  // namespace strata::repo
