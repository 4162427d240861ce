// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/edits/target.h"

namespace strata::agent {

// Moves a function, class or constant (not a member) to another file, which may be new, with what it needs there:
// imports in Python, where importers of the old place follow; includes and the namespace in C and C++, where a
// declaration stays behind if the old file still uses it. Refused (kUnsupported, kInvalid) where that cannot be done
// without changing what the program means, with the reason.
Result<Change> move_symbol(const Sources& sources, const std::string& target, const std::string& to);

}  // namespace strata::agent
