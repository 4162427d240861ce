// SPDX-License-Identifier: Apache-2.0
// Held while trees are written or contents are removed; the kernel lets go of it when the process ends, however it
// ends.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

namespace strata::agent {

class WriteLock {
 public:
  // Waits for whoever has it. One for each run database.
  explicit WriteLock(const std::filesystem::path& database)
      : descriptor_(open((database.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (descriptor_ >= 0) flock(descriptor_, LOCK_EX);
  }
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;
  ~WriteLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }

 private:
  int descriptor_;
};

}  // namespace strata::agent
