// SPDX-License-Identifier: Apache-2.0
// Encodes segments, several at once: each attends to the constant head and to itself (recipe "scoped").
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/cancel.h"
#include "engine/memory/segment.h"
#include "engine/models/model.h"

namespace strata {

class SegmentEncoder {
 public:
  // The head is computed once, with the first work. Its rows are [0, head.size()) of every segment's cache.
  SegmentEncoder(std::shared_ptr<Model> model, std::vector<TokenId> head);

  // A segment's rows start at head_tokens() of `kv`, in token order.
  struct Encoded {
    Segment segment;
    KvCache kv;
  };
  int head_tokens() const { return static_cast<int>(head_.size()); }
  std::span<const TokenId> head() const { return head_; }

  // Fills each segment's span embeddings and key/value rows. Long segments are run in chunks, short ones are batched:
  // at most Model::kMaxBatchRows rows at a time. Each finished one is handed to `done`, in any order; an error from it
  // ends the work. kCancelled between layers; segments already handed over stay done.
  Result<void> encode(std::vector<Segment> segments, const Cancel* cancel,
                      const std::function<Result<void>(Encoded)>& done);

  // Mean residual at the embedding layer over the tokens of each text, computed behind the head: a question's side of
  // the ranking. `queries`, if given, get the rows of all texts, one behind the other.
  Result<std::vector<std::vector<float>>> embed(std::span<const std::vector<TokenId>> texts,
                                                const Cancel* cancel = nullptr, std::span<HeadQueries> queries = {});

  // Mean log P(token | the head, these rows, `prompt`) over `tokens`, for each of `contexts`: key/value rows that stand
  // behind the head's, which are filled in. So much would each of them lead one to say `tokens`.
  Result<std::vector<double>> likelihood(std::span<KvCache> contexts, std::span<const TokenId> prompt,
                                         std::span<const TokenId> tokens, const Cancel* cancel = nullptr);

 private:
  Result<void> read_head(const Cancel* cancel);

  std::shared_ptr<Model> model_;
  std::vector<TokenId> head_;
  KvCache head_kv_;
  bool head_read_ = false;
};

}  // namespace strata
