// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox/process_limit.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHierarchies[] = {"/sys/fs/cgroup/pids", "/sys/fs/cgroup"};  // of version 1, of version 2

bool write(const fs::path& file, long value) { return static_cast<bool>(std::ofstream(file) << value << std::flush); }

}  // namespace

std::optional<ProcessLimit> ProcessLimit::make(int most) {
  if (geteuid() != 0) return std::nullopt;
  for (const char* hierarchy : kHierarchies) {
    std::string group = std::string(hierarchy) + "/strata-XXXXXX";
    if (!mkdtemp(group.data())) continue;
    if (write(fs::path(group) / "pids.max", most)) return ProcessLimit(group);
    rmdir(group.c_str());
  }
  return std::nullopt;
}

ProcessLimit::ProcessLimit(ProcessLimit&& other) noexcept : group_(std::exchange(other.group_, {})) {}

ProcessLimit::~ProcessLimit() {
  if (group_.empty()) return;
  // Those that have been killed are counted until the kernel is done with them.
  for (int i = 0; i < 100 && rmdir(group_.c_str()) != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

bool ProcessLimit::reached() const {
  std::ifstream events(group_ / "pids.events");
  std::string name;
  long times = 0;
  while (events >> name >> times)
    if (name == "max" && times > 0) return true;
  return false;
}

void ProcessLimit::add(pid_t process) const { write(group_ / "cgroup.procs", process); }

}  // namespace strata::agent
