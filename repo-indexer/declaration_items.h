// SPDX-License-Identifier: Apache-2.0
// The first step of reading a declaration of C or C++: the head as items, up to the sign behind them. Which of its
// names are macros is told by the whole of them (declaration_head.cc).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "repo-indexer/c_tokens.h"
#include "repo-indexer/declaration_head.h"

namespace strata::repo {

// int, struct, const.
bool is_type_word(std::string_view word);

class DeclarationItems {
 protected:
  struct Item {
    enum Role : uint8_t { kSpecifier, kType, kName, kStar } role = kName;
    size_t first = 0, last = 0;  // tokens
    size_t open = 0;             // the bracket behind a name, 0: there is none
  };

  // What stands behind the items.
  enum class End : uint8_t {
    kSign,       // the next token says it
    kClass,      // the body or the bases of a class
    kOperator,   // its name is an operator
    kNoType,     // a destructor or a conversion
    kOtherWord,  // another declaration begins
  };

  DeclarationItems(std::string_view text, std::span<const CToken> tokens, size_t at)
      : text_(text), tokens_(tokens), at_(at) {}

  // Sets items_ and end_, puts at_ behind them, and notes what a brace would open. Adds the macros that stand where
  // nothing else can: public Q_SLOTS:, class EXPORT Name {.
  void collect();

  char sign(size_t token) const { return token < tokens_.size() ? tokens_[token].sign : '\0'; }
  std::string_view word(size_t token) const {
    return sign(token) == CToken::kWord ? text_.substr(tokens_[token].first, tokens_[token].last - tokens_[token].first)
                                        : std::string_view();
  }
  bool is_sign(size_t token, std::string_view any) const { return any.find(sign(token)) != any.npos; }

  // Behind words and ::.
  size_t behind_words(size_t at) const;
  // OF((int x)): parameters that the macro keeps or drops.
  bool is_prototype_macro(size_t at) const;
  void add_macro(size_t first, size_t last, bool begins = false) {
    head_.macros.push_back({tokens_[first].first, tokens_[last - 1].last, begins});
  }

  std::string_view text_;
  std::span<const CToken> tokens_;
  size_t at_;
  std::vector<Item> items_;
  End end_ = End::kSign;
  DeclarationHead head_;

 private:
  // False if the head ends there.
  bool collect_word();
  bool collect_name();
  bool collect_class();
  bool end_at_operator();
  bool end_at_access();
  // Of the < at `open`; 0: it is another sign.
  size_t closing_angle(size_t open) const;
};

}  // namespace strata::repo
