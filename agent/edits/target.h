// SPDX-License-Identifier: Apache-2.0
// Which symbol is meant, what belongs to it, and where it is used.
#pragma once

#include <string>
#include <vector>

#include "agent/edits/change.h"
#include "agent/edits/source_tree.h"

namespace strata::agent {

// The one symbol that a name, a qualified name or file:line means. Errors: kNotFound with the nearest names, kInvalid
// with all that are called so, to be chosen from as file:line.
Result<repo::Symbol> find_target(const repo::Index& index, std::string_view text);
// The same, but all overloads of a name count as one meaning: of one class or namespace, or of one file.
Result<std::vector<repo::Symbol>> find_overloads(const repo::Index& index, std::string_view text);

// Its declarations and its definition; of a method, also those that it overrides or that override it; of a class, its
// constructors and destructors. `symbol` is among them.
Result<std::vector<repo::Symbol>> same_thing(const repo::Index& index, const repo::Symbol& symbol);

struct Use {
  Occurrence place;
  enum class Certainty { kCertain, kByName, kUncertain, kMention } certainty = Certainty::kCertain;
  bool definition = false;  // the name of the definition or a declaration
  std::string why;          // of what is not certain
};

struct FileUses {
  std::string path, text;
  std::vector<Use> uses;  // by position
};

// Every place where the name stands and may mean one of these symbols. What clearly means something else (a local
// variable, another symbol) is left out. kByName: nothing says which object it is, but nothing else in the repository
// has this distinctive name.
Result<std::vector<FileUses>> uses_of(const Sources& sources, const std::vector<repo::Symbol>& symbols);

Place place_of(const FileUses& file, const Use& use);

}  // namespace strata::agent
