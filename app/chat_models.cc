// SPDX-License-Identifier: Apache-2.0
#include "app/chat_models.h"

#include "agent/chat/scripted_model.h"

namespace strata::app {

Result<std::shared_ptr<agent::ChatModel>> open_chat_model(const ChatArguments& arguments) {
  const std::string& model = arguments.model.model;
  if (model.starts_with("scripted:")) {
    auto scripted = agent::ScriptedModel::load(model.substr(9));
    if (!scripted) return std::unexpected(scripted.error());
    return std::shared_ptr<agent::ChatModel>(std::move(*scripted));
  }
  return fail(ErrorKind::kUnsupported,
              "this instruction needs a model, and the agent cannot use one yet but scripted:FILE; without a model it "
              "does, with names that the index knows: rename A to B, move A to FILE, delete A, add parameter P to F");
}

}  // namespace strata::app
