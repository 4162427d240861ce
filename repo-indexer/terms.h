// SPDX-License-Identifier: Apache-2.0
// What full-text search looks for. Code is searched with words of a language, questions are asked in another, so a text
// becomes two kinds of terms: whole identifiers (lower-cased), and the parts of identifiers and words of comments
// reduced to their stems ("parseHeaders", "parse_header" and "parsing the headers" share pars and header).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/string_hash.h"

struct sb_stemmer;

namespace strata::repo {

struct ByteRange {
  uint32_t first = 0, last = 0;  // [first, last)
};

// Texts of space-separated terms, one per column of the search table.
struct PassageTerms {
  std::string name;      // stems of the symbol and the path
  std::string code;      // stems of the parts of identifiers and of literals
  std::string comments;  // stems of comments and documentation
  std::string words;     // whole identifiers and words, each once
};

// One per thread: it keeps the stems it has seen.
class TermMaker {
 public:
  TermMaker();
  // `comments`: ranges of the file's text, ascending; those inside [first, last) are used.
  PassageTerms passage(std::string_view path, std::string_view symbol, std::string_view text, uint32_t first,
                       uint32_t last, const std::vector<ByteRange>& comments);
  const std::string& stem(const std::string& word);
  // The question as an FTS5 expression over these columns; empty if it has no words worth searching.
  std::string query(std::string_view question);

 private:
  struct Delete {
    void operator()(sb_stemmer* stemmer) const;
  };
  // What is known of an identifier: a file says the same names again and again.
  struct Known {
    std::string_view text;
    std::string stems;       // of its parts, each with a space behind it
    Known* lower = nullptr;  // the same in small letters; may be itself
    uint64_t passage = 0;    // the last one that said it
  };
  Known& known(std::string_view identifier);

  std::unique_ptr<sb_stemmer, Delete> stemmer_;
  std::unordered_map<std::string, std::string> stems_;  // by word
  std::unordered_map<std::string, Known, StringHash, std::equal_to<>> known_;
  uint64_t passage_ = 0;
};

// The stems of the words and of the parts of identifiers of a text, in order: what the search table holds of it.
std::vector<std::string> stems_of(std::string_view text);
// "HTTPServer2_port" -> http server 2 port, lower-cased; "openredirect" -> open redirect.
std::vector<std::string> split_identifier(std::string_view identifier);
std::string lower_case(std::string_view text);  // ASCII

}  // namespace strata::repo
