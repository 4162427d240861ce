// SPDX-License-Identifier: Apache-2.0
// Which tokens of a vocabulary a grammar lets come next. The bytes of all tokens lie in one trie, which is walked with
// the matcher; a part that begins wrongly is jumped over. Inside free text nearly everything fits, so there the tokens
// without quotes, backslashes and control characters are known beforehand and only the others are walked. Immutable.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/text/json_grammar.h"
#include "engine/text/tokenizer.h"

namespace strata {

class VocabularyTrie {
 public:
  explicit VocabularyTrie(const Tokenizer& tokenizer);

  // Sets allowed[token] for those whose bytes the matcher takes; a token may go beyond the end of the grammar only by
  // nothing. Where a tag that is one token fits, it is not spelled in pieces. False if no token fits.
  bool allow(const JsonGrammar::Matcher& matcher, std::vector<uint8_t>& allowed) const;

 private:
  struct Node {
    uint8_t byte;
    int16_t depth;
    TokenId token;  // -1: none ends here
    int32_t next;   // the node behind everything that begins like this
  };
  using Word = std::pair<std::string_view, TokenId>;
  static std::vector<Node> build(std::vector<Word> words);
  template <typename Found>
  static void walk(const std::vector<Node>& nodes, const JsonGrammar::Matcher& matcher, const Found& found);

  std::vector<Node> all_, not_plain_;
  std::vector<uint8_t> plain_;   // by token: may come anywhere in free text
  std::vector<uint8_t> markup_;  // by token: control and user-defined ones
};

}  // namespace strata
