// SPDX-License-Identifier: Apache-2.0
// Retrieval heads: a few attention heads that look from the words of a question at the code it is about. A passage's
// score is, for every head and every token of the question, the largest un-rotated query-key product over the passage's
// tokens, averaged over the tokens, less the passage's *popularity*: the same for questions about nothing in
// particular, without which some passages win whatever is asked. Which heads retrieve is a property of the model: 15 of
// the best 16 are the same for Python and C. Keys take 1.3 KB a token of the 1.5B, a twentieth of its state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/attention/max_dots.h"
#include "engine/models/model.h"

namespace strata {

struct RetrievalHead {
  int layer = 0, head = 0;
  bool operator==(const RetrievalHead&) const = default;
};

// What is kept of a passage: keys of the key/value heads that the retrieval heads share, in their order, and
// the passage's popularity with each retrieval head.
struct RankingKeys {
  std::vector<Int8Rows> keys;
  std::vector<float> popularity;
};

class RetrievalHeads {
 public:
  // `heads` are of this model, none in its last layer.
  RetrievalHeads(const ModelParams& params, std::vector<RetrievalHead> heads);

  // What Model::forward() is to fill in for a text, and what is made of it: one matrix for each head.
  using Queries = std::vector<Int8Rows>;
  std::vector<HeadQueries> wanted() const;
  Queries quantize(std::span<const HeadQueries> filled) const;
  // What popularity is measured with: 20 to 40 questions about no repository, their tokens one behind the other.
  void set_generic_questions(Queries queries) { generic_ = std::move(queries); }
  bool ready() const { return !generic_.empty(); }

  // Of rows [first, last) of `kv`, which are not empty. The generic questions have been set.
  RankingKeys keys(const KvCache& kv, int first, int last) const;
  // Of each head, popularity taken off. [heads]
  std::vector<float> score(const Queries& queries, const RankingKeys& keys) const;
  // The same of several questions. [questions, heads]
  std::vector<std::vector<float>> score(std::span<const Queries> questions, const RankingKeys& keys, int threads) const;

  // Keys as bytes and back; an empty result if the bytes are not what pack() makes for these very heads.
  std::vector<std::byte> pack(const RankingKeys& keys) const;
  RankingKeys unpack(std::span<const std::byte> bytes) const;

 private:
  struct KeyHead {
    int layer, kv_head;
    bool operator==(const KeyHead&) const = default;
  };
  uint64_t identity() const;
  std::vector<float> raw_scores(const Queries& queries, const RankingKeys& keys) const;

  int head_dim_;
  std::vector<RetrievalHead> heads_;
  std::vector<KeyHead> key_heads_;
  std::vector<size_t> key_head_of_;  // of each head, its index in key_heads_
  Queries generic_;
};

}  // namespace strata
