// SPDX-License-Identifier: Apache-2.0
// Runs commands so that they cannot hurt: bubblewrap (namespaces) with a seccomp filter around a private copy of the
// work tree. Inside, the whole file system is read-only and only the copy and /tmp can be written; the copy's `.git` is
// read-only; there is no network beyond the loopback device; places where people keep keys and sockets (/run, ~/.ssh,
// ...) are empty; the environment is made anew; and every process is gone when run() returns.
//
// What a command may use is counted for all of its processes together, by looking at them every few milliseconds, as
// limits per process (rlimits) can be multiplied by forking. Their number is limited by the kernel as well.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"

namespace strata::agent {

struct SandboxOptions {
  std::filesystem::path temporary;  // becomes /tmp and lasts from command to command; empty: a new /tmp each time
  bool network = false;             // the user allowed it for this run
  std::vector<std::pair<std::string, std::string>> environment;  // set beside PATH, HOME, LANG, TERM, TMPDIR and USER
};

struct CommandLimits {
  double seconds = 600;                      // by the clock
  double cpu_seconds = 1200;                 // of all processes together
  int64_t memory_bytes = int64_t{4} << 30;   // of all processes together
  int processes = 512;                       // threads count
  int64_t file_bytes = int64_t{1} << 30;     // of one file
  int64_t written_bytes = int64_t{8} << 30;  // by how much the free space of the copy's disk may shrink meanwhile
  int64_t output_bytes = int64_t{16} << 20;  // stdout and stderr together
};

enum class Limit { kNone, kTime, kCpu, kMemory, kProcesses, kFileSize, kDisk, kOutput, kCancelled };
std::string_view name_of(Limit limit);  // "time", "CPU", "memory", ... ; "" for kNone

struct CommandResult {
  int exit_code = 0;   // as a shell gives it: 128 + signal where a signal ended the command
  std::string output;  // stdout and stderr in the order they were written; bytes, at most CommandLimits::output_bytes
  Limit killed_by = Limit::kNone;  // not kNone: the command was ended by us, and exit_code is 137
  double seconds = 0;
  bool confined = true;
};

class Sandbox {
 public:
  // Tries whether the sandbox can start here; open() itself fails only if `copy_root` is no folder.
  static Result<Sandbox> open(const std::filesystem::path& copy_root, SandboxOptions options = {});

  // Can commands be confined? If not, why_not() says what the user can do about it and run() refuses.
  bool confined() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }

  // Runs `command` with /bin/sh in the copy's root (or `folder`, relative to it), stdin empty. Blocks; any thread.
  // Errors: kUnsupported if not confined(), kIo if the sandbox did not start. A command that fails is no error.
  Result<CommandResult> run(const std::string& command, const CommandLimits& limits = {},
                            const Cancel* cancel = nullptr, const std::filesystem::path& folder = {}) const;

  // The same WITHOUT any sandbox: only after the user has agreed to this very command. Limits on time, output and file
  // size hold, and the process group is ended; nothing else is kept from the command.
  Result<CommandResult> run_unconfined(const std::string& command, const CommandLimits& limits = {},
                                       const Cancel* cancel = nullptr, const std::filesystem::path& folder = {}) const;

 private:
  std::filesystem::path root_, bubblewrap_;
  SandboxOptions options_;
  std::string why_not_;
};

}  // namespace strata::agent
