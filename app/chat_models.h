// SPDX-License-Identifier: Apache-2.0
// What --model means where something is to be talked to: by the agent, on the command line and in the window.
#pragma once

#include <memory>

#include "agent/chat/chat_model.h"
#include "app/repository_access.h"

namespace strata::app {

struct ChatArguments {
  ModelArguments model;  // "scripted:FILE": prepared turns
};

Result<std::shared_ptr<agent::ChatModel>> open_chat_model(const ChatArguments& arguments);

}  // namespace strata::app
