// SPDX-License-Identifier: Apache-2.0
#include "app/console.h"

#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <fstream>
#include <iostream>
#include <iterator>

namespace strata::app {
namespace {

Cancel g_interrupted;  // a signal handler can only reach a global

void on_interrupt(int) {
  if (g_interrupted.requested()) std::_Exit(130);
  g_interrupted.request();
}

}  // namespace

const Cancel& interrupted() {
  static const bool installed = [] {
    struct sigaction action{};
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return true;
  }();
  (void)installed;
  return g_interrupted;
}

int report(const Error& error, bool json) {
  if (json) print_json({{"error", to_utf8(error.message)}});
  std::cerr << "strata: " << error.message << "\n";
  return kFailed;
}

Result<std::string> read_input(const std::string& path) {
  if (path.empty() || path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file && text.empty()) return fail(ErrorKind::kNotFound, path + ": cannot read this file");
  return text;
}

void print_json(const nlohmann::ordered_json& value, bool one_line) {
  std::cout << value.dump(one_line ? -1 : 2, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

void notice(const std::string& text) { std::cerr << "strata: " << text << "\n"; }

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}
ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(std::string_view what, int64_t done, int64_t total, std::string_view detail) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000))) return;
  last_ = now;
  const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0.0;
  if (!terminal_) {
    std::cerr << std::format("{}: {} of {} ({:.0f} %) {}\n", what, done, total, 100 * share, detail);
    return;
  }
  constexpr int kWidth = 24;
  const int filled = static_cast<int>(std::lround(share * kWidth));
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < filled ? "━" : "─";
  std::cerr << std::format("\r\x1b[K{} {} {:3.0f} % {}", what, bar, 100 * share, detail) << std::flush;
  drawn_ = true;
}

void ProgressLine::clear() {
  if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

std::string format_duration(double seconds) {
  const auto s = static_cast<int64_t>(std::llround(seconds));
  if (s < 60) return std::format("{} s", s);
  if (s < 3600) return std::format("{} min {:02} s", s / 60, s % 60);
  return std::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

std::string format_bytes(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) bytes /= 1000, ++unit;
  return std::format("{:.{}f} {}", bytes, bytes < 10 && unit > 0 ? 1 : 0, units[unit]);
}

std::string to_utf8(std::string_view bytes) {
  const auto dumped = nlohmann::json(std::string(bytes)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(dumped).get<std::string>();
}

}  // namespace strata::app
