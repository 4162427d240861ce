// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/page_tier.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <format>

namespace strata {

PageTier::PageTier(int layers, size_t slice_bytes, TierOptions options)
    : layers_(static_cast<size_t>(layers)),
      slice_bytes_(slice_bytes),
      options_(std::move(options)),
      pool_(slice_bytes),
      last_(static_cast<size_t>(layers)) {}

PageTier::~PageTier() {
  if (file_ >= 0) close(file_);
}

void PageTier::put(int page, std::span<const std::byte> bytes) {
  drop(page);
  if (slices_.size() < index(0, page + 1)) slices_.resize(index(0, page + 1));
  ++fetches_;
  for (size_t layer = 0; layer < layers_; ++layer) {
    Slice& slice = slices_[index(static_cast<int>(layer), page)];
    slice.bytes = room();
    std::memcpy(slice.bytes.get(), bytes.data() + layer * slice_bytes_, slice_bytes_);
    slice.fetched = fetches_;
    slice.asked = true;
    ++resident_;
  }
}

void PageTier::drop(int page) {
  for (size_t i = index(0, page); i < index(0, page + 1) && i < slices_.size(); ++i) {
    if (slices_[i].bytes) --resident_;
    slices_[i] = {};
  }
}

// Memory for one more slice: of one that has to go, if the budget is used up.
SlicePool::Slice PageTier::room() {
  SlicePool::Slice freed;
  // Twice around: the first time takes second chances away.
  for (size_t passed = 0;
       !file_failed_ && (resident_ + 1) * slice_bytes_ > options_.ram_bytes && passed < 2 * slices_.size(); ++passed) {
    hand_ = hand_ + 1 < slices_.size() ? hand_ + 1 : 0;
    Slice& slice = slices_[hand_];
    if (!slice.bytes || slice.fetched == fetches_) continue;
    if (slice.asked) {
      slice.asked = false;
      continue;
    }
    if (!slice.in_file && !write(hand_)) break;
    freed = std::move(slice.bytes);
    --resident_;
  }
  return freed ? std::move(freed) : pool_.lend();
}

bool PageTier::write(size_t slice) {
  if (file_ < 0) {
    std::error_code ignored;
    const auto folder = options_.folder.empty() ? std::filesystem::temp_directory_path(ignored) : options_.folder;
    std::filesystem::create_directories(folder, ignored);
    file_ = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  }
  const auto at = static_cast<off_t>(slice * slice_bytes_);
  for (size_t done = 0; file_ >= 0 && done < slice_bytes_;) {
    const ssize_t count =
        pwrite(file_, slices_[slice].bytes.get() + done, slice_bytes_ - done, at + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<size_t>(count);
    slices_[slice].in_file = done == slice_bytes_;
  }
  file_failed_ = !slices_[slice].in_file;
  if (!file_failed_) counters_.bytes_written += static_cast<int64_t>(slice_bytes_);
  return !file_failed_;
}

Result<void> PageTier::fetch(int layer, std::span<const int> pages) {
  ++fetches_;
  std::vector<size_t> missing;
  for (const int page : pages) {
    Slice& slice = slices_[index(layer, page)];
    slice.fetched = fetches_;
    slice.asked = true;
    if (!slice.bytes) missing.push_back(index(layer, page));
  }
  counters_.hits += std::ssize(pages) - std::ssize(missing);
  counters_.misses += std::ssize(missing);
  if (!missing.empty()) {
    const auto start = std::chrono::steady_clock::now();
    // All at once for the disk, one after the other for us.
    for (const size_t i : missing)
      posix_fadvise(file_, static_cast<off_t>(i * slice_bytes_), static_cast<off_t>(slice_bytes_), POSIX_FADV_WILLNEED);
    for (const size_t i : missing) {
      auto bytes = room();
      for (size_t done = 0; done < slice_bytes_;) {
        const ssize_t count =
            pread(file_, bytes.get() + done, slice_bytes_ - done, static_cast<off_t>(i * slice_bytes_ + done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0)
          return fail(ErrorKind::kIo,
                      std::format("the part of the context that was put on disk cannot be read back ({}); ask again",
                                  count < 0 ? std::strerror(errno) : "it is shorter than it was"));
        done += static_cast<size_t>(count);
      }
      slices_[i].bytes = std::move(bytes);
      ++resident_;
    }
    counters_.bytes_read += std::ssize(missing) * static_cast<int64_t>(slice_bytes_);
    counters_.stalled_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  last_[static_cast<size_t>(layer)].assign(pages.begin(), pages.end());
  if (file_ >= 0) read_ahead((layer + 1) % static_cast<int>(layers_));
  return {};
}

// The next layer is likely to read what it read last, which the disk can look for while this one computes.
void PageTier::read_ahead(int layer) {
  for (const int page : last_[static_cast<size_t>(layer)]) {
    const size_t i = index(layer, page);
    if (i < slices_.size() && !slices_[i].bytes && slices_[i].in_file)
      posix_fadvise(file_, static_cast<off_t>(i * slice_bytes_), static_cast<off_t>(slice_bytes_), POSIX_FADV_WILLNEED);
  }
}

}  // namespace strata
