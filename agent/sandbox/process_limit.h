// SPDX-License-Identifier: Apache-2.0
// How many processes there may be, counted by the kernel, for root: RLIMIT_NPROC does not hold for user 0, and between
// two looks of ours a fork bomb can fill the machine.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace strata::agent {

// A control group of the pids controller. Removed with its last process.
class ProcessLimit {
 public:
  // Nothing for other users, who do not need it, and where no group can be made.
  static std::optional<ProcessLimit> make(int most);
  ProcessLimit(ProcessLimit&& other) noexcept;
  ProcessLimit& operator=(ProcessLimit&&) = delete;
  ~ProcessLimit();

  // This process, and what it starts from now on.
  void add(pid_t process) const;
  // Was one refused?
  bool reached() const;

 private:
  explicit ProcessLimit(std::filesystem::path group) : group_(std::move(group)) {}
  std::filesystem::path group_;
};

}  // namespace strata::agent
