// SPDX-License-Identifier: Apache-2.0
#include "agent/calibration.h"

namespace strata::agent {

std::optional<double> answerable_from(std::string_view model_name) {
  if (model_name.find("Qwen2.5 Coder 1.5B Instruct") != std::string_view::npos) return 0.85;
  return std::nullopt;
}

}  // namespace strata::agent
