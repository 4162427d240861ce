// SPDX-License-Identifier: Apache-2.0
// How commands talk: data on stdout, everything else on stderr; exit codes 0 done, 1 failed, 2 usage.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/result.h"

namespace strata::app {

inline constexpr int kDone = 0, kFailed = 1, kUsage = 2;

// Prints the error on stderr and, with --json, {"error": sentence} on stdout. Returns kFailed.
int report(const Error& error, bool json);
// The named file; standard input for "" and "-".
Result<std::string> read_input(const std::string& path);

// On one line where several follow each other.
void print_json(const nlohmann::ordered_json& value, bool one_line = false);
void notice(const std::string& text);

// Set by Ctrl+C; a second Ctrl+C ends the program at once.
const Cancel& interrupted();

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// A bar on a terminal, a line every few seconds elsewhere.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  void show(std::string_view what, int64_t done, int64_t total, std::string_view detail = {});
  void clear();

 private:
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();  // nothing is said of what is quick
};

std::string format_duration(double seconds);  // "3 s", "12 min 05 s", "2 h 10 min"
std::string format_bytes(double bytes);       // "512 kB", "1.2 GB"

// JSON text may only hold UTF-8; bytes that are not become U+FFFD.
std::string to_utf8(std::string_view bytes);

}  // namespace strata::app
