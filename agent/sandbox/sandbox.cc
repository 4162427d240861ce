// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox/sandbox.h"

namespace strata::agent {

std::string_view name_of(Limit limit) {
  switch (limit) {
    case Limit::kNone: return "";
    case Limit::kTime: return "time";
    case Limit::kCpu: return "CPU time";
    case Limit::kMemory: return "memory";
    case Limit::kProcesses: return "number of processes";
    case Limit::kFileSize: return "size of a file";
    case Limit::kDisk: return "disk space";
    case Limit::kOutput: return "amount of output";
    case Limit::kCancelled: return "cancellation";
  }
  return "";
}

}  // namespace strata::agent
