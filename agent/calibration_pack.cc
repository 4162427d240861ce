// SPDX-License-Identifier: Apache-2.0
#include "agent/calibration_pack.h"

#include <nlohmann/json.hpp>

namespace strata::resources {
extern const std::string_view calibration_pack;
}

namespace strata::agent {

CalibrationPack calibration_pack() {
  CalibrationPack pack;
  const auto all = nlohmann::json::parse(resources::calibration_pack);  // parsed by a test, so it is well formed
  for (const auto& file : all.at("files")) {
    std::string text;
    for (const auto& line : file.at("lines")) text += line.get<std::string>() + "\n";
    pack.files.push_back({file.at("path"), std::move(text)});
  }
  for (const auto& one : all.at("present"))
    pack.present.push_back({one.at("path"), one.at("line"), one.at("question"), one.value("doc", std::string())});
  pack.absent = all.at("absent");
  return pack;
}

}  // namespace strata::agent
