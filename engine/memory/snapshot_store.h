// SPDX-License-Identifier: Apache-2.0
// Segments on disk: one SQLite database per model fingerprint in the user's cache folder.
//   segment(key, blob_oid, path, part, parts, tokens, recipe, format, last_used, checksum)   visible only when complete
//   run(segment, layer, first_token, blob)    1024 tokens of one layer: f16 keys, then f16 values, with a checksum
//   span(segment, ordinal, lines, tokens, embedding)
//   ranking(segment, first_token, keys)       what retrieval heads look at, in a run of its own for every span
// A segment, its runs and its spans are written in one transaction, so a reader, or a process killed at any point,
// finds all of it or nothing. Everything is verified on load; what does not verify is deleted and reported, never used.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/memory/segment.h"

namespace strata {

class SnapshotStore {
 public:
  // Opens or creates the database. A file that is not a usable database is moved aside and a new one made: `notice`
  // then tells the user. Several processes may have it open (WAL); writers wait for one another.
  static Result<SnapshotStore> open(const std::filesystem::path& file, std::string_view model_fingerprint,
                                    const KvLayout& layout, std::function<void(const std::string&)> notice = {});
  SnapshotStore(SnapshotStore&&) noexcept;
  SnapshotStore& operator=(SnapshotStore&&) noexcept;
  ~SnapshotStore();

  // Writes the segment with the rows [first_row, first_row + segment.tokens.size()) of `kv`. kIo when the disk is full:
  // nothing of the segment is then visible. Writing a segment that exists is not an error.
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
  // Rows [first, first + count) of the segment's tokens into rows [to_row, ...) of `kv`. kDamaged if a checksum fails:
  // the segment is then deleted, and the caller computes it again.
  Result<void> load_rows(std::string_view key, int first, int count, KvCache& kv, int to_row);

  // What retrieval heads look at of the span that begins with this token; empty if there is none. kDamaged as above.
  Result<std::vector<std::byte>> ranking_keys(std::string_view key, int first_token);

  // Small constants of a model, e.g. the mean question embedding.
  Result<std::optional<std::vector<float>>> constant(std::string_view name);
  Result<void> set_constant(std::string_view name, std::span<const float> values);

  Result<uint64_t> bytes_on_disk() const;

 private:
  struct Impl;
  explicit SnapshotStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata
