// SPDX-License-Identifier: Apache-2.0
// Opens the window and runs until it is closed.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace strata::ui {

struct StartOptions {
  std::filesystem::path repository;     // empty: the start page
  Result<std::filesystem::path> model;  // GGUF file; an error is told in the window when the model is needed
  int threads = 0;                      // 0: physical cores
};

int run_window(int argc, char** argv, const StartOptions& options);

}  // namespace strata::ui
