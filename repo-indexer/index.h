// SPDX-License-Identifier: Apache-2.0
// The index of a repository: its files, symbols, references and a full-text search, in one SQLite database in the
// user's cache folder, keyed by git blob id so that an unchanged file is never parsed again.
//
// The unit of retrieval is the **passage**: a file is partitioned, without gaps, into passages aligned to symbols: a
// function with its doc comment, the head of a class, and stretches of at most 60 lines between them. Passages are what
// full-text search ranks, what the engine embeds, and what a context is assembled from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"

namespace strata::repo {

struct PackingSources;

struct File {
  int64_t id = 0;
  std::string path;      // relative to the repository's top, '/' separated
  std::string blob_id;   // git's object id of the content, hex
  std::string language;  // "c", "cpp", "python", ...; "text" if none is known
  int64_t bytes = 0;
  int lines = 0;
  bool generated = false;  // by .gitattributes (linguist-generated), or by what stands at its top
  bool vendored = false;   // by .gitattributes (linguist-vendored), or by the name of a folder
  int secrets = 0;         // places that read_text() masks
};

inline constexpr std::string_view kSymbolKinds[] = {
    "function", "method", "class",     "struct", "enum",    "enumerator", "interface", "trait", "macro",   "constant",
    "variable", "type",   "namespace", "module", "heading", "test",       "target",    "key",   "element", "selector"};

struct Symbol {
  int64_t id = 0;
  int64_t file_id = 0;
  std::string file;                   // path
  std::string name;                   // "parse"
  std::string qualified_name;         // "Parser::parse" ("." in languages that write it so)
  std::string kind;                   // one of kSymbolKinds
  std::string signature;              // one line, without the body
  std::string doc;                    // first sentences of its comment
  int name_line = 0;                  // 1-based
  int first_line = 0, last_line = 0;  // whole definition, 1-based, inclusive
  bool definition = true;             // false: a declaration only (C prototypes)
};

struct Reference {
  std::string name;
  std::string file;
  int line = 0;
  std::string kind;       // call type import inherit
  std::string enclosing;  // qualified name of the symbol it stands in, empty at file level
  int enclosing_first_line = 0, enclosing_last_line = 0;
  double confidence = 0;  // that it means the symbol asked for, in (0, 1]; 0 where only a name was asked for
};

// Two symbols and the reference between them.
struct Relation {
  Symbol symbol;  // the other one; id 0: unknown here (only `name` is set), or the file itself (only `file` is set)
  Reference reference;  // where, and how certain
};

// What a file includes or imports.
struct Import {
  std::string file;  // where it is said
  int line = 0;
  std::string name;    // as it is written: "shapes/base.h", "pkg.mod"
  std::string target;  // the file of this repository that is meant; empty: outside of it, or not known
};

struct Passage {
  int64_t id = 0;
  std::string file;
  int first_line = 0, last_line = 0;       // 1-based, inclusive
  uint32_t first_byte = 0, last_byte = 0;  // [first, last) of the file's text as read_text() returns it
  std::string symbol;                      // qualified name of the symbol it belongs to, empty between symbols
  std::string kind;                        // the symbol's kind
};

struct Skipped {
  std::string path, reason;
};

// A key, token or password that stands in a file. Its text is nowhere in the index.
struct Secret {
  std::string path;
  int line = 0;
  std::string kind;  // "GitHub token", "private key", ...
};

struct IndexReport {
  int files = 0, parsed_files = 0;  // parsed: not known before by blob id
  int64_t lines = 0, bytes = 0, symbols = 0, references = 0;
  std::vector<std::pair<std::string, int>> languages;  // files per language, most first
  std::vector<Skipped> skipped;                        // also files that are read, but not as they should be
  std::vector<Secret> secrets;
  bool is_git = true;
  std::string head;    // "main at 1a2b3c4d", "detached at ...; a merge is in progress", "no commits yet"
  std::string notice;  // "the index was damaged and has been rebuilt", "not a git repository: ..."
  double walk_s = 0, parse_s = 0, store_s = 0, resolve_s = 0, seconds = 0;
};

struct Hit {
  Passage passage;
  double score = 0;  // BM25, larger is better
};

// How many tokens of some model a text has. The index knows no models.
using TokenCounter = std::function<int64_t(std::string_view text)>;

struct PackedSegment {
  enum class Kind { kPreamble, kFile, kOutline };
  Kind kind = Kind::kFile;
  std::string path;  // empty for the preamble
  std::string text;  // with a line that names the file; secrets are masked
  int64_t tokens = 0;
  int changes = 0;  // commits that touched it; kUncommitted if it is not what the last commit holds
  static constexpr int kUncommitted = 1 << 30;
};

// What of a repository goes into a context of so many tokens, in the order in which it should stand there: what the
// project is, then files from stable to volatile (what precedes a change can be kept), whole as far as they fit, most
// central first, then outlines of others.
struct PackingPlan {
  struct LeftOut {
    std::string path;
    int64_t tokens = 0;  // of the whole file; 0 if it was not read
    std::string reason;
  };
  int64_t budget = 0, tokens = 0, repository_tokens = 0;
  std::vector<PackedSegment> segments;
  std::vector<LeftOut> left_out;  // most central first, then what the index leaves out
  std::vector<Secret> secrets;    // that are masked in the segments
};

using Progress = std::function<void(std::string_view what, int64_t done, int64_t total)>;

class Index {
 public:
  // Opens the repository that contains `path` (a plain folder works too) and its database under `cache` (a file per
  // repository), or in memory if that is empty. A damaged database is rebuilt. Does not look at the tree yet: call
  // update().
  // Errors: kNotFound, kIo with the path.
  static Result<Index> open(const std::filesystem::path& path, const std::filesystem::path& cache);
  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  const std::filesystem::path& root() const;  // top of the work tree

  // What parsing one file may take. Beyond it the file is read as text, and the report says so.
  void set_parse_budget(double seconds);
  // Brings the index up to the work tree: parses what is new by blob id, drops what is gone. Fast when nothing changed.
  Result<IndexReport> update(const Progress& progress = {}, const Cancel* cancel = nullptr);
  // The report of the last update, from the database (so a reopened repository can show it at once).
  Result<IndexReport> report() const;

  Result<std::vector<File>> files() const;
  Result<std::optional<File>> file(std::string_view path) const;
  // The file's text as it was indexed: from the work tree if its blob id still fits, else an error kNotFound saying so.
  // UTF-8; other encodings converted or replaced, secrets masked by '*' byte for byte, and offsets are those of this
  // text. Never follows a link out of the tree.
  Result<std::string> read_text(const File& file) const;
  Result<std::vector<Symbol>> symbols(std::string_view path) const;
  Result<std::vector<Passage>> passages(std::string_view path) const;

  // By file and line. Empty members stand for anything; `contains` is part of the name or qualified name, in any case.
  struct SymbolFilter {
    std::string contains, kind, file;
  };
  Result<std::vector<Symbol>> list_symbols(const SymbolFilter& filter, size_t limit) const;
  // Symbols whose name or qualified name is `name`, else whose qualified name ends with it (Parser::parse of
  // lang::Parser::parse); if there is none, case-insensitively. Definitions before declarations.
  Result<std::vector<Symbol>> find_symbols(std::string_view name) const;
  // Is there any identifier of this name in the repository (symbol, reference or any word of the text)?
  Result<bool> knows_word(std::string_view word) const;
  Result<std::vector<Reference>> references(std::string_view name) const;
  // Symbols that inherit from / implement `name`.
  Result<std::vector<Symbol>> subclasses(std::string_view name) const;

  // Structure around ONE symbol, as find_symbols(), symbols() or symbol_at() return it. A reference counts for the
  // symbol it most likely means (resolve.h says how that is found out); if several are equally likely it counts for
  // each of them, with a share of the confidence. A declaration and its definition are one symbol here. Ordered by file
  // and line. Milliseconds; tens of them for names that stand in thousands of places.
  Result<std::vector<Reference>> references(const Symbol& symbol) const;
  // Who calls it, one entry per place: the function (or class, or file) around the call. A class is called where its
  // objects are made.
  Result<std::vector<Relation>> callers(const Symbol& symbol) const;
  // What it calls, one entry per place and candidate; calls of what is not in the repository have symbol.id 0.
  Result<std::vector<Relation>> callees(const Symbol& symbol) const;
  // What inherits from it or implements it, directly.
  Result<std::vector<Relation>> subclasses(const Symbol& symbol) const;
  // What it inherits from or implements, directly; symbol.id 0: not in the repository.
  Result<std::vector<Relation>> bases(const Symbol& symbol) const;
  // What a file includes or imports, and where a file is included or imported.
  Result<std::vector<Import>> includes(std::string_view path) const;
  Result<std::vector<Import>> included_by(std::string_view path) const;
  // The innermost symbol whose lines contain this one.
  Result<std::optional<Symbol>> symbol_at(std::string_view path, int line) const;

  // How many passages have this term, a stem of stems_of(), in one of their columns; and how many there are.
  struct Frequency {
    int64_t passages = 0, of = 0;
  };
  Result<Frequency> frequency(std::string_view stem) const;
  // Do these words stand side by side anywhere? "HTTP/2", "http2" and "HTTP_2" are the same phrase.
  Result<bool> knows_phrase(std::string_view words) const;

  // BM25 over passages: identifiers whole and split, words stemmed, comments, path and symbol names included.
  Result<std::vector<Hit>> search(std::string_view query, int limit) const;

  // Files in the order in which they should be read; `near` (paths) first, then central ones (PageRank over references,
  // see ranking.h); tests, foreign and generated code last.
  Result<std::vector<File>> reading_order(const std::vector<std::string>& near = {}) const;
  // Reads every file to count its tokens.
  Result<PackingPlan> pack(int64_t budget, const TokenCounter& count, const std::vector<std::string>& near = {},
                           const Cancel* cancel = nullptr) const;
  // The most central symbols, as outlines of their files, in at most so many tokens.
  Result<std::string> map(int64_t budget, const TokenCounter& count, const std::vector<std::string>& near = {}) const;

 private:
  struct Impl;
  explicit Index(std::unique_ptr<Impl> impl);
  Result<PackingSources> sources() const;
  std::unique_ptr<Impl> impl_;
};

struct OpenedIndex {
  Index index;
  IndexReport report;  // its notice tells if the index is in memory
};
// Opens and updates. Where the database cannot be written (disk full, no permission) or another process does not let go
// of it, the index is made in memory.
Result<OpenedIndex> open_updated(const std::filesystem::path& path, const std::filesystem::path& cache,
                                 const Progress& progress = {}, const Cancel* cancel = nullptr);

}  // namespace strata::repo
