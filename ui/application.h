// SPDX-License-Identifier: Apache-2.0
// Opens the window and runs until it is closed.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "agent/chat/chat_model.h"
#include "base/result.h"

namespace strata::ui {

struct StartOptions {
  std::filesystem::path repository;     // empty: the start page
  Result<std::filesystem::path> model;  // GGUF file; an error is told in the window when the model is needed
  int threads = 0;                      // 0: physical cores
  // For the agent, called in its thread when an instruction turns out to need a model; empty: there is none.
  std::function<Result<std::shared_ptr<agent::ChatModel>>()> open_chat_model;
};

int run_window(int argc, char** argv, const StartOptions& options);

}  // namespace strata::ui
