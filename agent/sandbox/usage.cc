// SPDX-License-Identifier: Apache-2.0
#include "agent/sandbox/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

namespace strata::agent {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

std::string read_small(int proc, const std::string& path) {
  const int file = openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  char buffer[4096];
  const ssize_t got = read(file, buffer, sizeof buffer);
  close(file);
  return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : std::string();
}

template <typename Each>
void each_process(int proc, Each each) {
  const int copy = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return;
  const std::unique_ptr<DIR, CloseFolder> folder(fdopendir(copy));
  if (!folder) {
    close(copy);
    return;
  }
  while (const dirent* entry = readdir(folder.get())) {
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') each(std::string(entry->d_name));
  }
}

}  // namespace

Usage usage_of(int proc) {
  static const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  static const int64_t page = sysconf(_SC_PAGESIZE);
  Usage usage;
  each_process(proc, [&](const std::string& process) {
    const std::string stat = read_small(proc, process + "/stat");
    const size_t end_of_name = stat.rfind(')');  // the name may hold anything
    if (end_of_name == std::string::npos) return;
    unsigned long long own_user, own_system, children_user, children_system;
    long threads, resident;
    // Fields 3 to 24 of proc_pid_stat(5).
    if (std::sscanf(stat.c_str() + end_of_name + 1,
                    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %ld %*d %*u %*u %ld",
                    &own_user, &own_system, &children_user, &children_system, &threads, &resident) != 6) {
      return;
    }
    usage.threads += static_cast<int>(threads);
    usage.cpu_seconds += static_cast<double>(own_user + own_system + children_user + children_system) / ticks;
    usage.memory_bytes += int64_t{resident} * page;
  });
  return usage;
}

int64_t proportional_memory(int proc) {
  int64_t bytes = 0;
  each_process(proc, [&](const std::string& process) {
    const std::string rollup = read_small(proc, process + "/smaps_rollup");
    long long kilobytes;
    if (const char* line = std::strstr(rollup.c_str(), "\nPss:");
        line && std::sscanf(line, "\nPss: %lld", &kilobytes) == 1) {
      bytes += kilobytes * 1024;
    }
  });
  return bytes;
}

}  // namespace strata::agent
