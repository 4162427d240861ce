// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/embedded_model.h"

#include <algorithm>
#include <format>

#include "agent/chat/tool_call_mask.h"
#include "agent/chat/tool_call_text.h"

namespace strata::agent {

Result<std::unique_ptr<EmbeddedModel>> EmbeddedModel::make(std::shared_ptr<Model> model, int context_tokens) {
  if (!model->chat_template())
    return fail(ErrorKind::kUnsupported,
                model->params().name + " has no chat template that Strata knows; use an instruct model");
  const int trained = model->params().trained_context;
  return std::unique_ptr<EmbeddedModel>(
      new EmbeddedModel(std::move(model), context_tokens > 0 ? context_tokens : trained));
}

EmbeddedModel::EmbeddedModel(std::shared_ptr<Model> model, int context_tokens)
    : session_(std::move(model)), context_tokens_(context_tokens) {}

Result<int64_t> EmbeddedModel::count_tokens(std::string_view text) {
  return static_cast<int64_t>(session_.model().tokenizer().encode(text).size());
}

Result<ChatTurn> EmbeddedModel::reply(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                                      const ChatOptions& options, const ChatEvents& events, const Cancel* cancel) {
  const Tokenizer& tokenizer = session_.model().tokenizer();
  const ChatTemplate& chat = *session_.model().chat_template();
  const std::vector<TokenId> prompt =
      render_transcript(chat, tokenizer, transcript, tools, [&](const std::string& raw) {
        const auto found = sampled_.find(raw);
        return found == sampled_.end() ? nullptr : &found->second;
      });
  const int room = context_tokens_ > 0 ? context_tokens_ - static_cast<int>(prompt.size()) : options.max_tokens;
  if (room <= 0)
    return fail(ErrorKind::kInvalid, std::format("the conversation has {} tokens, and {} reads {} at most",
                                                 prompt.size(), name(), context_tokens_));

  // What is there already stays; at least one token is computed, for its logits.
  const auto& old = session_.tokens();
  auto shared = static_cast<size_t>(std::ranges::mismatch(old, prompt).in1 - old.begin());
  shared = std::min(shared, prompt.size() - 1);
  session_.truncate(static_cast<int>(shared));
  if (auto done = session_.append(std::span(prompt).subspan(shared), cancel); !done)
    return std::unexpected(done.error());

  ChatTurn turn;
  turn.usage.prompt_tokens = static_cast<int64_t>(prompt.size());
  turn.usage.reused_tokens = static_cast<int64_t>(shared);
  GenerateOptions generate;
  generate.max_tokens = std::min(options.max_tokens, room);
  generate.sampler.temperature = options.temperature;
  generate.sampler.seed = options.seed;
  generate.cancel = cancel;
  generate.control_text = true;
  std::optional<ToolCallMask> mask;
  if (!tools.empty()) {
    if (!trie_) trie_ = std::make_shared<VocabularyTrie>(tokenizer);
    mask.emplace(trie_, tokenizer, ToolSyntax::of(chat, tokenizer), tools, options.require_call);
    generate.mask = &*mask;
  }
  TurnStream stream(events, tools);
  generate.on_text = [&](std::string_view piece) {
    stream.push(piece);
    return true;
  };
  auto generation = session_.generate(generate);
  if (!generation) return std::unexpected(generation.error());
  turn.usage.generated_tokens = generation->tokens;
  if (generation->end == Generation::End::kCancelled) return fail(ErrorKind::kCancelled, "the model was stopped");
  const bool cut = generation->end == Generation::End::kLength;
  if (cut) turn.end = ChatTurn::End::kLength;

  ParsedTurn parsed = parse_turn(generation->text, tools, next_call_id(transcript), cut);
  stream.finish(parsed);
  turn.message = {.role = ChatMessage::Role::kAssistant,
                  .text = std::move(parsed.text),
                  .reasoning = std::move(parsed.reasoning),
                  .calls = std::move(parsed.calls),
                  .raw = std::move(generation->text)};
  turn.repairs = std::move(parsed.repairs);
  turn.malformed = std::move(parsed.malformed);
  const auto& tokens = session_.tokens();
  sampled_[turn.message.raw].assign(tokens.begin() + static_cast<std::ptrdiff_t>(prompt.size()), tokens.end());
  return turn;
}

}  // namespace strata::agent
