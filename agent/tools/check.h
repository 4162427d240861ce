// SPDX-License-Identifier: Apache-2.0
// Build and tests of a repository: which command that is, and what of its output matters.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::agent {

// By the files at the top of the tree (CMake with CTest, make, pytest or unittest, cargo, go, npm); nothing if none
// fits. `read` gives the text of a file, or nothing.
std::optional<std::string> detect_check(const std::vector<std::string>& paths,
                                        const std::function<std::optional<std::string>(const std::string&)>& read);

// A place the output names, in a file of the repository.
struct CheckPlace {
  std::string path;
  int line = 0;
  bool operator==(const CheckPlace&) const = default;
};

struct CheckResult {
  std::string command;
  bool good = false;
  int exit_code = 0;
  double seconds = 0;
  int errors = 0;                   // of compilers
  std::vector<std::string> failed;  // names of tests
  std::vector<CheckPlace> places;   // in the order of the output, each once
  std::string output;               // what matters of it: first errors, failing tests, the end

  // Fewer is better: compiler errors before failing tests.
  std::pair<int, int> badness() const;
  // Why the command itself did not start (a program or Python module that is not installed), in its own words; nothing
  // if it ran. No change of the code helps against that.
  std::optional<std::string> not_started() const;
};

// `is_file` tells which words are paths of the repository.
CheckResult summarise_check(std::string command, int exit_code, std::string_view output,
                            const std::function<bool(const std::string&)>& is_file);

}  // namespace strata::agent
