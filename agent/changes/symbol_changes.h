// SPDX-License-Identifier: Apache-2.0
// Which symbols a proposal adds, removes, renames, moves to another file or gives another signature.
#pragma once

#include <string>
#include <vector>

#include "agent/changes/explain.h"
#include "agent/changes/proposal.h"

namespace strata::agent {

struct SymbolChange {
  enum class What { kAdded, kRemoved, kRenamed, kMovedIn, kMovedOut, kSignature };
  What what = What::kAdded;
  size_t file = 0;                             // of the proposal
  const repo::ParsedSymbol* before = nullptr;  // nullptr: kAdded
  const repo::ParsedSymbol* after = nullptr;   // nullptr: kRemoved
  size_t other = 0;                            // file it moved from or to
};

// `sides` outlives the result. Symbols inside of one that is added or removed as a whole are not listed.
std::vector<SymbolChange> symbol_changes(const Proposal& proposal, const std::vector<ParsedSides>& sides);

// Of the parameters in two signatures of a function, as a phrase: "adds parameter `int b` to", "changes the signature
// of" ...; the name of the function follows.
std::string signature_change(const repo::ParsedSymbol& before, const repo::ParsedSymbol& after);

}  // namespace strata::agent
