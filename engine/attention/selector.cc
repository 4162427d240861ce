// SPDX-License-Identifier: Apache-2.0
#include "engine/attention/selector.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/compute/cpu/parallel.h"

namespace strata {

namespace {

constexpr float kLog2E = 1.44269504f;
constexpr int kSamples = 8;  // queries of a run that are asked

int round_up(int value, int step) { return (value + step - 1) / step * step; }

// The best items until every query has `mass` of its softmax; between `least` and `most`. `weights` [queries, items],
// rows of sum 1. Items are taken in classes of an eighth of an octave of their sum over
// the queries, so nothing is sorted.
std::vector<int> take_best(const std::vector<float>& weights, size_t queries, size_t items,
                           const std::vector<bool>& forced, double mass, int least, int most) {
  constexpr int kClasses = 8 * 48;  // down to 2^-40 of all
  std::vector<float> total(items, 0.0f), held(queries, 0.0f);
  for (size_t q = 0; q < queries; ++q) add_to(total, std::span(weights).subspan(q * items, items));
  std::vector<int> classes(items), sizes(kClasses, 0);
  const int high = static_cast<int>(std::bit_cast<uint32_t>(512.0f) >> 20);
  for (size_t i = 0; i < items; ++i) {
    classes[i] = std::clamp(high - static_cast<int>(std::bit_cast<uint32_t>(total[i]) >> 20), 0, kClasses - 1);
    if (forced[i])
      for (size_t q = 0; q < queries; ++q) held[q] += weights[q * items + i];
    else
      ++sizes[static_cast<size_t>(classes[i])];
  }
  // What can be among the best at all is looked at again.
  int last = 0;
  for (int count = 0; last < kClasses && count < most; ++last) count += sizes[static_cast<size_t>(last)];
  std::vector<float> of_class(static_cast<size_t>(last) * queries, 0.0f);
  for (size_t i = 0; i < items; ++i) {
    if (forced[i] || classes[i] >= last) continue;
    for (size_t q = 0; q < queries; ++q)
      of_class[static_cast<size_t>(classes[i]) * queries + q] += weights[q * items + i];
  }
  int enough = 0;
  for (int count = 0; enough < last; ++enough) {
    if (count >= least && *std::ranges::min_element(held) >= mass) break;
    count += sizes[static_cast<size_t>(enough)];
    for (size_t q = 0; q < queries; ++q) held[q] += of_class[static_cast<size_t>(enough) * queries + q];
  }
  std::vector<int> best;
  for (size_t i = 0; i < items; ++i)
    if (!forced[i] && classes[i] < enough) best.push_back(static_cast<int>(i));
  if (std::ssize(best) > most) {  // the last class is too large
    std::ranges::nth_element(best, best.begin() + most, std::ranges::greater{}, [&](int i) { return total[i]; });
    best.resize(static_cast<size_t>(most));
    std::ranges::sort(best);
  }
  return best;
}

// q = rotate(q, ahead) * factor
void turn_query(std::span<float> q, int ahead, float factor, const RopeTable& table) {
  const int half = table.dim / 2;
  for (float& value : q) value *= factor;
  for (int i = 0; i < half; ++i) {
    float& a = q[static_cast<size_t>(table.interleaved ? 2 * i : i)];
    float& b = q[static_cast<size_t>(table.interleaved ? 2 * i + 1 : half + i)];
    const float c = table.cosine[static_cast<size_t>(ahead) * half + i],
                s = table.sine[static_cast<size_t>(ahead) * half + i];
    const float first = a * c - b * s;
    b = a * s + b * c;
    a = first;
  }
}

}  // namespace

// Queries in the frame of the pass's first position, scaled for a softmax of powers of two.
struct Selector::Asked {
  int layer = 0, kv_head = 0;
  size_t count = 0;
  std::vector<float> queries;  // [count, head_dim]
  const RopeTable* table = nullptr;
};

Selector::Selector(const ModelParams& params, int threads, const SelectorOptions& options)
    : shape_{params.heads, params.kv_heads, params.head_dim, 1.0f / std::sqrt(static_cast<float>(params.head_dim))},
      trained_(params.trained_context),
      options_(options),
      blocks_(params.layers, params.kv_heads, params.head_dim),
      threads_(threads) {}

bool Selector::begin(std::span<const int> positions) {
  const int end = positions.back() + 1;
  shift_ = 0;
  last_rotated_ = positions.back();
  first_ = positions.front();
  // A pass that does not fit into what was trained, with what stands before it, has no place to put far keys.
  const int least = end - first_ + options_.window + options_.sinks + 2 * kBlockTokens;
  if (end <= options_.dense || (end > trained_ && trained_ < least)) return false;
  near_first_ = 0;
  most_ = options_.most;
  if (end > trained_) {
    // The pass stands at the end of what was trained, with a quarter of it before it at true distances.
    shift_ = end - trained_;
    near_first_ = round_up(std::max(first_ - trained_ / 4, shift_ + options_.sinks), kBlockTokens);
    last_rotated_ = trained_ - 1;
    most_ = std::clamp(near_first_ - shift_ - options_.sinks, 0, most_);  // they stand in between
  }
  turned_ = false;
  return true;
}

// The blocks of a pass are turned by their distance to its first query, far ones by the same.
void Selector::turn_angles(const RopeTable& table) {
  const int half = table.dim / 2, tile_size = half * kTileBlocks;
  const auto turn = [&](int distance, int lane, float* cosine) {
    const size_t at = static_cast<size_t>(std::abs(distance)) * half;
    for (int i = 0; i < half; ++i) {
      cosine[i * kTileBlocks + lane] = table.cosine[at + i];
      cosine[tile_size + i * kTileBlocks + lane] = distance > 0 ? -table.sine[at + i] : table.sine[at + i];
    }
  };
  first_near_tile_ = near_first_ / kTileTokens;
  const int tiles = last_rotated_ + shift_ + 1 - first_near_tile_ * kTileTokens;
  near_angles_.resize(static_cast<size_t>(tiles / kTileTokens + 1) * 2 * tile_size);
  far_angles_.resize(static_cast<size_t>(2) * tile_size);
  const int furthest = first_ - near_first_;
  for (size_t tile = 0; tile < near_angles_.size() / (2 * tile_size); ++tile)
    for (int lane = 0; lane < kTileBlocks; ++lane) {
      const int block = (first_near_tile_ + static_cast<int>(tile)) * kTileTokens + lane * kBlockTokens;
      turn(std::min(first_ - block, furthest), lane, near_angles_.data() + tile * 2 * tile_size);
    }
  for (int lane = 0; lane < kTileBlocks; ++lane) turn(furthest, lane, far_angles_.data());
  turned_ = true;
}

TileAngles Selector::angles_of(int tile) const {
  const size_t half = far_angles_.size() / 2;
  const float* angles =
      tile < first_near_tile_ ? far_angles_.data() : near_angles_.data() + (tile - first_near_tile_) * 2 * half;
  return {angles, angles + half};
}

// Which of the first `tiles` tiles are looked into: the best by their coarse means, and all near ones.
std::vector<int> Selector::best_tiles(const Asked& asked, int tiles) const {
  std::vector<int> all(static_cast<size_t>(tiles));
  std::iota(all.begin(), all.end(), 0);
  const int coarse = std::min(first_near_tile_, tiles) / kTileBlocks * kTileBlocks;  // whole coarse tiles, all far
  const int wanted = options_.fine / kTileTokens;
  if (tiles <= wanted || coarse == 0) return all;
  const auto dim = static_cast<size_t>(shape_.head_dim), items = static_cast<size_t>(coarse);
  std::vector<float> scores(asked.count * items), work(dim * kTileBlocks);
  for (int tile = 0; tile < coarse / kTileBlocks; ++tile)
    score_tile(blocks_.coarse_tile(asked.layer, asked.kv_head, tile), angles_of(0), *asked.table, dim,
               asked.queries.data(), asked.count, scores.data() + tile * kTileBlocks, items, work.data());
  for (size_t q = 0; q < asked.count; ++q) softmax2(std::span(scores).subspan(q * items, items));
  const int most = std::max(kTileBlocks, wanted - (tiles - coarse));
  std::vector<int> best = take_best(scores, asked.count, items, std::vector<bool>(items), 1.0, most, most);
  best.insert(best.end(), all.begin() + coarse, all.end());
  return best;
}

// Which of the blocks before `end` are read beside the sinks and what stands behind `window_first`.
std::vector<int> Selector::best_blocks(const Asked& asked, int window_first, int end) const {
  if (end < kBlockTokens) return {};
  const std::vector<int> tiles = best_tiles(asked, (end / kBlockTokens + kTileBlocks - 1) / kTileBlocks);
  const auto dim = static_cast<size_t>(shape_.head_dim), items = tiles.size() * kTileBlocks;
  std::vector<float> weights(asked.count * items), work(dim * kTileBlocks);
  for (size_t t = 0; t < tiles.size(); ++t)
    score_tile(blocks_.tile(asked.layer, asked.kv_head, tiles[t]), angles_of(tiles[t]), *asked.table, dim,
               asked.queries.data(), asked.count, weights.data() + t * kTileBlocks, items, work.data());
  const size_t known = items - static_cast<size_t>(round_up(end / kBlockTokens, kTileBlocks) - end / kBlockTokens);
  for (size_t q = 0; q < asked.count; ++q) {
    const auto row = std::span(weights).subspan(q * items, items);
    std::ranges::fill(row.subspan(known), -std::numeric_limits<float>::infinity());  // lanes without a block yet
    softmax2(row);
  }
  const auto block_of = [&](size_t item) {
    return tiles[item / kTileBlocks] * kTileBlocks + static_cast<int>(item % kTileBlocks);
  };
  std::vector<bool> forced(items);
  for (size_t i = 0; i < items; ++i)
    forced[i] = block_of(i) * kBlockTokens < options_.sinks || block_of(i) * kBlockTokens >= window_first;
  std::vector<int> best = take_best(weights, asked.count, items, forced, options_.mass, options_.least / kBlockTokens,
                                    most_ / kBlockTokens);
  for (int& item : best) item = block_of(static_cast<size_t>(item));
  return best;
}

// Sinks, chosen blocks and the window up to row `end`, each where it stands.
std::vector<Selector::Rows> Selector::collect(const std::vector<int>& chosen, int window_first, int end) const {
  std::vector<Rows> all;
  const auto add = [&](int first, int last, int position) {
    while (first < last) {
      const int rows = std::min(last - first, kPageTokens - first % kPageTokens);
      all.push_back({first, rows, position});
      first += rows;
      position += rows;
    }
  };
  add(0, std::min(options_.sinks, window_first), 0);
  const auto near = std::ranges::lower_bound(chosen, near_first_ / kBlockTokens);
  const int behind = static_cast<int>(near - chosen.begin());
  for (int i = 0; i < std::ssize(chosen); ++i) {
    const int first = chosen[static_cast<size_t>(i)] * kBlockTokens;
    const int position = i < behind ? near_first_ - shift_ - (behind - i) * kBlockTokens : first - shift_;
    add(first, first + kBlockTokens, position);
  }
  add(window_first, end, window_first - shift_);
  return all;
}

Result<std::vector<KeySelector::Run>> Selector::select(int layer, KvCache& kv, std::span<const float> k_bias,
                                                       const RopeTable& table, std::span<const float> q,
                                                       std::span<const int> positions) {
  if (!turned_) turn_angles(table);
  if (auto known = blocks_.update(layer, kv, k_bias, table, positions.back() + 1); !known)
    return std::unexpected(known.error());
  const int rows = static_cast<int>(positions.size()), group = shape_.heads / shape_.kv_heads;
  const auto dim = static_cast<size_t>(shape_.head_dim);
  std::vector<Run> runs;
  for (int first = 0; first < rows; first += options_.run)
    for (int kv_head = 0; kv_head < shape_.kv_heads; ++kv_head)
      runs.push_back({kv_head, first, std::min(options_.run, rows - first), {}});
  std::vector<std::vector<Rows>> chosen(runs.size());
  cpu::parallel_for(threads_, std::ssize(runs), true, [&](int64_t number) {
    const Run& run = runs[static_cast<size_t>(number)];
    const int before = positions[static_cast<size_t>(run.first)];
    const int end = positions[static_cast<size_t>(run.first + run.count - 1)] + 1;
    const int window_first = std::max(0, (before - options_.window) / kBlockTokens * kBlockTokens);
    Asked asked{.layer = layer, .kv_head = run.kv_head, .queries = {}, .table = &table};
    const int step = std::max(1, run.count / kSamples);
    for (int row = run.first; row < run.first + run.count; row += step) {
      const float* from = q.data() + (static_cast<size_t>(row) * shape_.heads + run.kv_head * group) * dim;
      asked.queries.insert(asked.queries.end(), from, from + group * dim);
      const int ahead = positions[static_cast<size_t>(row)] - first_;
      for (int head = 0; head < group; ++head)
        turn_query(std::span(asked.queries).last((head + 1) * dim).first(dim), ahead, shape_.scale * kLog2E, table);
    }
    asked.count = asked.queries.size() / dim;
    chosen[static_cast<size_t>(number)] = collect(best_blocks(asked, window_first, before), window_first, end);
  });
  std::vector<bool> read(static_cast<size_t>(positions.back() / kPageTokens + 1));
  for (const auto& rows : chosen)
    for (const Rows& some : rows) read[static_cast<size_t>(some.first / kPageTokens)] = true;
  std::vector<int> pages;
  for (size_t page = 0; page < read.size(); ++page)
    if (read[page]) pages.push_back(static_cast<int>(page));
  if (auto fetched = kv.fetch(layer, pages); !fetched) return std::unexpected(fetched.error());
  for (size_t i = 0; i < runs.size(); ++i) {
    ++counters_.runs;
    counters_.of += positions[static_cast<size_t>(runs[i].first + runs[i].count - 1)] + 1;
    for (const auto& [first, count, position] : chosen[i]) {
      runs[i].blocks.push_back(kv.block(layer, first, count, position));
      counters_.keys += count;
    }
  }
  return runs;
}

}  // namespace strata
