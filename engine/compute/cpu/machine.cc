// SPDX-License-Identifier: Apache-2.0
#include "engine/compute/cpu/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

namespace strata::cpu {
namespace {

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Hyper-threads share the units that matrix products keep busy, so a core counts once however many of its threads we
// have.
int cores_in_affinity_mask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0)
    return std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mask)) continue;
    const std::string name = "cpu" + std::to_string(cpu);
    const std::string siblings = first_line("/sys/devices/system/cpu/" + name + "/topology/thread_siblings_list");
    cores.insert(siblings.empty() ? name : siblings);
  }
  return std::max<int>(1, static_cast<int>(cores.size()));
}

// The folders of our cgroup (version 2) from the innermost outwards; a limit of any of them binds us.
std::vector<std::filesystem::path> cgroup_folders() {
  std::ifstream file("/proc/self/cgroup");
  std::vector<std::filesystem::path> folders;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;
    for (std::filesystem::path inside = line.substr(4); !inside.empty(); inside = inside.parent_path())
      folders.push_back("/sys/fs/cgroup" / inside);
  }
  folders.push_back("/sys/fs/cgroup");
  return folders;
}

double cgroup_cores() {
  double cores = std::numeric_limits<double>::infinity();
  for (const auto& folder : cgroup_folders()) {
    std::istringstream line(first_line(folder / "cpu.max"));
    double quota = 0, period = 0;
    if (line >> quota >> period && quota > 0 && period > 0) cores = std::min(cores, quota / period);
  }
  // Version 1.
  std::istringstream quota_line(first_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"));
  std::istringstream period_line(first_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us"));
  double quota = 0, period = 0;
  if (quota_line >> quota && period_line >> period && quota > 0 && period > 0) cores = std::min(cores, quota / period);
  return cores;
}

uint64_t usable_memory() {
  uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
  for (const auto& folder : cgroup_folders()) {
    std::istringstream line(first_line(folder / "memory.max"));
    uint64_t limit = 0;
    if (line >> limit && limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
#if defined(__x86_64__)
  return "x86-64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "unknown";
#endif
}

std::vector<std::string> cpu_features() {
  std::vector<std::string> features;
#if defined(__x86_64__)
  const auto note = [&](bool present, const char* name) {
    if (present) features.emplace_back(name);
  };
  note(__builtin_cpu_supports("avx2"), "avx2");
  note(__builtin_cpu_supports("fma"), "fma");
  note(__builtin_cpu_supports("f16c"), "f16c");
  note(__builtin_cpu_supports("avxvnni"), "avx_vnni");
  note(__builtin_cpu_supports("avx512f"), "avx512f");
  note(__builtin_cpu_supports("avx512bw"), "avx512bw");
  note(__builtin_cpu_supports("avx512vl"), "avx512vl");
  note(__builtin_cpu_supports("avx512vnni"), "avx512_vnni");
  note(__builtin_cpu_supports("avx512bf16"), "avx512_bf16");
  note(__builtin_cpu_supports("avx512fp16"), "avx512_fp16");
  note(__builtin_cpu_supports("amx-tile"), "amx_tile");
  note(__builtin_cpu_supports("amx-int8"), "amx_int8");
  note(__builtin_cpu_supports("amx-bf16"), "amx_bf16");
#endif
  return features;
}

}  // namespace

const Machine& machine() {
  static const Machine found = [] {
    const double quota = std::max(1.0, std::floor(cgroup_cores()));
    const int cores = cores_in_affinity_mask();
    return Machine{cpu_name(), cpu_features(), quota < cores ? static_cast<int>(quota) : cores, usable_memory()};
  }();
  return found;
}

}  // namespace strata::cpu
