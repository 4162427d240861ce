// SPDX-License-Identifier: Apache-2.0
// What was measured about single models, so that it need not be measured by everybody: for the default models it is
// shipped (resources/calibration), for any other `strata models calibrate` finds it (calibrator.h) and keeps it in the
// user's data folder. Both are one format:
//   {"format": 1, "model": name, "fingerprint": of its file, "retrieval_heads": [[layer, head], ...],
//    "answerable_from": number or null, "guesses_well": true or false}; what else stands there is for people.
// A model without one is used without what is missing.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/attention/retrieval_heads.h"

namespace strata::agent {

struct Calibration {
  enum class Source { kNone, kShipped, kUser } source = Source::kNone;
  // The heads that find what a question is about, best first.
  std::vector<RetrievalHead> retrieval_heads = {};
  // logit(yes) - logit(no) behind kIsShown from which on a question counts as answerable; nothing: it gives no signal.
  std::optional<double> answerable_from = {};
  // Whether the words it guesses for a question help to find the answer (guessed_words.h).
  bool guesses_well = false;
};

// The user's calibration of the model with this file, else the shipped one of this name, else an empty one. A file that
// is damaged is ignored; `notice`, if there is one, says so.
Calibration calibration_of(std::string_view fingerprint, std::string_view name,
                           const std::function<void(const std::string&)>& notice = {});

// Writes the user's calibration of a model, whole or not at all, and returns where; `measured` is for people.
Result<std::filesystem::path> store_calibration(std::string_view fingerprint, std::string_view name,
                                                const Calibration& calibration, const nlohmann::ordered_json& measured);

// The text of such a file. kDamaged if it is none, or of another model than `fingerprint` where that is given.
Result<Calibration> parse_calibration(std::string_view text, std::string_view fingerprint = {});

nlohmann::ordered_json json_of(const Calibration& calibration);

}  // namespace strata::agent
