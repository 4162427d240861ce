// SPDX-License-Identifier: Apache-2.0
// All changes the journal knows of one file, and what the file is for a choice of active hunks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/changes/apply.h"
#include "agent/changes/content_store.h"
#include "agent/changes/proposal.h"
#include "base/result.h"

namespace strata::agent {

// A content by its id; mode 0: no file.
struct ContentRef {
  std::string id;
  uint32_t mode = 0;
  bool operator==(const ContentRef&) const = default;
};

struct ChainHunk {
  int64_t row = 0;  // in the database
  int number = 0;
  Hunk::Kind kind = Hunk::Kind::kWhole;
  int old_first = 0, old_lines = 0, new_first = 0, new_lines = 0;
  bool active = true;
};

// One step's change of the file: its lines as they were and became, and which hunks there are between the two.
struct ChainLink {
  int64_t run = 0;
  int step = 0;
  bool by_hand = false;
  ContentRef before, after;
  std::vector<ChainHunk> hunks;  // ascending by lines
};

// Contents of the store, and those that merges have made and that are nowhere yet.
class Contents {
 public:
  explicit Contents(ContentStore store) : store_(std::move(store)) {}
  Result<MaybeFile> get(const ContentRef& ref) const;
  ContentRef name(const MaybeFile& file);          // kept in memory
  Result<ContentRef> keep(const MaybeFile& file);  // on disk

 private:
  ContentStore store_;
  std::unordered_map<std::string, std::string> made_;
};

struct ChainState {
  ContentRef content;
  // Where a merge failed: the link that did not fit, and the text with markers.
  const ChainLink* conflict = nullptr;
  std::string marked;
};
Result<ChainState> state_of(const std::vector<ChainLink>& chain, Contents& contents);

// The hunks of a change as rows: where they are between what stood in the tree and what was written. `file`: where the
// change comes from, with line numbers of the proposal's own before side.
std::vector<ChainHunk> locate_hunks(const ProposalFile& file, const FileChange& change);

}  // namespace strata::agent
