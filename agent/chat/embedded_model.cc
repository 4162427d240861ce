// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/embedded_model.h"

#include <algorithm>
#include <format>
#include <functional>
#include <limits>

#include "agent/chat/tool_call_mask.h"
#include "agent/chat/tool_call_text.h"

namespace strata::agent {

Result<std::unique_ptr<EmbeddedModel>> EmbeddedModel::make(std::shared_ptr<Model> model,
                                                           const SessionOptions& options) {
  if (!model->chat_template())
    return fail(ErrorKind::kUnsupported,
                model->params().name + " has no chat template that Strata knows; use an instruct model");
  return std::unique_ptr<EmbeddedModel>(new EmbeddedModel(std::move(model), options));
}

EmbeddedModel::EmbeddedModel(std::shared_ptr<Model> model, const SessionOptions& options)
    : model_(std::move(model)), session_(model_, options) {}

Result<int64_t> EmbeddedModel::count_tokens(std::string_view text) {
  return static_cast<int64_t>(model_->tokenizer().encode(text).size());
}

Result<size_t> EmbeddedModel::bring_to(std::span<const TokenId> prompt, const Cancel* cancel) {
  const auto& old = session_.tokens();
  auto shared = static_cast<size_t>(std::ranges::mismatch(old, prompt).in1 - old.begin());
  shared = std::min(shared, prompt.size() - 1);
  session_.truncate(static_cast<int>(shared));
  if (auto done = session_.append(prompt.subspan(shared), cancel); !done) return std::unexpected(done.error());
  return shared;
}

Result<ChatTurn> EmbeddedModel::reply(std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                                      const ChatOptions& options, const ChatEvents& events, const Cancel* cancel) {
  const Tokenizer& tokenizer = model_->tokenizer();
  const ChatTemplate& chat = *model_->chat_template();
  const std::vector<TokenId> prompt =
      render_transcript(chat, tokenizer, transcript, tools, [&](const std::string& raw) {
        const auto found = sampled_.find(raw);
        return found == sampled_.end() ? nullptr : &found->second;
      });
  const int room = context_tokens() > 0 ? context_tokens() - static_cast<int>(prompt.size()) : options.max_tokens;
  if (room <= 0)
    return fail(ErrorKind::kInvalid, std::format("the conversation has {} tokens, and {} reads {} at most",
                                                 prompt.size(), name(), context_tokens()));

  const auto shared = bring_to(prompt, cancel);
  if (!shared) return std::unexpected(shared.error());
  ChatTurn turn;
  turn.usage.prompt_tokens = static_cast<int64_t>(prompt.size());
  turn.usage.reused_tokens = static_cast<int64_t>(*shared);
  GenerateOptions generate;
  generate.max_tokens = std::min(options.max_tokens, room);
  generate.sampler.temperature = options.temperature;
  generate.sampler.seed = options.seed;
  generate.cancel = cancel;
  generate.control_text = true;
  std::optional<ToolCallMask> mask;
  if (!tools.empty()) {
    if (!trie_) trie_ = std::make_shared<VocabularyTrie>(tokenizer);
    mask.emplace(trie_, tokenizer, ToolSyntax::of(chat, tokenizer), tools, options.require_call, options.one_call);
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

namespace {

constexpr size_t kBranches = 2;    // of a line
constexpr double kLeastGain = -3;  // nats; less likely ones are noise
constexpr int kLineTokens = 60;

// Makes generation follow a line, and notes where the model would rather have gone elsewhere.
class Follow : public TokenMask {
 public:
  struct Branch {
    size_t at;      // tokens of the line before it
    TokenId token;  // instead
    double gain;
  };
  Follow(std::span<const TokenId> line, const Tokenizer& tokenizer) : line_(line), tokenizer_(&tokenizer) {}

  void restrict(std::span<float> logits) override {
    if (at_ >= line_.size()) return;
    const auto old = static_cast<size_t>(line_[at_]);
    size_t best = old == 0 ? 1 : 0;
    for (size_t i = 0; i < logits.size(); ++i) {
      if (i != old && logits[i] > logits[best] && !tokenizer_->is_control(static_cast<TokenId>(i))) best = i;
    }
    if (const double gain = logits[best] - logits[old]; gain > kLeastGain)
      branches.push_back({at_, static_cast<TokenId>(best), gain});
    for (size_t i = 0; i < logits.size(); ++i)
      if (i != old) logits[i] = -std::numeric_limits<float>::infinity();
  }
  void accept(TokenId) override { ++at_; }

  std::vector<Branch> branches;

 private:
  std::span<const TokenId> line_;
  const Tokenizer* tokenizer_;
  size_t at_ = 0;
};

}  // namespace

Result<std::vector<Alternative>> EmbeddedModel::alternatives(std::string_view before, std::string_view line,
                                                             std::string_view behind, ChatUsage& usage,
                                                             const Cancel* cancel) {
  const Tokenizer& tokenizer = model_->tokenizer();
  std::vector<TokenId> prompt = {tokenizer.control_token("<|fim_prefix|>")};
  const TokenId suffix = tokenizer.control_token("<|fim_suffix|>"), middle = tokenizer.control_token("<|fim_middle|>");
  if (prompt[0] < 0 || suffix < 0 || middle < 0) return ChatModel::alternatives(before, line, behind, usage, cancel);
  tokenizer.encode(before, prompt);
  prompt.push_back(suffix);
  tokenizer.encode(behind, prompt);
  prompt.push_back(middle);
  const auto shared = bring_to(prompt, cancel);
  if (!shared) return std::unexpected(shared.error());
  usage += {static_cast<int64_t>(prompt.size()), static_cast<int64_t>(*shared), 0};

  std::vector<TokenId> old = tokenizer.encode(std::string(line) + "\n");
  if (old.size() > kLineTokens) old.resize(kLineTokens);
  Follow follow(old, tokenizer);
  GenerateOptions along, onwards;
  along.max_tokens = static_cast<int>(old.size());
  along.mask = &follow;
  onwards.max_tokens = kLineTokens;
  onwards.stop = {"\n"};
  along.cancel = onwards.cancel = cancel;
  auto read = session_.generate(along);
  if (!read) return std::unexpected(read.error());
  usage.generated_tokens += read->tokens;
  std::ranges::sort(follow.branches, std::greater(), &Follow::Branch::gain);

  std::vector<Alternative> found;
  for (const Follow::Branch& branch : follow.branches) {
    if (found.size() == kBranches) break;
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "the model was stopped");
    session_.truncate(static_cast<int>(prompt.size() + branch.at));
    if (auto done = session_.append({&branch.token, 1}, cancel); !done) return std::unexpected(done.error());
    std::string text = tokenizer.decode(std::span(old).first(branch.at)) + std::string(tokenizer.bytes(branch.token));
    if (!text.contains('\n')) {
      auto rest = session_.generate(onwards);
      if (!rest) return std::unexpected(rest.error());
      usage.generated_tokens += rest->tokens + 1;
      if (rest->end == Generation::End::kLength) continue;
      text += rest->text;
    }
    text.resize(std::min(text.find('\n'), text.size()));
    if (text != line && std::ranges::find(found, text, &Alternative::line) == found.end())
      found.push_back({std::move(text), branch.gain});
  }
  return found;
}

}  // namespace strata::agent
