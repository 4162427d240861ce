// SPDX-License-Identifier: Apache-2.0
// The older pages of a long context, rounded (kv_page.h): in RAM up to a budget, what is over it in a file without a
// name. What is moved, counted and forgotten is a slice: what one layer has of a page. A pass of the model goes through
// the layers, so of each it first fetches what that layer is going to read; what was not asked for longest goes first
// (second chance). The file is written when a slice first has to go, and read ahead for the next layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/memory/slice_pool.h"

namespace strata {

struct TierOptions {
  size_t ram_bytes = std::numeric_limits<size_t>::max();
  std::filesystem::path folder = {};  // of the file; empty: where temporary files are
};

class PageTier {
 public:
  PageTier(int layers, size_t slice_bytes, TierOptions options);
  ~PageTier();
  PageTier(const PageTier&) = delete;
  PageTier& operator=(const PageTier&) = delete;

  // Takes in a page of all layers, [layers, slice_bytes], or forgets one. A page that is there is replaced.
  void put(int page, std::span<const std::byte> bytes);
  void drop(int page);

  // Brings these pages of a layer into RAM, whatever the budget. They stay there until the next call.
  Result<void> fetch(int layer, std::span<const int> pages);
  // A slice that was fetched. [slice_bytes]
  const std::byte* slice(int layer, int page) const { return slices_[index(layer, page)].bytes.get(); }

  struct Counters {
    int64_t hits = 0, misses = 0;  // slices fetched that were in RAM, or were not
    int64_t bytes_read = 0, bytes_written = 0;
    double stalled_s = 0;  // waiting for the file
  };
  const Counters& counters() const { return counters_; }
  size_t ram_bytes() const { return resident_ * slice_bytes_; }

 private:
  struct Slice {
    SlicePool::Slice bytes;  // null: in the file, or not there
    uint32_t fetched = 0;    // the number of the fetch() that last asked for it
    bool asked = false;      // since the hand last came by
    bool in_file = false;
  };
  size_t index(int layer, int page) const { return static_cast<size_t>(page) * layers_ + static_cast<size_t>(layer); }
  SlicePool::Slice room();
  bool write(size_t slice);
  void read_ahead(int layer);

  size_t layers_, slice_bytes_;
  TierOptions options_;
  int file_ = -1;
  bool file_failed_ = false;  // the disk is full or gone: everything stays in RAM
  SlicePool pool_;
  std::vector<Slice> slices_;
  std::vector<std::vector<int>> last_;  // by layer: what was fetched last
  size_t resident_ = 0, hand_ = 0;
  uint32_t fetches_ = 0;
  Counters counters_;
};

}  // namespace strata
