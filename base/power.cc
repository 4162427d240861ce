// SPDX-License-Identifier: Apache-2.0
#include "base/power.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace strata {

namespace {

std::string line_of(const std::filesystem::path& file) {
  std::string line;
  std::ifstream stream(file);
  std::getline(stream, line);
  return line;
}

}  // namespace

bool on_battery(const std::filesystem::path& supplies) {
  std::error_code none;
  return std::ranges::any_of(std::filesystem::directory_iterator(supplies, none), [](const auto& supply) {
    return line_of(supply.path() / "type") == "Battery" && line_of(supply.path() / "scope") != "Device" &&
           line_of(supply.path() / "status") == "Discharging";
  });
}

}  // namespace strata
