// SPDX-License-Identifier: Apache-2.0
#include "app/chat_models.h"

#include <format>

#include "agent/chat/embedded_model.h"
#include "agent/chat/openai_model.h"
#include "agent/chat/scripted_model.h"
#include "app/console.h"

namespace strata::app {
namespace {

template <typename M>
Result<std::shared_ptr<agent::ChatModel>> shared(Result<std::unique_ptr<M>> model) {
  if (!model) return std::unexpected(model.error());
  return std::shared_ptr<agent::ChatModel>(std::move(*model));
}

}  // namespace

void add_chat_options(CLI::App* command, ChatArguments& a) {
  command
      ->add_option("--model", a.model.model,
                   "Catalogue name, GGUF file or folder; with --endpoint the model's name there; or scripted:FILE")
      ->option_text("NAME");
  command
      ->add_option("--endpoint", a.endpoint,
                   "Base URL of an OpenAI-compatible server (http://127.0.0.1:8080/v1) to use instead of Strata's "
                   "own engine; a key is taken from STRATA_API_KEY or OPENAI_API_KEY")
      ->option_text("URL");
  command->add_option("--threads", a.model.threads, "Threads (default: physical cores)")
      ->check(CLI::Range(0, 1024))
      ->option_text("N");
}

Result<std::shared_ptr<agent::ChatModel>> open_chat_model(const ChatArguments& a) {
  if (a.scripted()) return shared(agent::ScriptedModel::load(a.model.model.substr(9)));
  if (a.remote())
    return shared(agent::OpenAiModel::make(
        {.url = a.endpoint, .model = a.model.model, .key = agent::api_key(a.endpoint)}, notice, &interrupted()));
  auto model = open_model(a.model);
  if (!model) return std::unexpected(model.error());
  return shared(agent::EmbeddedModel::make(std::move(*model), session_options()));
}

std::string usage_text(const agent::ChatUsage& usage, const agent::Cost& cost) {
  return std::format("{} tokens in ({} of them reused), {} out{}{}", usage.prompt_tokens, usage.reused_tokens,
                     usage.generated_tokens, cost.empty() ? "" : ": ", agent::text_of(cost));
}

}  // namespace strata::app
