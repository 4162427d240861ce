// SPDX-License-Identifier: Apache-2.0
#include "base/power.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace strata {
namespace {

class Power : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "strata-power-XXXXXX").string();
    ASSERT_TRUE(mkdtemp(name.data()));
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void supply(const char* name, const char* type, const char* status, const char* scope = nullptr) const {
    std::filesystem::create_directories(folder_ / name);
    std::ofstream(folder_ / name / "type") << type << "\n";
    std::ofstream(folder_ / name / "status") << status << "\n";
    if (scope) std::ofstream(folder_ / name / "scope") << scope << "\n";
  }
  std::filesystem::path folder_;
};

TEST_F(Power, ABatteryThatIsBeingEmptied) {
  supply("BAT0", "Battery", "Discharging");
  EXPECT_TRUE(on_battery(folder_));
  supply("BAT0", "Battery", "Charging");
  EXPECT_FALSE(on_battery(folder_));
}

TEST_F(Power, NotThatOfAMouse) {
  supply("hid-1", "Battery", "Discharging", "Device");
  supply("AC", "Mains", "");
  EXPECT_FALSE(on_battery(folder_));
}

TEST_F(Power, AMachineWithoutSupplies) { EXPECT_FALSE(on_battery(folder_ / "none")); }

}  // namespace
}  // namespace strata
