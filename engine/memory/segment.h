// SPDX-License-Identifier: Apache-2.0
// A segment: a piece of a file encoded on its own behind a short constant head (architecture 4.4, recipe "scoped"),
// with the embeddings of the spans in it. Content-addressed: the key hashes the model, the recipe and the token ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/memory/kv_cache.h"
#include "engine/text/tokenizer.h"

namespace strata {

// A part of a segment that is ranked and placed on its own: a symbol, or a stretch of lines between symbols.
struct SegmentSpan {
  int first_line = 0, last_line = 0;         // 1-based, inclusive, in the file
  int first_token = 0, last_token = 0;       // [first, last) within the segment's tokens, head excluded
  std::vector<float> embedding;              // mean residual of the model's embedding layer over the span's tokens
  std::vector<std::byte> ranking_keys = {};  // RetrievalHeads::pack(); stored with the segment, not found with it
};

struct Segment {
  std::string key;              // 32 hex digits, see segment_key()
  std::string blob_id;          // git blob id of the file (hex)
  std::string path;             // where the file stood when it was read
  int part = 0, parts = 1;      // long files are cut at span boundaries
  std::vector<TokenId> tokens;  // head excluded: the path line, then the text
  std::vector<SegmentSpan> spans;
};

// Hash of model fingerprint, key/value format, recipe (its name and the head's tokens) and token ids; 32 hex digits.
std::string segment_key(std::string_view model_fingerprint, std::string_view recipe, std::span<const TokenId> head,
                        std::span<const TokenId> tokens);

}  // namespace strata
