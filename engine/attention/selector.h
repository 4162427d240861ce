// SPDX-License-Identifier: Apache-2.0
// Which keys of a long context are read. Every KV head of every layer looks at the means of its blocks of 16 keys
// (KeyBlocks), takes the best of them until their estimated softmax mass is enough, and reads these blocks, the first
// tokens (attention sinks, arXiv:2309.17453) and the latest ones exactly. So a flat head reads more than a sharp one.
//
// Beyond the length the model was trained for, far keys have no true distance: they are put, in their order, between
// the sinks and the near ones, which keep theirs (as in InfLLM, arXiv:2402.04617).
#pragma once

#include "engine/attention/block_kernels.h"
#include "engine/models/key_selector.h"
#include "engine/models/model.h"

namespace strata {

// Tokens, but for `mass`. Measured on 16,384 tokens of C++ with the 0.5B (tests/bench/selection_recall.cc): what is
// read holds .98 of the exact softmax for the median query and head and .83 for the twentieth worst when decoding
// (4,368 keys of 16,376; the worst layer's twentieth .70), .99 and .89 in prefill (6,755; .80).
struct SelectorOptions {
  int dense = 6144;  // contexts up to this length are read whole
  int sinks = 64;
  int window = 256;   // before the first query of a run
  int least = 512;    // of the best blocks
  int most = 8192;    // likewise
  double mass = 0.9;  // of each query's softmax over the means
  int run = 32;       // queries that choose together
  int fine = 32768;   // of longer contexts only the best tiles of 256 tokens are looked into, this many tokens in all
};

class Selector final : public KeySelector {
 public:
  Selector(const ModelParams& params, int threads, const SelectorOptions& options = {});

  bool begin(std::span<const int> positions) override;
  int rotated(int position) const override { return position - shift_; }
  int rotated_positions() const override { return last_rotated_ + 1; }
  Result<std::vector<Run>> select(int layer, KvCache& kv, std::span<const float> k_bias, const RopeTable& table,
                                  std::span<const float> q, std::span<const int> positions) override;

  bool reads_all(int tokens) const { return tokens <= options_.dense; }
  // Rows from `tokens` on are not what they were.
  void truncate(int tokens) { blocks_.truncate(tokens); }

  struct Counters {
    int64_t runs = 0, keys = 0, of = 0;  // keys that were read, of so many that could have been
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Asked;  // the queries of a run
  void turn_angles(const RopeTable& table);
  TileAngles angles_of(int tile) const;
  std::vector<int> best_tiles(const Asked& asked, int tiles) const;
  std::vector<int> best_blocks(const Asked& asked, int window_first, int end) const;
  struct Rows {
    int first, count, position;  // within one page
  };
  std::vector<Rows> collect(const std::vector<int>& chosen, int window_first, int end) const;

  AttendShape shape_;
  int trained_;
  SelectorOptions options_;
  KeyBlocks blocks_;
  // Of the pass at hand.
  int first_ = 0, shift_ = 0, near_first_ = 0, last_rotated_ = 0, most_ = 0;
  bool turned_ = false;
  int first_near_tile_ = 0;
  std::vector<float> near_angles_, far_angles_;
  Counters counters_;
  int threads_;
};

}  // namespace strata
