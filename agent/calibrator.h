// SPDX-License-Identifier: Apache-2.0
// Finds what agent/calibration.h keeps of a model, with the pack of calibration_pack.h: reads it as a repository is
// read, and asks. A few minutes on two cores for the 0.5B.
//   Retrieval heads: each head of each layer ranks all passages for every question and every cut documentation; the 16
//   with the best mean reciprocal rank of what was asked for, if those chosen by one half of the functions find the
//   other half, and if the ranking as a whole does not lose by them.
//   Guessed words: whether the ranking gains by them, by more than chance would have it.
//   Answerable from: where the odds of what is there part from those of what is not, if they do.
// Not looked for, as measurements say it makes no difference or cannot be told in minutes: docs/quality.md.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "agent/calibration.h"
#include "agent/workspace.h"

namespace strata::agent {

struct Calibrated {
  Calibration calibration;
  nlohmann::ordered_json measured;  // the figures that decided, for people
};

// `folder` is empty and the caller's to delete; what is read is kept there meanwhile. Nothing else is written.
Result<Calibrated> calibrate(std::shared_ptr<Model> model, const std::filesystem::path& folder,
                             const repo::Progress& progress, const Cancel* cancel = nullptr);

// The parts that need no model. Pure.
// 1 for the first place, 1/2 for the second, ...; of equal scores the middle one counts.
double reciprocal_rank(std::span<const float> scores, size_t wanted);
// How often a value of `low` lies below one of `high`: the area under the curve.
double area_under_curve(std::span<const double> low, std::span<const double> high);
// The odds below which something counts as absent, or nothing where the two cannot be told apart.
std::optional<double> part(std::span<const double> absent, std::span<const double> present);

}  // namespace strata::agent
