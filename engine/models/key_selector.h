// SPDX-License-Identifier: Apache-2.0
// What a model asks when a context is too long to read all of its keys for every token: which ones to read, and at
// which positions they stand. Implemented in engine/attention.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/compute/ops.h"
#include "engine/memory/kv_cache.h"

namespace strata {

class KeySelector {
 public:
  virtual ~KeySelector() = default;

  // Once for each pass of the model, before the first layer: `positions` are those of the pass's rows, ascending.
  // False: all keys are to be read.
  virtual bool begin(std::span<const int> positions) = 0;
  // Where the row at `position` stands for the rotation of its query. The same for all layers.
  virtual int rotated(int position) const = 0;
  // The positions that are rotated to are below this.
  virtual int rotated_positions() const = 0;

  // Rows [first, first + count) of those that were asked about, and the keys that one KV head reads for them.
  struct Run {
    int kv_head = 0, first = 0, count = 0;
    std::vector<KvBlock> blocks;
    size_t sequence = 0;  // of the batch, the caller's
  };
  // `q` [positions.size(), heads * head_dim]: queries before rotation, in host memory. The keys of `layer` are stored
  // up to the last position. `positions`: those of begin(), or some of them. What was chosen is valid until `kv` is
  // asked for more. kIo: it cannot be read back from disk.
  virtual Result<std::vector<Run>> select(int layer, KvCache& kv, std::span<const float> k_bias, const RopeTable& table,
                                          std::span<const float> q, std::span<const int> positions) = 0;
};

}  // namespace strata
