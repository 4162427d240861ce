// SPDX-License-Identifier: Apache-2.0
// What all processes of a PID namespace use together, as its own /proc tells.
#pragma once

#include <cstdint>

namespace strata::agent {

struct Usage {
  int threads = 0;
  double cpu_seconds = 0;    // of those that have ended too, once somebody has waited for them
  int64_t memory_bytes = 0;  // resident; pages that several processes share count for each
};

// `proc`: a descriptor of that /proc. Processes that end meanwhile are left out.
Usage usage_of(int proc);

// The same memory with shared pages counted once. Slower: the kernel walks the page tables.
int64_t proportional_memory(int proc);

}  // namespace strata::agent
