// SPDX-License-Identifier: Apache-2.0
#include "engine/attention/retrieval_heads.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/compute/cpu/parallel.h"

namespace strata {

RetrievalHeads::RetrievalHeads(const ModelParams& params, std::vector<RetrievalHead> heads)
    : head_dim_(params.head_dim), heads_(std::move(heads)) {
  for (const RetrievalHead& head : heads_) {
    const KeyHead shared{head.layer, head.head / (params.heads / params.kv_heads)};
    const auto found = std::ranges::find(key_heads_, shared);
    key_head_of_.push_back(static_cast<size_t>(found - key_heads_.begin()));
    if (found == key_heads_.end()) key_heads_.push_back(shared);
  }
}

std::vector<HeadQueries> RetrievalHeads::wanted() const {
  std::vector<HeadQueries> wanted;
  for (const RetrievalHead& head : heads_) wanted.push_back({head.layer, head.head});
  return wanted;
}

RetrievalHeads::Queries RetrievalHeads::quantize(std::span<const HeadQueries> filled) const {
  Queries queries;
  for (const HeadQueries& head : filled) {
    Int8Rows& rows = queries.emplace_back();
    rows.columns = int8_columns(head_dim_);
    const auto width = static_cast<size_t>(head_dim_);
    for (size_t at = 0; at < head.rows.size(); at += width) rows.append(std::span(head.rows).subspan(at, width));
  }
  return queries;
}

std::vector<float> RetrievalHeads::raw_scores(const Queries& queries, const RankingKeys& keys) const {
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim_));
  std::vector<float> scores, best;
  for (size_t h = 0; h < heads_.size(); ++h) {
    best.resize(static_cast<size_t>(queries[h].rows()));
    max_dots(queries[h], keys.keys[key_head_of_[h]], best);
    float sum = 0;
    for (const float value : best) sum += value;
    scores.push_back(sum * scale / static_cast<float>(std::max<size_t>(1, best.size())));
  }
  return scores;
}

RankingKeys RetrievalHeads::keys(const KvCache& kv, int first, int last) const {
  const auto width = static_cast<size_t>(head_dim_);
  RankingKeys made;
  std::vector<float> row(width);
  for (const KeyHead& head : key_heads_) {
    Int8Rows& rows = made.keys.emplace_back();
    rows.columns = int8_columns(static_cast<int>(width));
    for (int token = first; token < last; ++token) {
      const f16* key = kv.k_row(head.layer, token) + static_cast<size_t>(head.kv_head) * width;
      for (size_t i = 0; i < width; ++i) row[i] = to_f32(key[i]);
      rows.append(row);
    }
  }
  made.popularity = raw_scores(generic_, made);
  return made;
}

std::vector<float> RetrievalHeads::score(const Queries& queries, const RankingKeys& keys) const {
  std::vector<float> scores = raw_scores(queries, keys);
  for (size_t h = 0; h < scores.size(); ++h) scores[h] -= keys.popularity[h];
  return scores;
}

std::vector<std::vector<float>> RetrievalHeads::score(std::span<const Queries> questions, const RankingKeys& keys,
                                                      int threads) const {
  std::vector<std::vector<float>> scores(questions.size());
  cpu::parallel_for(threads, std::ssize(scores), true,
                    [&](int64_t i) { scores[i] = score(questions[static_cast<size_t>(i)], keys); });
  return scores;
}

uint64_t RetrievalHeads::identity() const {
  std::vector<int> numbers;
  for (const RetrievalHead& head : heads_) numbers.insert(numbers.end(), {head.layer, head.head});
  return XXH3_64bits(numbers.data(), numbers.size() * sizeof(int));
}

// Identity of the heads, popularity [heads], then for every key head: scales [rows], values [rows, columns].
std::vector<std::byte> RetrievalHeads::pack(const RankingKeys& keys) const {
  std::vector<std::byte> bytes;
  const auto add = [&](const auto& values) {
    const auto more = std::as_bytes(std::span(values));
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  add(std::array{identity()});
  add(keys.popularity);
  for (const Int8Rows& rows : keys.keys) {
    add(rows.scales);
    add(rows.values);
  }
  return bytes;
}

RankingKeys RetrievalHeads::unpack(std::span<const std::byte> bytes) const {
  const auto columns = static_cast<size_t>(int8_columns(head_dim_));
  const size_t before = sizeof(uint64_t) + heads_.size() * sizeof(float);
  const size_t row = key_heads_.size() * (sizeof(float) + columns);
  if (bytes.size() <= before || (bytes.size() - before) % row != 0) return {};
  const size_t rows = (bytes.size() - before) / row;
  const auto take = [&](auto& to, size_t count) {
    to.resize(count);
    std::memcpy(to.data(), bytes.data(), count * sizeof to[0]);
    bytes = bytes.subspan(count * sizeof to[0]);
  };
  std::vector<uint64_t> of;
  take(of, 1);
  if (of[0] != identity()) return {};
  RankingKeys keys;
  take(keys.popularity, heads_.size());
  for (size_t i = 0; i < key_heads_.size(); ++i) {
    Int8Rows& one = keys.keys.emplace_back();
    one.columns = static_cast<int>(columns);
    take(one.scales, rows);
    take(one.values, rows * columns);
  }
  return keys;
}

}  // namespace strata
