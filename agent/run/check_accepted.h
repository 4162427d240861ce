// SPDX-License-Identifier: Apache-2.0
// Does the tree still pass its check with just what was accepted? Tried on a private copy; the user's tree is only
// read.
#pragma once

#include <filesystem>
#include <string>

#include "agent/changes/proposal.h"
#include "agent/tools/workbench.h"
#include "base/cancel.h"
#include "base/result.h"

namespace strata::agent {

// A folder in the user's cache that no other process uses; not created. Those that killed processes left are removed.
Result<std::filesystem::path> scratch_folder();

// The check (`options.check`, or as detected) of the work tree at `repository` with the accepted and edited hunks of
// `proposal` merged into it, in the sandbox. Makes a copy in `scratch`, which must not exist, and removes it again.
// kNotFound: there is no check. kUnsupported: the sandbox cannot start here. kInvalid: hunks do not fit the tree.
Result<CheckResult> check_accepted(const std::filesystem::path& repository, const Proposal& proposal,
                                   const std::filesystem::path& scratch, WorkbenchOptions options,
                                   const Cancel* cancel = nullptr);

}  // namespace strata::agent
