// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/edits/target.h"

namespace strata::agent {

// Gives a symbol another name: where it is defined and declared, where it is used, overrides included. Uncertain places
// are listed and left alone unless `uncertain_too`; comments and strings are listed. `target`: a name or a
// qualified name with all of its overloads, or the one at file:line. Refused (kInvalid) where the new name is no
// identifier or would mean something else already.
Result<Change> rename_symbol(const Sources& sources, const std::string& target, const std::string& new_name,
                             bool uncertain_too = false);

}  // namespace strata::agent
