// SPDX-License-Identifier: Apache-2.0
// What a reviewer should look at, found by rule: from the index, from both sides' syntax trees and from the tree as it
// is now. Every risk cites lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/changes/apply.h"
#include "agent/changes/proposal.h"
#include "base/result.h"
#include "repo-indexer/index.h"

namespace strata::agent {

struct Risk {
  enum class Kind {
    kSignature,        // a symbol's signature changed, and these places that use it did not
    kStillReferenced,  // a symbol is gone, and these places still name it
    kTest,             // a test was changed, or says less than before
    kConflict,         // the user has edited the same lines meanwhile
    kBinary,
    kSecret,
  };
  Kind kind = Kind::kBinary;
  std::string text;        // a sentence
  std::vector<int> hunks;  // numbers
  struct Place {
    std::string path;
    int line = 0;  // of the new side in changed files
  };
  std::vector<Place> places;  // citations
};
std::string_view name_of(Risk::Kind kind);  // "signature", ...

// `index` is of the work tree as it is now, brought up to date.
Result<std::vector<Risk>> find_risks(const Proposal& proposal, const repo::Index& index,
                                     const std::vector<Conflict>& conflicts);

}  // namespace strata::agent
