// SPDX-License-Identifier: Apache-2.0
#include "agent/passage_reading.h"

namespace strata::agent {

namespace {
constexpr std::string_view kExcerptRecipe = "excerpt-1";  // a new name when its segments are made in another way
}

Result<void> read_excerpts(Workspace& workspace, std::vector<Excerpt>& excerpts, const Cancel* cancel) {
  Reader& reader = workspace.answerer;
  std::vector<Segment> missing;
  for (Excerpt& e : excerpts) {
    if (!e.segment.empty()) continue;
    auto file = workspace.index.file(e.file);
    if (!file) return std::unexpected(file.error());
    if (!*file) continue;
    Segment segment;
    segment.blob_id = (*file)->blob_id;
    segment.path = e.file;
    segment.tokens = reader.model->tokenizer().encode("File: " + e.file + "\n");
    const auto heading = static_cast<int>(segment.tokens.size());
    segment.tokens.insert(segment.tokens.end(), e.tokens.begin(), e.tokens.end());
    segment.spans.push_back({e.first_line, e.last_line, heading, static_cast<int>(segment.tokens.size()), {}});
    segment.key = segment_key(reader.model->fingerprint(), kExcerptRecipe, reader.encoder->head(), segment.tokens);
    e.segment = segment.key;
    e.first_token = heading;
    auto known = reader.snapshots->find(segment.key);
    if (!known) return std::unexpected(known.error());
    if (*known) continue;
    e.fresh = true;
    missing.push_back(std::move(segment));
  }
  if (missing.empty()) return {};
  auto files = workspace.index.files();
  if (!files) return std::unexpected(files.error());
  std::unordered_set<std::string> in_use;
  for (const repo::File& file : *files) in_use.insert(file.blob_id);
  reader.snapshots->keep(workspace.index.root().string(), std::move(in_use));
  return reader.encoder->encode(
      std::move(missing), cancel, [&](const SegmentEncoder::Encoded& encoded) -> Result<void> {
        if (auto put =
                reader.snapshots->put(encoded.segment, kExcerptRecipe, encoded.kv, reader.encoder->head_tokens());
            !put)
          for (Excerpt& e : excerpts)
            if (e.segment == encoded.segment.key) e.segment.clear();
        return {};
      });
}

}  // namespace strata::agent
