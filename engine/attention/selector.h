// SPDX-License-Identifier: Apache-2.0
// Which keys of a long context are read. Every KV head of every layer looks at the means of its blocks of 16 keys
// (KeyBlocks), takes the best of them until their estimated softmax mass is enough, and reads these blocks, the first
// tokens (attention sinks, arXiv:2309.17453) and the latest ones exactly. So a flat head reads more than a sharp one.
// Now and then a query is compared with exact attention, and heads that miss too much of it read more from then on
// (HeadShares). That depends on nothing but the passes a context was made of, so what is read stays reproducible.
//
// Beyond the length the model was trained for, far keys have no true distance: they are put, in their order, between
// the sinks and the near ones, which keep theirs (as in InfLLM, arXiv:2402.04617).
#pragma once

#include "engine/attention/block_kernels.h"
#include "engine/attention/head_shares.h"
#include "engine/models/key_selector.h"
#include "engine/models/model.h"

namespace strata {

// Tokens, but for `mass`. Measured on 16,384 tokens of C++ with the 0.5B (tests/bench/selection_recall.cc): what is
// read holds .99 of the exact softmax for the median query and head and .91 for the twentieth worst, both in prefill
// (4,113 keys of 16,112 for a head) and decoding (4,988); in the worst layer the median is .97 and the twentieth .84.
struct SelectorOptions {
  int dense = 6144;  // contexts up to this length are read whole
  int sinks = 64;
  int window = 256;   // before the first query of a run
  int least = 512;    // of the best blocks
  int most = 8192;    // likewise; twice that for a head that is to read more
  double mass = 0.9;  // of each query's softmax over the means, at first
  int run = 32;       // queries that choose together
  int fine = 32768;   // of longer contexts only the best tiles of 256 tokens are looked into, this many tokens in all
  int check = 256;    // one query of so many is compared with exact attention; 0: none
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
    int64_t checked = 0, low = 0;        // queries of a head; those that held less than .8 of exact attention
  };
  const Counters& counters() const { return counters_; }
  // Layers with heads that missed too much and read more now: how many, and the largest share any of them is given.
  struct Raised {
    int layer, heads;
    double share;
  };
  std::vector<Raised> raised() const;

 private:
  struct Asked;  // the queries of a run
  struct Chosen {
    int block;
    uint32_t skip;  // see KvBlock
  };
  struct Rows {
    int first, count, position;  // within one page
    uint32_t skip;
  };
  void turn_angles(const RopeTable& table);
  TileAngles angles_of(int tile) const;
  Asked ask(int layer, const RopeTable& table, std::span<const float> q, std::span<const int> positions,
            const Run& run) const;
  int window_first(int before) const;
  std::vector<int> best_tiles(const Asked& asked, int tiles) const;
  std::vector<Chosen> best_blocks(const Asked& asked, int window_first, int end) const;
  std::vector<Chosen> best_of_each_head(const Asked& asked, std::span<const float> weights,
                                        const std::vector<bool>& forced) const;
  int most_blocks(std::span<const double> shares) const;
  std::vector<Rows> collect(const std::vector<Chosen>& chosen, int window_first, int end) const;
  Result<void> check(int layer, KvCache& kv, std::span<const float> k_bias, const RopeTable& table,
                     std::span<const float> q, std::span<const int> positions, int row, std::span<const Run> runs,
                     std::span<const std::vector<Chosen>> chosen);

  AttendShape shape_;
  int layers_, trained_;
  SelectorOptions options_;
  KeyBlocks blocks_;
  // Of the pass at hand.
  int first_ = 0, shift_ = 0, near_first_ = 0, last_rotated_ = 0, room_ = 0;
  bool turned_ = false;
  int first_near_tile_ = 0;
  std::vector<float> near_angles_, far_angles_;
  std::vector<int> checks_;     // of each layer
  HeadShares alone_, in_runs_;  // of heads that choose together for one query, and each on its own for a run
  Counters counters_;
  int threads_;
};

}  // namespace strata
