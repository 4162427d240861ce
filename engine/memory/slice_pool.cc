// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/slice_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace strata {

namespace {

constexpr size_t kCacheLine = 64, kHugePage = size_t{2} << 20;
constexpr size_t kLeastSlices = 16;  // of a chunk: what is left over at its end is less than a sixteenth

size_t round_up(size_t value, size_t step) { return (value + step - 1) / step * step; }

}  // namespace

SlicePool::SlicePool(size_t slice_bytes)
    : stride_(round_up(slice_bytes, kCacheLine)), chunk_bytes_(round_up(kLeastSlices * stride_, kHugePage)) {}

SlicePool::Slice SlicePool::lend() {
  if (free_.empty()) {
    auto* chunk = static_cast<std::byte*>(std::aligned_alloc(kHugePage, chunk_bytes_));
    if (!chunk) throw std::bad_alloc();
    chunks_.emplace_back(chunk);
    madvise(chunk, chunk_bytes_, MADV_HUGEPAGE);  // without them it works as well
    for (size_t i = chunk_bytes_ / stride_; i-- > 0;) free_.push_back(chunk + i * stride_);
  }
  ++lent_;
  std::byte* slice = free_.back();
  free_.pop_back();
  return {slice, {this}};
}

void SlicePool::give_back(std::byte* slice) {
  free_.push_back(slice);
  if (--lent_ > 0) return;
  free_.clear();
  chunks_.clear();
}

}  // namespace strata
