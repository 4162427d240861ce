// SPDX-License-Identifier: Apache-2.0
// Memory for the slices of a page tier. Attention jumps from slice to slice: they begin where a cache line begins, so
// that a row of a head is one line and not parts of two, and they lie in huge pages where the system has some, so that
// an address is found without a walk (a long context has more ordinary pages than the processor remembers).
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

namespace strata {

// Slices of one size. The pool outlives what it lends.
class SlicePool {
 public:
  explicit SlicePool(size_t slice_bytes);

  struct GiveBack {
    SlicePool* pool = nullptr;
    void operator()(std::byte* slice) const { pool->give_back(slice); }
  };
  using Slice = std::unique_ptr<std::byte[], GiveBack>;
  Slice lend();

 private:
  struct Free {
    void operator()(std::byte* chunk) const { std::free(chunk); }
  };
  void give_back(std::byte* slice);

  size_t stride_, chunk_bytes_;
  std::vector<std::unique_ptr<std::byte[], Free>> chunks_;
  std::vector<std::byte*> free_;
  size_t lent_ = 0;
};

}  // namespace strata
