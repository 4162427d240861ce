// SPDX-License-Identifier: Apache-2.0
// Takes over what an earlier version of Strata had read. Format 2 kept rows as f16, in runs of 1024 tokens of a layer:
//   <fingerprint>.sqlite: segment, span, ranking and constant as in snapshot_database.cc, but for their bookkeeping,
//   and run(segment, layer, first_token, blob, checksum): keys [rows, width], then values
// Reading again takes hours, rounding again minutes, so rows are rounded as they stand (kv_page.h).
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "engine/memory/snapshot_database.h"

namespace strata::snapshot {

// The file in which an earlier version kept what this model had read; it need not exist.
std::filesystem::path older_file(const std::filesystem::path& folder, std::string_view fingerprint);

// Moves all that verifies into `to`, a segment a transaction, what was used last first; then deletes the older file. A
// process killed meanwhile loses nothing: the next call goes on. Nothing happens while an earlier version of Strata has
// the file open, while the disk has no room for both, or if it is of a yet older format: `notice` tells, and the file
// stays. Notices also tell what will be done, before it is, and how far it is every ten seconds.
void convert_older(const std::filesystem::path& folder, const KvIdentity& identity, sqlite3* to,
                   const std::filesystem::path& to_file, const std::function<void(const std::string&)>& notice);

}  // namespace strata::snapshot
