// SPDX-License-Identifier: Apache-2.0
// Which language a file is in, and what is needed to parse it.
#pragma once

#include <tree_sitter/api.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace strata::repo {

// By name and ending, for ".h" and scripts without an ending by content; "text" if none fits.
std::string_view detect_language(std::string_view path, std::string_view text);

// Of the text of all queries: an index made with other ones is made anew.
uint32_t queries_fingerprint();

struct DeleteQuery {
  void operator()(TSQuery* query) const { ts_query_delete(query); }
};

// A grammar with its compiled queries (resources/queries/<language>/). Immutable, shared by threads.
struct Grammar {
  const TSLanguage* language = nullptr;
  std::unique_ptr<TSQuery, DeleteQuery> symbols, references;  // may be null
  std::string_view separator;                                 // of qualified names
};

// Compiles queries when a language is first met (C++'s takes tens of milliseconds). Any thread.
class Grammars {
 public:
  // nullptr for languages that are not parsed.
  const Grammar* find(std::string_view language);

 private:
  std::mutex mutex_;
  std::map<std::string, Grammar, std::less<>> grammars_;
};

}  // namespace strata::repo
