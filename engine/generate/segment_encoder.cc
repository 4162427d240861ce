// SPDX-License-Identifier: Apache-2.0
#include "engine/generate/segment_encoder.h"

#include <algorithm>

namespace strata {
namespace {

// A segment on its way: rows of the head and what has been computed of it.
struct InWork {
  SegmentEncoder::Encoded encoded;
  size_t done = 0;
  size_t left() const { return encoded.segment.tokens.size() - done; }
};

}  // namespace

SegmentEncoder::SegmentEncoder(std::shared_ptr<Model> model, std::vector<TokenId> head)
    : model_(std::move(model)), head_(std::move(head)), head_kv_(model_->params().kv) {}

Result<void> SegmentEncoder::read_head(const Cancel* cancel) {
  if (head_read_) return {};
  head_kv_.resize(head_tokens());
  const SequenceInput input{
      .tokens = head_, .kv = &head_kv_, .position = 0, .positions = {}, .logits = SequenceInput::Logits::kNone};
  if (auto output = model_->forward({&input, 1}, cancel); !output) return std::unexpected(output.error());
  head_read_ = true;
  return {};
}

Result<void> SegmentEncoder::encode(std::vector<Segment> segments, const Cancel* cancel,
                                    const std::function<Result<void>(Encoded)>& done) {
  if (auto read = read_head(cancel); !read) return read;
  const int head = head_tokens(), width = model_->params().width;
  std::vector<InWork> work;
  size_t next = 0;
  while (next < segments.size() || !work.empty()) {
    // Fill the batch: what is in work first, then new segments while there is room.
    size_t room = Model::kMaxBatchRows;
    for (const InWork& w : work) room -= std::min(room, w.left());
    while (room > 0 && next < segments.size()) {
      InWork& w = work.emplace_back(InWork{{std::move(segments[next++]), KvCache(model_->params().kv)}});
      w.encoded.kv.resize(head + static_cast<int>(w.encoded.segment.tokens.size()));
      w.encoded.kv.copy_rows(head_kv_, 0, 0, head);
      for (SegmentSpan& span : w.encoded.segment.spans) span.embedding.assign(static_cast<size_t>(width), 0.0f);
      room -= std::min(room, w.left());
    }
    std::vector<SequenceInput> inputs;
    std::vector<ResidualSum> sums;
    std::vector<SegmentSpan*> summed;  // the span of each sum
    std::vector<size_t> counts;
    size_t rows = 0;
    for (InWork& w : work) {
      const size_t count = std::min(w.left(), Model::kMaxBatchRows - rows);
      counts.push_back(count);
      if (count == 0) continue;
      inputs.push_back({.tokens = std::span<const TokenId>(w.encoded.segment.tokens).subspan(w.done, count),
                        .kv = &w.encoded.kv,
                        .position = head + static_cast<int>(w.done),
                        .positions = {},
                        .logits = SequenceInput::Logits::kNone});
      for (SegmentSpan& span : w.encoded.segment.spans) {
        const int first = std::max(span.first_token, static_cast<int>(w.done));
        const int last = std::min(span.last_token, static_cast<int>(w.done + count));
        if (first >= last) continue;
        const int shift = static_cast<int>(rows) - static_cast<int>(w.done);
        sums.push_back({first + shift, last + shift, {}});
        summed.push_back(&span);
      }
      rows += count;
    }
    if (auto output = model_->forward(inputs, cancel, sums); !output) return std::unexpected(output.error());
    for (size_t i = 0; i < sums.size(); ++i) {
      const float share = 1.0f / static_cast<float>(summed[i]->last_token - summed[i]->first_token);
      for (int c = 0; c < width; ++c) summed[i]->embedding[c] += share * sums[i].sum[c];
    }
    for (size_t i = 0; i < work.size(); ++i) work[i].done += counts[i];
    for (auto w = work.begin(); w != work.end();) {
      if (w->left() > 0) {
        ++w;
        continue;
      }
      if (auto stored = done(std::move(w->encoded)); !stored) return stored;
      w = work.erase(w);
    }
  }
  return {};
}

Result<std::vector<float>> SegmentEncoder::embed(std::span<const TokenId> tokens, const Cancel* cancel) {
  // The head is read in the same pass if it has not been: a pass over the weights costs much however few tokens it is
  // for.
  const int head = head_tokens(), count = static_cast<int>(tokens.size()), known = head_read_ ? head : 0;
  KvCache kv(model_->params().kv);
  kv.resize(head + count);
  kv.copy_rows(head_kv_, 0, 0, known);
  std::vector<TokenId> unread(head_.begin() + known, head_.end());
  unread.insert(unread.end(), tokens.begin(), tokens.end());
  const SequenceInput input{
      .tokens = unread, .kv = &kv, .position = known, .positions = {}, .logits = SequenceInput::Logits::kNone};
  ResidualSum sum{head - known, head - known + count, {}};
  if (auto output = model_->forward({&input, 1}, cancel, {&sum, 1}); !output) return std::unexpected(output.error());
  if (!head_read_) {
    head_kv_.resize(head);
    head_kv_.copy_rows(kv, 0, 0, head);
    head_read_ = true;
  }
  for (float& value : sum.sum) value /= static_cast<float>(std::max(1, count));
  return std::move(sum.sum);
}

}  // namespace strata
