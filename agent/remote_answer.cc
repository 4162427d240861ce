// SPDX-License-Identifier: Apache-2.0
#include "agent/remote_answer.h"

#include <algorithm>
#include <format>
#include <ranges>

#include "agent/prompts.h"

namespace strata::agent {
namespace {

constexpr int64_t kMapTokens = 1000;
constexpr size_t kBytesPerToken = 4;  // as good an estimate as there is without the model's tokenizer
constexpr size_t kPassageBytes = 1500 * kBytesPerToken;  // of one passage
constexpr size_t kFewBytes = 40 * kBytesPerToken;        // no room worth filling

struct Shown {
  Excerpt excerpt;
  std::string text;
};

// The best passages that fit, best first; long ones to their first lines.
std::vector<Shown> choose(const Ranking& ranking, size_t budget, TextCache& texts) {
  std::vector<Shown> chosen;
  for (size_t i = 0; i < ranking.passages.size() && budget >= kFewBytes; ++i) {
    const repo::Passage& p = ranking.passages[i].passage;
    const std::string* all = texts.text(p.file);
    if (!all || p.last_byte > all->size()) continue;  // changed on disk since it was indexed
    std::string text = all->substr(p.first_byte, p.last_byte - p.first_byte);
    const size_t room = std::min(budget, kPassageBytes);
    if (text.size() > room) text.resize(text.rfind('\n', room) == text.npos ? 0 : text.rfind('\n', room) + 1);
    if (text.empty()) continue;
    if (text.back() != '\n') text += '\n';
    budget -= std::min(budget, text.size());
    const int last = p.first_line + static_cast<int>(std::ranges::count(text, '\n')) - 1;
    Excerpt e{i,
              p.file,
              p.symbol,
              p.first_line,
              std::min(last, p.last_line),
              {},
              {},
              0,
              static_cast<int>(text.size() / kBytesPerToken)};
    chosen.push_back({std::move(e), std::move(text)});
  }
  return chosen;
}

}  // namespace

Result<RemoteAnswer> answer_remotely(Workspace& workspace, const Question& question, const Ranking& ranking,
                                     const AskOptions& options, TextCache& texts, const ChatEvents& events,
                                     const Cancel* cancel) {
  const auto tokens = [](std::string_view text) { return static_cast<int64_t>(text.size() / kBytesPerToken); };
  auto map = workspace.index.map(kMapTokens, tokens, {});
  if (!map) return std::unexpected(map.error());
  RemoteAnswer answer;
  std::string asked(kExcerpts);
  std::vector<Shown> chosen =
      choose(ranking, static_cast<size_t>(std::max(options.context_tokens, 0)) * kBytesPerToken, texts);
  for (const Shown& shown : chosen | std::views::reverse) {
    const Excerpt& e = shown.excerpt;
    asked += std::format("\nFile: {}, lines {}-{}{}\n{}", e.file, e.first_line, e.last_line,
                         e.symbol.empty() ? "" : ", " + e.symbol, shown.text);
  }
  asked += std::format("\nQuestion: {}\n", question.text);
  const ChatMessage transcript[] = {{.role = ChatMessage::Role::kSystem,
                                     .text = std::format("{}\n\nMap of the repository:\n{}", kRemoteSystem, *map)},
                                    {.role = ChatMessage::Role::kUser, .text = std::move(asked)}};
  auto turn = workspace.remote->reply(transcript, {}, {.max_tokens = options.max_tokens}, events, cancel);
  if (!turn) return std::unexpected(turn.error());
  if (turn->message.text.empty())
    return fail(ErrorKind::kIo,
                workspace.remote->name() + " gave no answer; a model that reasons needs more --max-tokens");
  answer.text = std::move(turn->message.text);
  answer.usage = turn->usage;
  for (Shown& shown : chosen) answer.excerpts.push_back(std::move(shown.excerpt));
  return answer;
}

}  // namespace strata::agent
