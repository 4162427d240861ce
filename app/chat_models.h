// SPDX-License-Identifier: Apache-2.0
// What --model and --endpoint mean where something is to be talked to.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "agent/chat/chat_model.h"
#include "agent/chat/prices.h"
#include "app/repository_access.h"

namespace strata::app {

struct ChatArguments {
  ModelArguments model;  // with an endpoint: the model's name there; "scripted:FILE": prepared turns
  std::string endpoint;  // base URL of an OpenAI-compatible server; empty: our own engine

  bool remote() const { return !endpoint.empty(); }
  bool scripted() const { return model.model.starts_with("scripted:"); }
};

void add_chat_options(CLI::App* command, ChatArguments& arguments);

Result<std::shared_ptr<agent::ChatModel>> open_chat_model(const ChatArguments& arguments);

// "1200 tokens in (1000 of them reused), 60 out: 0.0123 USD"
std::string usage_text(const agent::ChatUsage& usage, const agent::Cost& cost);

}  // namespace strata::app
