// SPDX-License-Identifier: Apache-2.0
#include "app/catalogue.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace strata::app {
namespace {

namespace fs = std::filesystem;

class Catalogue : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("strata-catalogue-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    setenv("XDG_DATA_HOME", (folder_ / "data").c_str(), 1);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(Catalogue, HoldsTheDefaultModel) {
  const auto models = catalogue().value();
  EXPECT_TRUE(std::ranges::any_of(models, [](const auto& m) { return m.name == default_model_name(); }));
  for (const auto& m : models) {
    EXPECT_FALSE(m.present) << m.name;
    EXPECT_EQ(m.sha256.size(), 64u) << m.name;
    EXPECT_GT(m.bytes, 0u) << m.name;
  }
}

TEST_F(Catalogue, AModelThatIsNotFetchedSaysHowToGetIt) {
  const auto path = resolve_model("");
  ASSERT_FALSE(path.has_value());
  EXPECT_NE(path.error().message.find("strata models get " + default_model_name()), std::string::npos);
}

TEST_F(Catalogue, AFileOrAFolderWithOneModelIsTakenAsItIs) {
  const fs::path file = folder_ / "my.gguf";
  std::ofstream(file) << "x";
  EXPECT_EQ(resolve_model(file.string()).value(), file);
  EXPECT_EQ(resolve_model(folder_.string()).value(), file);
  std::ofstream(folder_ / "other.gguf") << "x";
  EXPECT_FALSE(resolve_model(folder_.string()).has_value());
}

TEST_F(Catalogue, AnUnknownNameListsTheKnownOnes) {
  const auto path = resolve_model("gpt-17");
  ASSERT_FALSE(path.has_value());
  EXPECT_NE(path.error().message.find(default_model_name()), std::string::npos);
}

}  // namespace
}  // namespace strata::app
