// SPDX-License-Identifier: Apache-2.0
#include "agent/guessed_words.h"

#include <algorithm>
#include <format>

#include "agent/prompts.h"
#include "agent/stored_prefix.h"
#include "engine/generate/session.h"

namespace strata::agent {

namespace {
constexpr int kTokens = 24;  // about ten words
}

Result<std::string> guess_words(const Reader& reader, const std::string& question, const Cancel* cancel) {
  const ChatTemplate* chat = reader.model->chat_template();
  if (!chat) return std::string();
  const auto prompt = [&](std::string_view of) {
    const auto asked = [](std::string_view text) { return std::format("Question: {}\nList ten words.", text); };
    const Message messages[] = {{Role::kSystem, std::string(kGuessWords)},
                                {Role::kUser, asked(kGuessQuestion)},
                                {Role::kAssistant, std::string(kGuessAnswer)},
                                {Role::kUser, asked(of)}};
    return chat->render(messages);
  };
  const std::vector<TokenId> tokens = prompt(question), any = prompt("");
  const std::span<const TokenId> same(any.begin(), std::ranges::mismatch(any, tokens).in1);
  Session session(reader.model);
  if (auto done = begin_with(session, reader, same, cancel); !done) return std::unexpected(done.error());
  if (auto done = session.append(std::span(tokens).subspan(same.size()), cancel); !done)
    return std::unexpected(done.error());
  GenerateOptions options;
  options.max_tokens = kTokens;
  options.sampler.repetition_penalty = 1.1f;
  options.stop = {"\n"};
  options.cancel = cancel;
  auto words = session.generate(options);
  if (!words) return std::unexpected(words.error());
  if (words->end == Generation::End::kCancelled) return fail(ErrorKind::kCancelled, "the answer was cancelled");
  return std::move(words->text);
}

}  // namespace strata::agent
