// SPDX-License-Identifier: Apache-2.0
// What each hunk does, as a sentence, found by rule from both sides' syntax trees: which symbol it adds, removes,
// renames, moves or gives another signature, which calls follow such a change, which literal becomes which, or that
// only comments, imports or layout change. No model has a part in it, so the sentence says what is there, never why.
#pragma once

#include <vector>

#include "agent/changes/proposal.h"
#include "repo-indexer/parse.h"

namespace strata::agent {

struct ParsedSides {  // of a ProposalFile; empty where a side is missing, binary or in a language that is not parsed
  repo::ParsedFile before, after;
};

// Sets Hunk::explanation. `sides` belong to the files of `proposal`, one each.
void explain(Proposal& proposal, const std::vector<ParsedSides>& sides);

}  // namespace strata::agent
