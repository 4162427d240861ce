// SPDX-License-Identifier: Apache-2.0
// Care of the folder of snapshot databases: what is in it, keeping it within its limit, checking it, taking it along.
// All of it may run beside processes that use the databases; what they miss afterwards they compute again.
// A segment knows the git blob it was made from, not the repository: clones, branches and forks share what was read.
// So a repository's segments are those of the blobs in its index, and callers name repositories by their blobs.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/cancel.h"
#include "engine/memory/snapshot_store.h"

namespace strata {

using BlobIds = std::unordered_set<std::string>;
// Called now and then with how much is done of what; bytes or segments.
using CareProgress = std::function<void(uint64_t done, uint64_t total)>;

// What was made from one blob.
struct StoredBlob {
  std::string blob_id;
  int64_t segments = 0, tokens = 0, last_used = 0;  // last_used: seconds since 1970, exact to a day
  uint64_t bytes = 0;
};

struct SnapshotFile {
  std::filesystem::path file;
  KvIdentity identity;
  uint64_t bytes_on_disk = 0;
  std::vector<StoredBlob> blobs;
  std::string problem;  // why nothing is known of it: damaged, of another format, locked
};
// Every database in the folder, and what was left of damaged ones.
Result<std::vector<SnapshotFile>> list_snapshots(const std::filesystem::path& folder);

// Bytes of all files in the folder but `except` and its companions.
uint64_t folder_bytes(const std::filesystem::path& folder, const std::filesystem::path& except = {});

// 20 GB, or a tenth of what the disk has free and the folder holds, if that is less.
uint64_t default_cache_limit(const std::filesystem::path& folder);

struct Freed {
  int64_t segments = 0;
  uint64_t bytes = 0;
};
// Removes what was used longest ago until at most `target` bytes are in use, but nothing of the blobs `kept`; remains
// of damaged databases and of older formats go first. Space is given back except in `growing`, which will fill it
// again.
Result<Freed> evict(const std::filesystem::path& folder, uint64_t target, const BlobIds& kept,
                    const std::filesystem::path& growing = {}, const CareProgress& progress = {},
                    const Cancel* cancel = nullptr);

// Removes what was made from the blobs for which `chosen` holds, and gives the space back.
Result<Freed> clear_snapshots(const std::filesystem::path& file, const std::function<bool(const std::string&)>& chosen,
                              const CareProgress& progress = {}, const Cancel* cancel = nullptr);

struct Verified {
  int64_t segments = 0, damaged = 0;
  uint64_t bytes = 0;
  std::vector<std::string> damaged_paths;
};
// Reads everything and drops what does not verify. kDamaged if the database itself is broken: it is moved aside when it
// is next used.
Result<Verified> verify_snapshots(const std::filesystem::path& file, const CareProgress& progress = {},
                                  const Cancel* cancel = nullptr);

struct Transferred {
  int64_t segments = 0, present = 0, tokens = 0, damaged = 0;  // present: were there already
};
// Writes the segments of these (recipe, blob) pairs into one new file. It appears under its name when it is complete,
// whatever happens before. Damaged segments are left out and counted.
struct RecipeAndBlob {
  std::string recipe, blob_id;
};
Result<Transferred> export_snapshots(const std::filesystem::path& file, const std::vector<RecipeAndBlob>& wanted,
                                     const std::filesystem::path& to, const CareProgress& progress = {},
                                     const Cancel* cancel = nullptr);
// Takes over what an exported file holds, a segment at a time, each verified. kUnsupported, before anything is taken,
// if it is of another model or format. Checksums find accidents, not intent: import what comes from people you trust.
Result<Transferred> import_snapshots(const std::filesystem::path& from, const std::filesystem::path& folder,
                                     const KvIdentity& expected, const CareProgress& progress = {},
                                     const Cancel* cancel = nullptr);

}  // namespace strata
