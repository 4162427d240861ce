// SPDX-License-Identifier: Apache-2.0
// A running context of one model: an append-only list of tokens and their key/value rows. Tokens are computed, or
// placed from a stored segment (architecture 4.4: assembled context). Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "engine/attention/selector.h"
#include "engine/generate/sampler.h"
#include "engine/models/model.h"

namespace strata {

// Which tokens may come next.
class TokenMask {
 public:
  virtual ~TokenMask() = default;
  // Takes the logits of tokens that may not come to minus infinity.
  virtual void restrict(std::span<float> logits) = 0;
  virtual void accept(TokenId token) = 0;
};

struct GenerateOptions {
  int max_tokens = 256;
  SamplerOptions sampler;
  std::vector<std::string> stop;  // generation ends before any of these texts
  const Cancel* cancel = nullptr;
  TokenMask* mask = nullptr;
  bool speculate = true;      // guess tokens from the text itself (speculation.h): the same text, sooner
  bool control_text = false;  // control tokens inside the text are shown as they are written
  // Called with valid UTF-8 as it becomes certain. Return false to stop.
  std::function<bool(std::string_view)> on_text;
};

struct Generation {
  std::string text;
  int tokens = 0;
  int passes = 0, drafted = 0, accepted = 0;  // passes of the model; tokens guessed, and those of them that came
  enum class End { kEndOfText, kStop, kLength, kCancelled } end = End::kLength;
};

class Speculation;

struct SessionOptions {
  SelectorOptions selection;
  // Of contexts that keys are selected from, what is no longer near is rounded to int8 and kept within a budget.
  bool rounds = true;
  TierOptions tier;
};

class Session {
 public:
  explicit Session(std::shared_ptr<Model> model, const SessionOptions& options = {});

  // Computes these tokens behind what is there. On kCancelled what was appended before the call remains.
  Result<void> append(std::span<const TokenId> tokens, const Cancel* cancel = nullptr);

  // Places rows [first_row, first_row + tokens.size()) of `stored` (un-rotated, so they may stand anywhere) at the next
  // positions, without computing anything. `tokens` are the ids those rows were made from.
  Result<void> place(const KvCache& stored, int first_row, std::span<const TokenId> tokens);
  // Computes the rows [first, first + count) again, in place, now attending to everything before them. Ranges are
  // sorted.
  struct Range {
    int first, count;
  };
  Result<void> recompute(std::span<const Range> ranges, const Cancel* cancel = nullptr);

  // Drops everything from `tokens` on (back to a shared prefix).
  void truncate(int tokens);

  // Streams an answer. The last append() must have been of at least one token. The generated tokens become part of the
  // context.
  Result<Generation> generate(const GenerateOptions& options);

  // Logits behind the last computed token, [vocabulary]; empty before the first append().
  std::span<const float> logits() const { return logits_; }
  const std::vector<TokenId>& tokens() const { return tokens_; }
  const KvCache& kv() const { return kv_; }
  const Selector& selector() const { return selector_; }
  Model& model() { return *model_; }
  struct Counters {
    int64_t computed = 0, placed = 0, generated = 0, recomputed = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  // Rows computed ahead of their tokens: the logits behind the last token and behind each guessed one.
  struct Ahead {
    std::vector<TokenId> draft;
    std::vector<float> logits;
    size_t came = 0;  // of the draft
    double seconds = 0;
  };
  // Makes `token` part of the context and logits_ those behind it, with a new pass unless it was guessed right.
  Result<void> advance(TokenId token, Speculation* speculation, size_t most, Ahead& ahead, Generation& generation);
  void forget_guesses();
  Result<void> grow(int tokens);
  void round_far_rows();

  std::shared_ptr<Model> model_;
  KvCache kv_;
  Selector selector_;  // of the keys that long contexts read
  bool rounds_;
  std::vector<TokenId> tokens_;
  std::vector<float> logits_;
  Counters counters_;
};

}  // namespace strata
