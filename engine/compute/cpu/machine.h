// SPDX-License-Identifier: Apache-2.0
// What this process may use of the machine: for the number of threads, the default model and `strata doctor`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strata::cpu {

struct Machine {
  std::string cpu_name;  // as the kernel names it, or the architecture
  std::vector<std::string>
      features;               // of the instruction sets our kernels and oneDNN can use, those present: "avx2", ...
  int cores = 1;              // physical cores, within the affinity mask and the cgroup's quota; at least 1
  uint64_t memory_bytes = 0;  // RAM, or the cgroup's limit where that is lower
};

// Looked up once; safe from any thread.
const Machine& machine();

}  // namespace strata::cpu
