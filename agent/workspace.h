// SPDX-License-Identifier: Apache-2.0
// An open repository: its index, the scout (the model that reads everything and ranks) and its snapshots, the answerer
// (the model that answers). All of it is used from one thread, the owner's; reading in the background is done by calling
// Ingestion::step() whenever there is nothing better to do, so a question never waits for more than one batch.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "repo-indexer/index.h"

namespace strata::agent {

// A model with its snapshots. Scout and answerer are two objects; by default they are the same one.
struct Reader {
  std::shared_ptr<Model> model;
  std::shared_ptr<SegmentEncoder> encoder;
  std::shared_ptr<SnapshotStore> snapshots;
};

// Opens the model's snapshot database and encodes its constant head.
Result<Reader> make_reader(std::shared_ptr<Model> model, std::function<void(const std::string&)> notice = {});

struct Workspace {
  repo::Index index;
  Reader scout;
  Reader answerer;
};

// Everything below works on passages of files that are already in the scout's snapshots ("read") or not.
inline constexpr std::string_view kRecipe = "scoped-1";
inline constexpr int kSegmentTokens = 8192;  // files longer than this are cut between passages

// A file as segments: "File: <path>\n" and its text, cut at passages every kSegmentTokens; keys filled in, embeddings empty.
Result<std::vector<Segment>> make_segments(const repo::Index& index, const repo::File& file, const Reader& reader);

}  // namespace strata::agent
