// SPDX-License-Identifier: Apache-2.0
// Care of the folder of snapshot databases: what is in it, keeping it within its limit, checking it, taking it along.
// All of it may run beside processes that use the databases; what they miss afterwards they compute again.
// A segment is of a git blob, not of a repository: clones, branches and forks share what was read. It counts as the
// repository's that used it last.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/cancel.h"
#include "engine/memory/snapshot_store.h"

namespace strata {

using BlobIds = std::unordered_set<std::string>;
// Called now and then with how much is done of what; bytes or segments.
using CareProgress = std::function<void(uint64_t done, uint64_t total)>;

// What a repository used last.
struct StoredRepository {
  std::string root;                                 // empty: imported or converted, and not opened since
  int64_t segments = 0, tokens = 0, last_used = 0;  // last_used: seconds since 1970, exact to an hour
  uint64_t bytes = 0;
};

struct SnapshotFile {
  std::filesystem::path file;
  KvIdentity identity;
  uint64_t bytes_on_disk = 0;
  std::vector<StoredRepository> repositories;  // what was used last first
  std::string problem;                         // why nothing is known of it: damaged, of another format, locked
};
// Every database in the folder, and what was left of damaged ones.
Result<std::vector<SnapshotFile>> list_snapshots(const std::filesystem::path& folder);

// Bytes of all files in the folder but `except` and its companions.
uint64_t folder_bytes(const std::filesystem::path& folder, const std::filesystem::path& except = {});

// 50 GB, or a quarter of what the disk has free and the folder holds, if that is less.
uint64_t default_cache_limit(const std::filesystem::path& folder);

struct Freed {
  int64_t segments = 0;
  uint64_t bytes = 0;
};
struct EvictOptions {
  BlobIds kept = {};                   // nothing that was made from these goes
  std::filesystem::path growing = {};  // a database that fills its free space again: it is not given back
  std::function<void(const std::string&)> notice = {};
  CareProgress progress = {};
  const Cancel* cancel = nullptr;
};
// Removes what was used longest ago, a repository after the other, until at most `target` bytes are in use. Remains of
// damaged databases and databases of older formats go first, and `notice` is told of each before it does.
Result<Freed> evict(const std::filesystem::path& folder, uint64_t target, const EvictOptions& options = {});

// Removes what this repository used last, or all there is, and gives the space back.
Result<Freed> clear_snapshots(const std::filesystem::path& file, const std::optional<std::string>& repository,
                              const CareProgress& progress = {}, const Cancel* cancel = nullptr);
// Deletes what is damaged or of an older format.
Result<Freed> clear_leftovers(const std::filesystem::path& folder);

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
// Writes the segments of these (recipe, blob) pairs, of which there are some, into one new file. It appears under its
// name when it is complete, whatever happens before. Damaged segments are left out and counted.
struct RecipeAndBlob {
  std::string recipe, blob_id;
};
Result<Transferred> export_snapshots(const std::filesystem::path& file, const std::vector<RecipeAndBlob>& wanted,
                                     const std::filesystem::path& to, const CareProgress& progress = {},
                                     const Cancel* cancel = nullptr);
// Takes over what an exported file holds, a segment at a time, each verified; room is made as evict() does.
// kUnsupported, before anything is taken, if it is of another model or format, or larger than the limit. Checksums find
// accidents, not intent: import what comes from people you trust.
Result<Transferred> import_snapshots(const std::filesystem::path& from, const std::filesystem::path& folder,
                                     const KvIdentity& expected, uint64_t limit_bytes,
                                     const CareProgress& progress = {}, const Cancel* cancel = nullptr);

}  // namespace strata
