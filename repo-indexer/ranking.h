// SPDX-License-Identifier: Apache-2.0
// How central files and symbols are: PageRank over "this file uses a name that that file defines", started from the
// files in question. A file hands its rank on along its references, so what they lead to is ranked symbol by symbol
// (the idea is that of aider's repository map).
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "repo-indexer/database.h"
#include "repo-indexer/index.h"

namespace strata::repo {

struct SymbolRank {
  int64_t symbol = 0;
  double rank = 0;
};

struct Ranking {
  std::unordered_map<int64_t, double> files;  // by id; they sum to 1
  std::vector<SymbolRank> symbols;            // that other files use; best first
};

// `near`: paths; half of all rank starts there if there are any. Takes a second on a million lines.
Result<Ranking> rank_symbols(Database& database, std::span<const File> files, const std::vector<std::string>& near);

}  // namespace strata::repo
