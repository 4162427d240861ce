// SPDX-License-Identifier: Apache-2.0
#include "agent/calibration.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "agent/calibration_pack.h"
#include "agent/calibrator.h"
#include "tests/unit/agent/temporary_folder.h"

namespace strata::agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Source = Calibration::Source;

constexpr const char* kFile = "strata/calibrations/0123.json";

class CalibrationTest : public testing::Test {
 protected:
  void SetUp() override { setenv("XDG_DATA_HOME", folder_.path.c_str(), 1); }
  void TearDown() override { unsetenv("XDG_DATA_HOME"); }
  Calibration find(std::string_view name = "Some Model") {
    return calibration_of("0123", name, [&](const std::string& notice) { notices_.push_back(notice); });
  }
  TemporaryFolder folder_;
  std::vector<std::string> notices_;
};

TEST_F(CalibrationTest, WhatIsStoredIsUsedForThisModelOnly) {
  const Calibration made{Source::kUser, {{3, 1}, {0, 7}}, -0.5, true};
  ASSERT_TRUE(store_calibration("0123", "Some Model", made, {{"why", "a test"}}).has_value());
  const Calibration found = find();
  EXPECT_EQ(found.source, Source::kUser);
  EXPECT_EQ(found.retrieval_heads, made.retrieval_heads);
  EXPECT_EQ(found.answerable_from, made.answerable_from);
  EXPECT_TRUE(found.guesses_well);
  EXPECT_EQ(calibration_of("4567", "Some Model").source, Source::kNone);
}

TEST_F(CalibrationTest, TheDefaultModelsAreCalibratedAndTheUsersResultsComeFirst) {
  const Calibration large = find("Qwen2.5 Coder 1.5B Instruct GGUF"), small = find("Qwen2.5 Coder 0.5B Instruct GGUF");
  EXPECT_EQ(large.source, Source::kShipped);
  EXPECT_EQ(large.retrieval_heads.size(), 16u);
  EXPECT_EQ(large.retrieval_heads[0], (RetrievalHead{5, 10}));
  EXPECT_EQ(large.answerable_from, 1.1);
  EXPECT_TRUE(large.guesses_well);
  EXPECT_EQ(small.retrieval_heads.size(), 16u);
  EXPECT_FALSE(small.answerable_from);
  EXPECT_FALSE(small.guesses_well);
  ASSERT_TRUE(store_calibration("0123", "Qwen2.5 Coder 0.5B Instruct", {.retrieval_heads = {{1, 2}}}, {}).has_value());
  EXPECT_THAT(find("Qwen2.5 Coder 0.5B Instruct").retrieval_heads, ElementsAre(RetrievalHead{1, 2}));
}

TEST_F(CalibrationTest, DamagedFilesAreIgnoredWithANotice) {
  ASSERT_TRUE(store_calibration("0123", "Some Model", {.retrieval_heads = {{1, 2}}}, {}).has_value());
  const auto good = nlohmann::json::parse(folder_.read(kFile));
  std::vector<std::string> damaged = {"", "{", "[]", folder_.read(kFile).substr(0, 40)};
  const std::pair<const char*, nlohmann::json> changes[] = {{"format", 2},
                                                            {"fingerprint", "4567"},
                                                            {"fingerprint", nullptr},
                                                            {"retrieval_heads", 1},
                                                            {"retrieval_heads", {{1}}},
                                                            {"retrieval_heads", {{1, -1}}},
                                                            {"retrieval_heads", {{1, 1 << 20}}},
                                                            {"retrieval_heads", {{1, 2}, {1, 2}}},
                                                            {"answerable_from", "low"},
                                                            {"guesses_well", 1}};
  for (const auto& [key, value] : changes) {
    auto changed = good;
    changed[key] = value;
    damaged.push_back(changed.dump());
  }
  for (const char* key : {"format", "fingerprint", "retrieval_heads", "answerable_from", "guesses_well"}) {
    auto changed = good;
    changed.erase(key);
    damaged.push_back(changed.dump());
  }
  for (const std::string& text : damaged) {
    folder_.write(kFile, text);
    notices_.clear();
    EXPECT_EQ(find().source, Source::kNone) << text;
    ASSERT_EQ(notices_.size(), 1u) << text;
    EXPECT_THAT(notices_[0], AllOf(HasSubstr(kFile), HasSubstr("it is ignored"), HasSubstr("models calibrate")));
  }
  EXPECT_EQ(find("Qwen2.5 Coder 0.5B Instruct").source, Source::kShipped);
}

TEST(CalibrationPack, EveryQuestionIsAboutALineThatIsThere) {
  const CalibrationPack pack = calibration_pack();
  EXPECT_GE(pack.present.size(), 40u);
  EXPECT_GE(pack.absent.size(), 20u);
  for (const auto& question : pack.present) {
    const auto file = std::ranges::find(pack.files, question.path, &CalibrationPack::File::path);
    ASSERT_NE(file, pack.files.end()) << question.path;
    size_t at = 0;
    for (int line = 1; line < question.line; ++line) at = file->text.find('\n', at) + 1;
    EXPECT_THAT(file->text.substr(at, file->text.find('\n', at) - at), HasSubstr("def ")) << question.text;
  }
}

TEST(Calibrator, RanksCountFromTheBestAndTheMiddleOfEqualOnes) {
  EXPECT_EQ(reciprocal_rank(std::vector<float>{1, 4, 2}, 1), 1.0);
  EXPECT_EQ(reciprocal_rank(std::vector<float>{1, 4, 2}, 0), 1.0 / 3);
  EXPECT_EQ(reciprocal_rank(std::vector<float>{0, 0, 0}, 2), 1.0 / 2);
}

TEST(Calibrator, OddsPartWhereTheyCanBeToldApart) {
  const std::vector<double> low{-3, -2, -1, 2}, high{0.5, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_NEAR(area_under_curve(low, high), (3 * 8 + 5.5) / 32, 1e-12);
  const auto from = part(low, high);
  ASSERT_TRUE(from.has_value());
  EXPECT_EQ(*from, -0.25) << "between -1 and 0.5: beyond, more of what is there would be refused than of the rest";
  EXPECT_FALSE(part(high, low).has_value());
  EXPECT_FALSE(part(low, low).has_value());
  EXPECT_FALSE(part({}, high).has_value());
}

}  // namespace
}  // namespace strata::agent
