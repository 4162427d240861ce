// SPDX-License-Identifier: Apache-2.0
#include "engine/generate/segment_encoder.h"

#include <algorithm>
#include <cmath>

namespace strata {
namespace {

constexpr size_t kLogitRows = 256;  // at once: 150 MB for a vocabulary of 150,000

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

Result<std::vector<std::vector<float>>> SegmentEncoder::embed(std::span<const std::vector<TokenId>> texts,
                                                              const Cancel* cancel, std::span<HeadQueries> queries) {
  // The head is read in the same pass if it has not been and there is one text: a pass over the weights costs much
  // however few tokens it is for.
  if (texts.size() > 1)
    if (auto read = read_head(cancel); !read) return std::unexpected(read.error());
  const int head = head_tokens(), known = head_read_ ? head : 0;
  std::vector<KvCache> caches;
  std::vector<std::vector<TokenId>> unread;
  std::vector<ResidualSum> sums;
  int rows = 0;
  for (const std::vector<TokenId>& text : texts) {
    KvCache& kv = caches.emplace_back(model_->params().kv);
    kv.resize(head + static_cast<int>(text.size()));
    kv.copy_rows(head_kv_, 0, 0, known);
    std::vector<TokenId>& tokens = unread.emplace_back(head_.begin() + known, head_.end());
    tokens.insert(tokens.end(), text.begin(), text.end());
    rows += head - known + static_cast<int>(text.size());
    sums.push_back({rows - static_cast<int>(text.size()), rows, {}});
  }
  std::vector<SequenceInput> inputs;
  for (size_t i = 0; i < texts.size(); ++i)
    inputs.push_back({.tokens = unread[i],
                      .kv = &caches[i],
                      .position = known,
                      .positions = {},
                      .logits = SequenceInput::Logits::kNone});
  if (auto output = model_->forward(inputs, cancel, sums, queries); !output) return std::unexpected(output.error());
  if (!head_read_ && !texts.empty()) {
    head_kv_.resize(head);
    head_kv_.copy_rows(caches.front(), 0, 0, head);
    head_read_ = true;
    const auto of_head = static_cast<std::ptrdiff_t>(head) * model_->params().head_dim;
    for (HeadQueries& q : queries) q.rows.erase(q.rows.begin(), q.rows.begin() + of_head);
  }
  std::vector<std::vector<float>> embeddings;
  for (ResidualSum& sum : sums) {
    for (float& value : sum.sum) value /= static_cast<float>(std::max(1, sum.end - sum.begin));
    embeddings.push_back(std::move(sum.sum));
  }
  return embeddings;
}

Result<std::vector<double>> SegmentEncoder::likelihood(std::span<KvCache> contexts, std::span<const TokenId> prompt,
                                                       std::span<const TokenId> tokens, const Cancel* cancel) {
  if (auto read = read_head(cancel); !read) return std::unexpected(read.error());
  // The prompt's rows but the last say nothing about `tokens`, and neither does the last of these.
  std::vector<TokenId> all(prompt.begin(), prompt.end());
  all.insert(all.end(), tokens.begin(), tokens.end());
  all.pop_back();
  const auto vocabulary = static_cast<size_t>(model_->params().vocabulary);
  const size_t at_once = std::max<size_t>(1, kLogitRows / all.size());
  std::vector<double> likelihoods;
  for (size_t first = 0; first < contexts.size(); first += at_once) {
    std::vector<SequenceInput> inputs;
    for (KvCache& kv : contexts.subspan(first, std::min(at_once, contexts.size() - first))) {
      const int rows = kv.tokens();
      kv.copy_rows(head_kv_, 0, 0, head_tokens());
      kv.resize(rows + static_cast<int>(all.size()));
      inputs.push_back(
          {.tokens = all, .kv = &kv, .position = rows, .positions = {}, .logits = SequenceInput::Logits::kAll});
    }
    auto output = model_->forward(inputs, cancel);
    if (!output) return std::unexpected(output.error());
    for (size_t i = 0; i < inputs.size(); ++i) {
      double sum = 0;
      for (size_t t = 0; t < tokens.size(); ++t) {
        const auto row =
            std::span(output->logits).subspan((i * all.size() + prompt.size() - 1 + t) * vocabulary, vocabulary);
        const float most = std::ranges::max(row);
        double total = 0;
        for (const float logit : row) total += std::exp(logit - most);
        sum += row[static_cast<size_t>(tokens[t])] - most - std::log(total);
      }
      likelihoods.push_back(sum / static_cast<double>(tokens.size()));
    }
  }
  return likelihoods;
}

}  // namespace strata
