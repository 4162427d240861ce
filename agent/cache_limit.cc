// SPDX-License-Identifier: Apache-2.0
#include "agent/cache_limit.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <format>
#include <fstream>
#include <string>

#include "base/user_folders.h"
#include "engine/memory/snapshot_care.h"

namespace strata::agent {
namespace {

constexpr const char* kVariable = "STRATA_CACHE_LIMIT";

Result<std::filesystem::path> chosen_file() {
  auto folder = config_folder();
  if (!folder) return std::unexpected(folder.error());
  return *folder / "cache-limit";
}

Result<uint64_t> named(Result<uint64_t> size, std::string_view where) {
  if (size) return size;
  return fail(size.error().kind, std::format("{}: {}", where, size.error().message));
}

}  // namespace

Result<uint64_t> parse_size(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"", 1},     {"b", 1},    {"k", 1e3}, {"kb", 1e3},
                                                            {"m", 1e6},  {"mb", 1e6}, {"g", 1e9}, {"gb", 1e9},
                                                            {"t", 1e12}, {"tb", 1e12}};
  constexpr double kMost = 1e18;  // fits an int64_t
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit;
  for (const char c : text.substr(static_cast<size_t>(end - text.data())))
    if (!std::isspace(static_cast<unsigned char>(c)))
      unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto known = std::ranges::find(kUnits, std::string_view(unit), &std::pair<std::string_view, double>::first);
  if (error != std::errc() || known == std::end(kUnits) || !(number >= 0 && number * known->second <= kMost))
    return fail(ErrorKind::kInvalid, std::format("\"{}\" is no size; write for example 20 GB", text));
  return static_cast<uint64_t>(number * known->second);
}

Result<uint64_t> cache_limit(const std::filesystem::path& folder) {
  if (const char* value = std::getenv(kVariable); value && *value) return named(parse_size(value), kVariable);
  auto file = chosen_file();
  if (!file) return std::unexpected(file.error());
  std::string line;
  if (std::ifstream in(*file); !in || !std::getline(in, line)) return default_cache_limit(folder);
  return named(parse_size(line), file->string());
}

Result<void> choose_cache_limit(std::optional<uint64_t> bytes) {
  auto file = chosen_file();
  if (!file) return std::unexpected(file.error());
  std::error_code error;
  if (!bytes) {
    std::filesystem::remove(*file, error);
    return {};
  }
  std::ofstream out(*file, std::ios::trunc);
  if (!(out << *bytes << "\n" << std::flush)) return fail(ErrorKind::kIo, file->string() + ": cannot be written");
  return {};
}

}  // namespace strata::agent
