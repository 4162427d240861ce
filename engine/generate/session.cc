// SPDX-License-Identifier: Apache-2.0
#include "engine/generate/session.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "engine/generate/speculation.h"

namespace strata {
namespace {

// How much of `text` can be shown: none of a stop text, nor a tail that may yet become one.
struct Visible {
  size_t length;
  bool stopped;
};

Visible visible_part(std::string_view text, const std::vector<std::string>& stops) {
  size_t length = text.size();
  for (const std::string& stop : stops) {
    if (stop.empty()) continue;
    if (const size_t at = text.find(stop); at != std::string_view::npos) return {at, true};
    for (size_t held = std::min(stop.size() - 1, text.size()); held > 0; --held)
      if (text.ends_with(std::string_view(stop).substr(0, held))) {
        length = std::min(length, text.size() - held);
        break;
      }
  }
  return {length, false};
}

// The first page and the latest ones, which every query reads, stay as they are.
constexpr int kFirstRows = kPageTokens, kLatestRows = 4 * kPageTokens;

}  // namespace

Session::Session(std::shared_ptr<Model> model, const SessionOptions& options)
    : model_(std::move(model)),
      kv_(model_->params().kv, options.tier),
      selector_(model_->params(), model_->threads(), options.selection),
      rounds_(options.rounds) {}

// Rows up to `tokens` that can be written to.
Result<void> Session::grow(int tokens) {
  kv_.resize(tokens);
  return kv_.unround(static_cast<int>(tokens_.size()), tokens);
}

void Session::round_far_rows() {
  const int tokens = static_cast<int>(tokens_.size());
  if (rounds_ && !selector_.reads_all(tokens)) kv_.round(kFirstRows, tokens - kLatestRows);
}

Result<void> Session::append(std::span<const TokenId> tokens, const Cancel* cancel) {
  const int before = static_cast<int>(tokens_.size());
  for (size_t first = 0; first < tokens.size(); first += Model::kMaxBatchRows) {
    const auto chunk = tokens.subspan(first, std::min<size_t>(Model::kMaxBatchRows, tokens.size() - first));
    const bool last = first + chunk.size() == tokens.size();
    const int position = before + static_cast<int>(first);
    if (auto room = grow(position + static_cast<int>(chunk.size())); !room) return room;
    const SequenceInput input{.tokens = chunk,
                              .kv = &kv_,
                              .position = position,
                              .positions = {},
                              .selector = &selector_,
                              .logits = last ? SequenceInput::Logits::kLast : SequenceInput::Logits::kNone};
    auto output = model_->forward({&input, 1}, cancel);
    if (!output) {
      tokens_.resize(static_cast<size_t>(before));
      forget_guesses();
      return std::unexpected(output.error());
    }
    if (last) logits_ = std::move(output->logits);
    tokens_.insert(tokens_.end(), chunk.begin(), chunk.end());
    round_far_rows();
  }
  counters_.computed += static_cast<int64_t>(tokens.size());
  return {};
}

Result<void> Session::place(const KvCache& stored, int first_row, std::span<const TokenId> tokens) {
  const int at = static_cast<int>(tokens_.size()), count = static_cast<int>(tokens.size());
  if (auto room = grow(at + count); !room) return room;
  kv_.copy_rows(stored, first_row, at, count);
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  logits_.clear();  // they belong to another place
  counters_.placed += count;
  round_far_rows();
  return {};
}

Result<void> Session::recompute(std::span<const Range> ranges, const Cancel* cancel) {
  std::vector<TokenId> tokens;
  std::vector<int> positions;
  for (const Range& range : ranges) {
    for (int i = range.first; i < range.first + range.count; ++i) {
      tokens.push_back(tokens_[static_cast<size_t>(i)]);
      positions.push_back(i);
    }
    if (auto done = kv_.unround(range.first, range.first + range.count); !done) return done;
  }
  for (size_t first = 0; first < tokens.size(); first += Model::kMaxBatchRows) {
    const size_t count = std::min<size_t>(Model::kMaxBatchRows, tokens.size() - first);
    const SequenceInput input{.tokens = std::span<const TokenId>(tokens).subspan(first, count),
                              .kv = &kv_,
                              .position = 0,
                              .positions = std::span<const int>(positions).subspan(first, count),
                              .logits = SequenceInput::Logits::kNone};
    if (auto output = model_->forward({&input, 1}, cancel); !output) return std::unexpected(output.error());
  }
  if (!ranges.empty()) selector_.truncate(ranges.front().first);
  counters_.recomputed += static_cast<int64_t>(tokens.size());
  round_far_rows();
  return {};
}

void Session::truncate(int tokens) {
  tokens_.resize(std::min(tokens_.size(), static_cast<size_t>(tokens)));
  kv_.truncate(tokens);
  selector_.truncate(tokens);
  logits_.clear();
}

// Rows behind the last token.
void Session::forget_guesses() {
  if (kv_.tokens() == static_cast<int>(tokens_.size())) return;
  kv_.truncate(static_cast<int>(tokens_.size()));
  selector_.truncate(static_cast<int>(tokens_.size()));
}

// Whatever the guesses were, every token is sampled from the logits behind the tokens before it.
Result<void> Session::advance(TokenId token, Speculation* speculation, size_t most, Ahead& ahead,
                              Generation& generation) {
  const auto vocabulary = static_cast<size_t>(model_->params().vocabulary);
  const auto logits_of = [&](size_t row) {
    logits_.assign(ahead.logits.begin() + static_cast<std::ptrdiff_t>(row * vocabulary),
                   ahead.logits.begin() + static_cast<std::ptrdiff_t>((row + 1) * vocabulary));
  };
  if (ahead.came < ahead.draft.size() && ahead.draft[ahead.came] == token) {
    tokens_.push_back(token);
    logits_of(++ahead.came);
    ++generation.accepted;
    return {};
  }
  if (speculation && ahead.seconds > 0) speculation->passed(ahead.draft.size(), ahead.came, ahead.seconds);
  forget_guesses();
  ahead = {};
  // Where keys are selected, rows of a pass select together: other ones than each would alone.
  if (speculation && selector_.reads_all(static_cast<int>(tokens_.size() + 1 + Speculation::kMostDrafted)))
    ahead.draft = speculation->draft(most);
  std::vector<TokenId> rows{token};
  rows.insert(rows.end(), ahead.draft.begin(), ahead.draft.end());
  if (auto room = grow(static_cast<int>(tokens_.size() + rows.size())); !room) return room;
  const SequenceInput input{.tokens = rows,
                            .kv = &kv_,
                            .position = static_cast<int>(tokens_.size()),
                            .positions = {},
                            .selector = &selector_,
                            .logits = SequenceInput::Logits::kAll};
  const auto start = std::chrono::steady_clock::now();
  auto output = model_->forward({&input, 1}, nullptr);
  if (!output) {
    forget_guesses();
    return std::unexpected(output.error());
  }
  ahead.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ahead.logits = std::move(output->logits);
  generation.drafted += static_cast<int>(ahead.draft.size());
  ++generation.passes;
  tokens_.push_back(token);
  logits_of(0);
  round_far_rows();
  return {};
}

Result<Generation> Session::generate(const GenerateOptions& options) {
  Generation generation;
  if (logits_.empty()) return fail(ErrorKind::kInvalid, "there is no text to continue");
  Sampler sampler(options.sampler);
  Detokenizer detokenizer(model_->tokenizer(), options.control_text);
  std::string text;  // everything generated; the first `shown` bytes have been handed over
  size_t shown = 0;
  bool wanted = true;
  const auto show = [&](size_t length) {
    if (length > shown && options.on_text && wanted)
      wanted = options.on_text(std::string_view(text).substr(shown, length - shown));
    shown = std::max(shown, length);
  };
  std::optional<Speculation> speculation;
  if (options.speculate) speculation.emplace(tokens_);
  Ahead ahead;
  while (generation.tokens < options.max_tokens) {
    if (options.cancel && options.cancel->requested()) {
      generation.end = Generation::End::kCancelled;
      break;
    }
    if (options.mask) options.mask->restrict(logits_);
    const TokenId token = sampler.sample(logits_, tokens_);
    if (model_->tokenizer().is_end_of_generation(token)) {
      generation.end = Generation::End::kEndOfText;
      break;
    }
    if (options.mask) options.mask->accept(token);
    text += detokenizer.push(token);
    ++generation.tokens;
    const Visible visible = visible_part(text, options.stop);
    show(visible.length);
    const bool ends = visible.stopped || !wanted || generation.tokens == options.max_tokens;
    if (speculation) speculation->push(token);
    // The token becomes part of the context even if it is the last, so that a conversation can go on behind it.
    if (auto done = advance(token, speculation && !ends ? &*speculation : nullptr,
                            static_cast<size_t>(options.max_tokens - generation.tokens), ahead, generation);
        !done)
      return std::unexpected(done.error());
    if (visible.stopped || !wanted) {
      generation.end = wanted ? Generation::End::kStop : Generation::End::kCancelled;
      text.resize(visible.length);
      break;
    }
  }
  forget_guesses();
  if (generation.end != Generation::End::kStop) {
    text += detokenizer.finish();
    show(text.size());
  }
  generation.text = std::move(text);
  counters_.generated += generation.tokens;
  return generation;
}

}  // namespace strata
