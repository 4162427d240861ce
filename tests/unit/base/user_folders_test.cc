// SPDX-License-Identifier: Apache-2.0
#include "base/user_folders.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace strata {
namespace {

namespace fs = std::filesystem;

class UserFolders : public testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::path(testing::TempDir()) / ("strata-home-" + std::to_string(getpid()));
    fs::remove_all(home_);
    setenv("HOME", home_.c_str(), 1);
    for (const char* name : {"XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"}) unsetenv(name);
  }
  void TearDown() override { fs::remove_all(home_); }
  fs::path home_;
};

TEST_F(UserFolders, DefaultsLieBelowHomeAndAreCreated) {
  EXPECT_EQ(cache_folder("kv").value(), home_ / ".cache/strata/kv");
  EXPECT_EQ(data_folder().value(), home_ / ".local/share/strata/");
  EXPECT_TRUE(fs::is_directory(home_ / ".cache/strata/kv"));
}

TEST_F(UserFolders, AbsoluteXdgVariablesWinAndRelativeOnesAreIgnored) {
  setenv("XDG_CACHE_HOME", (home_ / "elsewhere").c_str(), 1);
  EXPECT_EQ(cache_folder("kv").value(), home_ / "elsewhere/strata/kv");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(cache_folder("kv").value(), home_ / ".cache/strata/kv");
}

TEST_F(UserFolders, AFolderThatCannotBeMadeIsAnErrorThatNamesIt) {
  setenv("XDG_DATA_HOME", "/proc/no", 1);
  const auto folder = data_folder();
  ASSERT_FALSE(folder.has_value());
  EXPECT_NE(folder.error().message.find("/proc/no"), std::string::npos);
  setenv("XDG_CACHE_HOME", "/proc/no", 1);
  EXPECT_EQ(cache_path("kv").value(), "/proc/no/strata/kv");  // who can do without it is told where it would be
}

}  // namespace
}  // namespace strata
