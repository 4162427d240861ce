// SPDX-License-Identifier: Apache-2.0
// Whether the machine runs on its battery.
#pragma once

#include <filesystem>

namespace strata {

// True while a battery of the machine itself (not of a mouse) is being emptied. `supplies`: as Linux lists them.
bool on_battery(const std::filesystem::path& supplies = "/sys/class/power_supply");

}  // namespace strata
