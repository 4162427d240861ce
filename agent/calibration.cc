// SPDX-License-Identifier: Apache-2.0
#include "agent/calibration.h"

#include <algorithm>

namespace strata::agent {

namespace {

struct Calibration {
  std::string_view name;  // part of general.name
  std::optional<double> answerable_from;
  bool guesses_well;
  std::vector<RetrievalHead> retrieval_heads;
};

const Calibration* calibration_of(std::string_view model_name) {
  static const std::vector<Calibration> kCalibrations = {
      {"Qwen2.5 Coder 1.5B Instruct",
       1.1,
       true,
       {{5, 10},
        {5, 9},
        {5, 11},
        {9, 0},
        {3, 4},
        {14, 0},
        {14, 3},
        {10, 8},
        {10, 10},
        {14, 4},
        {12, 1},
        {2, 3},
        {6, 6},
        {6, 7},
        {4, 10},
        {8, 4}}},
      {"Qwen2.5 Coder 0.5B Instruct",
       std::nullopt,
       false,
       {{7, 8},
        {7, 7},
        {7, 11},
        {2, 2},
        {11, 0},
        {6, 0},
        {3, 4},
        {8, 9},
        {6, 5},
        {3, 0},
        {11, 2},
        {9, 10},
        {9, 13},
        {8, 8},
        {9, 8},
        {3, 5}}},
  };
  const auto found = std::ranges::find_if(
      kCalibrations, [&](const Calibration& c) { return model_name.find(c.name) != std::string_view::npos; });
  return found == kCalibrations.end() ? nullptr : &*found;
}

}  // namespace

std::optional<double> answerable_from(std::string_view model_name) {
  const Calibration* calibration = calibration_of(model_name);
  return calibration ? calibration->answerable_from : std::nullopt;
}

bool guesses_well(std::string_view model_name) {
  const Calibration* calibration = calibration_of(model_name);
  return calibration && calibration->guesses_well;
}

std::vector<RetrievalHead> retrieval_heads_of(std::string_view model_name) {
  const Calibration* calibration = calibration_of(model_name);
  return calibration ? calibration->retrieval_heads : std::vector<RetrievalHead>();
}

}  // namespace strata::agent
