// SPDX-License-Identifier: Apache-2.0
// An open repository: its index, the scout (the model that reads everything and ranks) and its snapshots, the answerer
// (the model that answers). All of it is used from one thread, the owner's; reading in the background is done by
// calling Ingestion::step() whenever there is nothing better to do, so a question never waits for more than one batch.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/calibration.h"
#include "agent/chat/chat_model.h"
#include "engine/engine.h"
#include "repo-indexer/index.h"

namespace strata::agent {

// A model with its snapshots. Scout and answerer are two objects; by default they are the same one.
struct Reader {
  std::shared_ptr<Model> model;
  std::shared_ptr<SegmentEncoder> encoder;
  std::shared_ptr<SnapshotStore> snapshots;
  Calibration calibration = {};
  std::shared_ptr<RetrievalHeads> heads = {};  // none if the model was not calibrated
};

// Whose rows a database of this model's holds.
KvIdentity kv_identity(const Model& model);

// Opens the model's snapshot database and encodes its constant head.
Result<Reader> make_reader(std::shared_ptr<Model> model, std::function<void(const std::string&)> notice = {});
// With snapshots in a folder of the caller's, and nothing calibrated.
Result<Reader> make_reader(std::shared_ptr<Model> model, const std::filesystem::path& folder,
                           const SnapshotOptions& options);
void use_heads(Reader& reader, const std::vector<RetrievalHead>& heads);

// What the model makes of questions about no repository in particular: their mean embedding, which is what all
// questions have in common, and what the retrieval heads measure popularity with, once per process.
Result<std::vector<float>> question_mean(Reader& reader, const Cancel* cancel = nullptr);
Result<void> prepare_heads(Reader& reader, const Cancel* cancel = nullptr);

// Where a passage that has been read lies in the store.
struct StoredSpan {
  std::string segment;  // key
  int first_line = 0, last_line = 0;
  int first_token = 0, last_token = 0;
};

// What of the repository has been read, with the embedding of every passage: all of it in memory (3 KB a passage at
// most), because every question looks at every passage.
class ReadPassages {
 public:
  // Brings this up to the index: forgets files that changed, and finds in the store what has been read of the others.
  Result<void> refresh(const repo::Index& index, SnapshotStore& store);
  void add(const Segment& segment);

  // The stored span that holds this line of the file; nullptr if it has not been read.
  const StoredSpan* find(std::string_view path, int line) const;
  // The stored span of this very passage; nullptr if it has not been read, or as part of something else.
  const StoredSpan* find(const repo::Passage& passage) const;
  bool has_segment(std::string_view path, std::string_view key) const;
  size_t size() const { return count_; }

  struct Near {
    std::string path;
    const StoredSpan* span;
    double cosine;
  };
  // Cosine of every passage with `direction`, both centred: `direction` by the caller, passages by the repository's
  // mean. Best first, at most `limit`. Empty while too little has been read for a mean to mean anything.
  std::vector<Near> nearest(std::span<const float> direction, size_t limit) const;
  // Cosine of the passage at this line; nothing if it has not been read. The same centring as in nearest().
  std::optional<double> cosine(std::span<const float> direction, std::string_view path, int line) const;

 private:
  struct Part {
    std::vector<StoredSpan> spans;
    std::vector<f16> embeddings;  // spans.size() rows
  };
  struct Entry {
    std::string blob_id;
    std::map<int, Part> parts;
  };
  struct Centre {
    std::vector<float> mean;
    size_t count = 0;
  };
  const Centre& centre() const;
  double cosine(std::span<const float> direction, const Part& part, size_t row) const;

  std::map<std::string, Entry, std::less<>> files_;
  size_t count_ = 0;
  bool loaded_ = false;
  mutable Centre centre_;
};

struct Workspace {
  repo::Index index;
  Reader scout;  // without a model, words and names alone rank
  Reader answerer;
  std::shared_ptr<ChatModel> remote = {};  // answers instead of the answerer; then neither model need be there
  std::shared_ptr<ReadPassages> read = std::make_shared<ReadPassages>();  // by the scout
};

// Everything below works on passages of files that are already in the scout's snapshots ("read") or not.
inline constexpr std::string_view kRecipe = "scoped-4";  // a new name when passages are cut in another way
// Of a file whose secrets are masked: what an earlier version read of the same blob had them in clear.
inline constexpr std::string_view kMaskedRecipe = "scoped-4-masked-1";
inline std::string_view recipe_of(const repo::File& file) { return file.secrets > 0 ? kMaskedRecipe : kRecipe; }
inline constexpr int kSegmentTokens = 2048;  // files longer than this are cut between passages

// A file as segments: "File: <path>\n" and its text (secrets masked), cut at passages every kSegmentTokens; keys filled
// in, embeddings empty.
Result<std::vector<Segment>> make_segments(const repo::Index& index, const repo::File& file, const Reader& reader);

// The part of make_segments that knows no model: `ends` are the byte offsets at which the tokens of the text end. A
// token that straddles passages belongs to the one in which it starts. Every part begins with `path_line`.
std::vector<Segment> cut_segments(std::span<const TokenId> path_line, std::span<const TokenId> tokens,
                                  std::span<const uint32_t> ends, std::span<const repo::Passage> passages,
                                  int segment_tokens);

}  // namespace strata::agent
