// SPDX-License-Identifier: Apache-2.0
// Finds blocks that one hunk takes out and another puts in.
#pragma once

#include "agent/changes/proposal.h"

namespace strata::agent {

// Sets moved_from and moved_to. Lines are compared without the spaces around them, as blocks are indented anew when
// they move; a block has at least kMovedLines lines that are not blank and kMovedLetters letters and digits.
inline constexpr int kMovedLines = 3, kMovedLetters = 40;
void find_moved_blocks(Proposal& proposal);

}  // namespace strata::agent
