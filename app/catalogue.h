// SPDX-License-Identifier: Apache-2.0
// The models Strata knows by name (resources/models.json, compiled in) and how a --model argument becomes a file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace strata::app {

struct CatalogueModel {
  std::string name, file, sha256, licence, description;
  uint64_t bytes = 0;
  std::filesystem::path path;  // where it is, or would be, in the user's data folder
  bool present = false;
};

Result<std::vector<CatalogueModel>> catalogue();

// The name of the default model on this machine: the 1.5B with 8 GB of memory or more, else the 0.5B.
std::string default_model_name();

// A catalogue name, a GGUF file, or a folder with exactly one GGUF file in it. Empty: the default model. Errors say how
// to get the model.
Result<std::filesystem::path> resolve_model(std::string_view argument);

}  // namespace strata::app
