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
#include <vector>

namespace strata::repo {

// By name and ending, for ".h" and scripts without an ending by content; "text" if none fits.
std::string_view detect_language(std::string_view path, std::string_view text);

// Of the text of all queries: an index made with other ones is made anew.
uint32_t queries_fingerprint();

// What resolving references has to know of a language.
struct Scoping {
  std::string_view family;     // languages that see each other's names: "c", "javascript", "jvm", ...
  std::string_view separator;  // of qualified names
  // Which word of `import a.b.c` is usable afterwards.
  enum Binds : uint8_t { kNothing, kFirst, kLast } binds = kNothing;
  bool implicit_members = false;  // f() inside a class may be its method
  // A name of another file is visible only if it was imported (or, `by_folder`, is in the same folder).
  bool only_imported = false, by_folder = false;
};
const Scoping& scoping_of(std::string_view language);  // of any language, also those that are not parsed

// The captures of repo-indexer/README.md.
enum class Capture : uint8_t {
  kOther,
  kComment,
  kAttribute,
  kName,
  kDeclarator,
  kBody,
  kOwner,
  kDoc,
  kDefinition,
  kDeclaration,
  kDeclared,
  kScope,
  kInherit,
  kCall,
  kImport,
  kType,
  kUse,
  kLocal,
  kDeclaredOnly,
  kQualifier,
  kArguments,
  kFrom,
  kAlias,
  kVariable,
  kOf,
  kMadeBy
};

// `(#any-of? @capture "a" "b")`, `(#not-any-of? ...)`, `(#eq? @capture "a")` and `(#starts-with? @capture "a")` of a
// query: without regard to case, as CMake and SQL have none.
struct Condition {
  uint32_t capture = 0;
  std::vector<std::string_view> words;
  bool wanted = true, prefix = false;
};

struct DeleteQuery {
  void operator()(TSQuery* query) const { ts_query_delete(query); }
};

// A grammar with its compiled queries (resources/queries/<language>/). Immutable, shared by threads.
struct Grammar {
  const TSLanguage* language = nullptr;
  std::unique_ptr<TSQuery, DeleteQuery> query;  // symbols and references, one pass over the tree; null: see `error`
  struct Meaning {
    Capture capture = Capture::kOther;
    std::string_view kind;  // of a definition or declaration
  };
  std::vector<Meaning> captures;                   // by their number in the query
  std::vector<std::vector<Condition>> conditions;  // by pattern
  Scoping scoping;
  std::string error;  // where the query does not compile
};

// Compiles queries when a language is first met (C++'s takes a tenth of a second); meanwhile other threads find other
// languages. Any thread.
class Grammars {
 public:
  // nullptr for languages that are not parsed.
  const Grammar* find(std::string_view language);

 private:
  struct Slot {
    std::once_flag compiled;
    Grammar grammar;
  };
  std::mutex mutex_;
  std::map<std::string, Slot, std::less<>> slots_;
};

}  // namespace strata::repo
