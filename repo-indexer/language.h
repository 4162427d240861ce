// SPDX-License-Identifier: Apache-2.0
// Which language a file is in, and what is needed to parse it.
#pragma once

#include <tree_sitter/api.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/query.h"

namespace strata::repo {

// By name and ending, for ".h" and scripts without an ending by content; "text" if none fits.
std::string_view detect_language(std::string_view path, std::string_view text);

const TSLanguage* grammar_of(std::string_view language);  // nullptr for languages that are not parsed

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

// A grammar with its queries (resources/queries/<language>/). Immutable, shared by threads.
struct Grammar {
  const TSLanguage* language = nullptr;
  Query query;  // symbols and references, one pass over the tree
  struct Meaning {
    Capture capture = Capture::kOther;
    std::string_view kind;  // of a definition or declaration
  };
  std::vector<Meaning> captures;  // by their number in the query
  Scoping scoping;
  std::string error;  // what is wrong with the query; the language is then read as text
};

// Reads queries when a language is first met. Any thread.
class Grammars {
 public:
  // nullptr for languages that are not parsed.
  const Grammar* find(std::string_view language);

 private:
  std::mutex mutex_;
  std::map<std::string, Grammar, std::less<>> known_;
};

}  // namespace strata::repo
