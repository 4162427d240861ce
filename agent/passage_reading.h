// SPDX-License-Identifier: Apache-2.0
// What the answerer reads of a repository that another model, the scout, has ranked: the excerpts of an answer, each as
// a segment of its own, kept in the answerer's snapshots, so that the next answer with the same excerpt need not read
// it.
#pragma once

#include "agent/context_assembly.h"

namespace strata::agent {

// Reads the excerpts that have no stored rows yet and names their segments in them. One that cannot be kept (disk full,
// read-only cache) stays without; the context is then computed with it.
Result<void> read_excerpts(Workspace& workspace, std::vector<Excerpt>& excerpts, const Cancel* cancel);

}  // namespace strata::agent
