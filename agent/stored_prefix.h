// SPDX-License-Identifier: Apache-2.0
// What every prompt of a kind begins with is computed once for a model and then kept beside its snapshots, not rounded,
// so that a session which begins with it is the same as one that computed it.
#pragma once

#include <span>

#include "agent/workspace.h"

namespace strata::agent {

// Makes `tokens` the first of an empty session.
Result<void> begin_with(Session& session, const Reader& reader, std::span<const TokenId> tokens,
                        const Cancel* cancel = nullptr);

}  // namespace strata::agent
