// SPDX-License-Identifier: Apache-2.0
// A text that is being edited, with its syntax tree: after an edit the parser looks only at what the edit touches. For
// an editor, and for whoever makes several edits and wants to know after each whether the text still parses.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "repo-indexer/index.h"
#include "repo-indexer/syntax.h"

namespace strata::repo {

// One thread at a time.
class OpenFile {
 public:
  // `path` tells the language, and is that of the symbols.
  OpenFile(std::string_view path, std::string text);
  OpenFile(OpenFile&&) noexcept;
  OpenFile& operator=(OpenFile&&) noexcept;
  ~OpenFile();

  const std::string& text() const;
  // Replaces the bytes [first, last). kInvalid if the text has no such bytes; it is then as it was.
  Result<void> edit(size_t first, size_t last, std::string_view replacement);

  // Both as of a text that is parsed for the first time. Worked out when asked for; nullopt and nothing if the language
  // is not parsed, or the parser takes longer than five seconds.
  std::optional<std::vector<SyntaxError>> errors() const;
  std::vector<Symbol> symbols() const;  // by position; without ids

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::repo
