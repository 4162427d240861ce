// SPDX-License-Identifier: Apache-2.0
// Segments on disk: one SQLite database per model fingerprint in the user's cache folder (snapshot_database.cc).
// A segment, its pages and its spans are written in one transaction, so a reader, or a process killed at any point,
// finds all of it or nothing. Everything is verified on load; what does not verify is deleted and reported, never used.
#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "engine/memory/segment.h"

namespace strata {

// Whose state a database holds: rows of one model are nothing to another.
struct KvIdentity {
  std::string fingerprint;
  KvLayout layout;
  std::string model;  // its name, for people
};

struct SnapshotOptions {
  std::function<void(const std::string&)> notice;
  // Of all databases in the folder together. Beyond it, put() evicts what was used longest ago.
  uint64_t limit_bytes = std::numeric_limits<uint64_t>::max();
  int wait_ms = 15'000;  // for other processes that write
};

class SnapshotStore {
 public:
  // Opens or creates the model's database in `folder`. Several processes may have it open (WAL); writers wait for one
  // another. What cannot be used costs the cache, never the use, and `notice` tells the user:
  //   a file that is no database is moved aside and a new one made;
  //   what this model read in an older format is converted first (snapshot_conversion.h), which may take minutes;
  //   a file or folder that cannot be written is read, if that is possible, and put() then fails.
  static Result<SnapshotStore> open(const std::filesystem::path& folder, const KvIdentity& identity,
                                    const SnapshotOptions& options = {});
  SnapshotStore(SnapshotStore&&) noexcept;
  SnapshotStore& operator=(SnapshotStore&&) noexcept;
  ~SnapshotStore();

  // Where this model's database is.
  static std::filesystem::path file_of(const std::filesystem::path& folder, std::string_view fingerprint);

  // This repository is open, and these are its git blobs: what was made from them counts as used now, and put() does
  // not evict it.
  void keep(std::string repository, std::unordered_set<std::string> blob_ids);

  // Writes the segment with the rows [first_row, first_row + segment.tokens.size()) of `kv`, rounded as kv_page.h says.
  // kIo when the disk is full, or the cache with what is kept, or nothing can be written at all: nothing of the segment
  // is then visible. Writing a segment that exists is not an error.
  Result<void> put(const Segment& segment, std::string_view recipe, const KvCache& kv, int first_row);

  // Without its rows: tokens, spans and embeddings. Nothing if absent or damaged (then deleted, and `notice` called).
  Result<std::optional<Segment>> find(std::string_view key);
  // As find(), every intact segment of this recipe that was made from this blob: what has been read of a file, without
  // tokenising it. One index look-up.
  Result<std::vector<Segment>> find_blob(std::string_view recipe, std::string_view blob_id);
  // Drops what was read of a blob in this way.
  Result<void> forget_blob(std::string_view recipe, std::string_view blob_id);
  // All keys present of this recipe (cheap: used to plan what is left to compute).
  Result<std::vector<std::string>> keys(std::string_view recipe);
  // Rows [first, first + count) of the segment's tokens into rows [to_row, ...) of `kv`. kDamaged if they are not there
  // or a checksum fails: the segment is then deleted, and the caller computes it again.
  Result<void> load_rows(std::string_view key, int first, int count, KvCache& kv, int to_row);

  // What retrieval heads look at of the span that begins with this token; empty if there is none. kDamaged as above.
  Result<std::vector<std::byte>> ranking_keys(std::string_view key, int first_token);
  // Puts them in the place of what stands there, if the segment does. Those that cannot be stored are made again.
  Result<void> set_ranking_keys(std::string_view key, int first_token, std::span<const std::byte> keys);

  // Small constants of a model, e.g. the mean question embedding. One that cannot be stored is computed again.
  Result<std::optional<std::vector<float>>> constant(std::string_view name);
  Result<void> set_constant(std::string_view name, std::span<const float> values);

  Result<uint64_t> bytes_on_disk() const;

 private:
  struct Impl;
  explicit SnapshotStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata
