// SPDX-License-Identifier: Apache-2.0
// The system calls that commands may not make: those that reach beyond what namespaces separate (mounts, new user
// namespaces, kernel keys, BPF, modules, terminal injection) and sockets of unusual families. All others are allowed:
// compilers, debuggers and test runners use many.
#pragma once

#include "base/result.h"

namespace strata::agent {

// A memory file with the BPF program, at its beginning, to be handed to bwrap --seccomp. The caller closes it.
Result<int> make_seccomp_filter();

}  // namespace strata::agent
