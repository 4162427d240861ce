// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/edits/target.h"

namespace strata::agent {

// Removes a symbol with its comment, where it is declared and where it is defined. Refused (kInvalid) with the places
// while something uses it, unless `used_too`: then those places are listed as uncertain.
Result<Change> delete_symbol(const Sources& sources, const std::string& target, bool used_too = false);

}  // namespace strata::agent
