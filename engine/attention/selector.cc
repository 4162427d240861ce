// SPDX-License-Identifier: Apache-2.0
#include "engine/attention/selector.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/compute/cpu/parallel.h"
#include "engine/memory/kv_page.h"

namespace strata {

namespace {

constexpr float kLog2E = 1.44269504f;
constexpr int kSamples = 8;       // queries of a run that are asked
constexpr int kOwnChoice = 8;     // of so many queries every head chooses for itself: fewer share more of their keys
constexpr int kCheckedRow = 18;   // of `check` rows: none of those that choose for an aligned run, nor at its ends
constexpr int kFirstChecks = 16;  // single queries are all checked until a layer knows so much
constexpr double kLowRecall = 0.8;

int round_up(int value, int step) { return (value + step - 1) / step * step; }

// The best items until every query has its share of its softmax; between `least` and `most`. `weights` [shares.size(),
// items], rows of sum 1. Items are taken in classes of an eighth of an octave of their sum over the queries, so nothing
// is sorted.
std::vector<int> take_best(std::span<const float> weights, std::span<const double> shares,
                           const std::vector<bool>& forced, int least, int most) {
  constexpr int kClasses = 8 * 48;  // down to 2^-40 of all
  const size_t queries = shares.size(), items = forced.size();
  std::vector<float> total(items, 0.0f), held(queries, 0.0f);
  for (size_t q = 0; q < queries; ++q) add_to(total, weights.subspan(q * items, items));
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
    if (count >= least && std::ranges::equal(held, shares, std::ranges::greater_equal{})) break;
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
  std::vector<float> queries;  // [count, head_dim], those of a head next to each other
  std::vector<double> shares;  // [count]
  bool each_head = false;      // chooses for itself
  const RopeTable* table = nullptr;
};

Selector::Selector(const ModelParams& params, int threads, const SelectorOptions& options)
    : shape_{params.heads, params.kv_heads, params.head_dim, 1.0f / std::sqrt(static_cast<float>(params.head_dim))},
      layers_(params.layers),
      trained_(params.trained_context),
      options_(options),
      blocks_(params.layers, params.kv_heads, params.head_dim),
      checks_(static_cast<size_t>(params.layers)),
      alone_(params.layers, params.heads, options.mass),
      in_runs_(params.layers, params.heads, options.mass),
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
  room_ = end;
  if (end > trained_) {
    // The pass stands at the end of what was trained, with a quarter of it before it at true distances.
    shift_ = end - trained_;
    near_first_ = round_up(std::max(first_ - trained_ / 4, shift_ + options_.sinks), kBlockTokens);
    last_rotated_ = trained_ - 1;
    room_ = std::max(near_first_ - shift_ - options_.sinks, 0);  // far keys stand in between
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
  std::vector<int> best =
      take_best(scores, std::vector<double>(asked.count, 1.0), std::vector<bool>(items), most, most);
  best.insert(best.end(), all.begin() + coarse, all.end());
  return best;
}

// Which of the blocks before `end` are read beside the sinks and what stands behind `window_first`.
std::vector<Selector::Chosen> Selector::best_blocks(const Asked& asked, int window_first, int end) const {
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
  std::vector<Chosen> best;
  if (asked.each_head) best = best_of_each_head(asked, weights, forced);
  if (best.empty() || std::ssize(best) * kBlockTokens > room_) {
    best.clear();
    for (const int item :
         take_best(weights, asked.shares, forced, options_.least / kBlockTokens, most_blocks(asked.shares)))
      best.push_back({item, 0});
  }
  for (Chosen& chosen : best) chosen.block = block_of(static_cast<size_t>(chosen.block));
  return best;
}

// At most so many blocks are read beside sinks and window for these shares.
int Selector::most_blocks(std::span<const double> shares) const {
  const bool raised = std::ranges::max(shares) > options_.mass;
  return std::min(raised ? 2 * options_.most : options_.most, room_) / kBlockTokens;
}

// What any head chose, in order, with the heads that did not.
std::vector<Selector::Chosen> Selector::best_of_each_head(const Asked& asked, std::span<const float> weights,
                                                          const std::vector<bool>& forced) const {
  const int group = shape_.heads / shape_.kv_heads;
  const size_t samples = asked.count / static_cast<size_t>(group);
  const uint32_t nobody = static_cast<uint32_t>((uint64_t{1} << group) - 1);
  std::vector<uint32_t> skip(forced.size(), nobody);
  for (int head = 0; head < group; ++head) {
    const auto shares = std::span(asked.shares).subspan(head * samples, samples);
    for (const int item : take_best(weights.subspan(head * samples * forced.size(), samples * forced.size()), shares,
                                    forced, options_.least / kBlockTokens, most_blocks(shares)))
      skip[static_cast<size_t>(item)] &= ~(uint32_t{1} << head);
  }
  std::vector<Chosen> best;
  for (size_t item = 0; item < skip.size(); ++item)
    if (skip[item] != nobody) best.push_back({static_cast<int>(item), skip[item]});
  return best;
}

// Sinks, chosen blocks and the window up to row `end`, each where it stands.
std::vector<Selector::Rows> Selector::collect(const std::vector<Chosen>& chosen, int window_first, int end) const {
  std::vector<Rows> all;
  const auto add = [&](int first, int last, int position, uint32_t skip) {
    while (first < last) {
      const int rows = std::min(last - first, kPageTokens - first % kPageTokens);
      all.push_back({first, rows, position, skip});
      first += rows;
      position += rows;
    }
  };
  add(0, std::min(options_.sinks, window_first), 0, 0);
  const auto near = std::ranges::lower_bound(chosen, near_first_ / kBlockTokens, {}, &Chosen::block);
  const int behind = static_cast<int>(near - chosen.begin());
  for (int i = 0; i < std::ssize(chosen); ++i) {
    const auto [block, skip] = chosen[static_cast<size_t>(i)];
    const int first = block * kBlockTokens;
    const int position = i < behind ? near_first_ - shift_ - (behind - i) * kBlockTokens : first - shift_;
    add(first, first + kBlockTokens, position, skip);
  }
  add(window_first, end, window_first - shift_, 0);
  return all;
}

// The first row that every query behind `before` reads.
int Selector::window_first(int before) const {
  return std::max(0, (before - options_.window) / kBlockTokens * kBlockTokens);
}

// Samples of the queries of a run.
Selector::Asked Selector::ask(int layer, const RopeTable& table, std::span<const float> q,
                              std::span<const int> positions, const Run& run) const {
  const int group = shape_.heads / shape_.kv_heads, step = std::max(1, run.count / kSamples);
  const auto dim = static_cast<size_t>(shape_.head_dim);
  Asked asked{.layer = layer, .kv_head = run.kv_head, .queries = {}, .shares = {}, .table = &table};
  asked.each_head = run.count >= kOwnChoice && group <= 32;
  const HeadShares& shares = asked.each_head ? in_runs_ : alone_;
  for (int head = run.kv_head * group; head < (run.kv_head + 1) * group; ++head)
    for (int row = run.first; row < run.first + run.count; row += step) {
      const float* from = q.data() + (static_cast<size_t>(row) * shape_.heads + head) * dim;
      asked.queries.insert(asked.queries.end(), from, from + dim);
      turn_query(std::span(asked.queries).last(dim), positions[static_cast<size_t>(row)] - first_,
                 shape_.scale * kLog2E, table);
      asked.shares.push_back(shares.share(layer, head));
    }
  asked.count = asked.shares.size();
  return asked;
}

Result<std::vector<KeySelector::Run>> Selector::select(int layer, KvCache& kv, std::span<const float> k_bias,
                                                       const RopeTable& table, std::span<const float> q,
                                                       std::span<const int> positions) {
  if (!turned_) turn_angles(table);
  if (auto known = blocks_.update(layer, kv, k_bias, table, positions.back() + 1); !known)
    return std::unexpected(known.error());
  const int rows = static_cast<int>(positions.size());
  std::vector<Run> runs;
  for (int first = 0; first < rows; first += options_.run)
    for (int kv_head = 0; kv_head < shape_.kv_heads; ++kv_head)
      runs.push_back({kv_head, first, std::min(options_.run, rows - first), {}});
  std::vector<std::vector<Chosen>> chosen(runs.size());
  cpu::parallel_for(threads_, std::ssize(runs), true, [&](int64_t number) {
    const Run& run = runs[static_cast<size_t>(number)];
    const int before = positions[static_cast<size_t>(run.first)];
    chosen[static_cast<size_t>(number)] =
        best_blocks(ask(layer, table, q, positions, run), window_first(before), before);
  });
  if (options_.check > 0 && shift_ == 0)
    for (int row = 0; row < rows; ++row)
      if (positions[static_cast<size_t>(row)] % options_.check == kCheckedRow % options_.check ||
          (rows == 1 && checks_[static_cast<size_t>(layer)] < kFirstChecks))
        if (auto done = check(layer, kv, k_bias, table, q, positions, row, runs, chosen); !done)
          return std::unexpected(done.error());

  std::vector<std::vector<Rows>> read;
  std::vector<bool> wanted(static_cast<size_t>(positions.back() / kPageTokens + 1));
  for (size_t i = 0; i < runs.size(); ++i) {
    const int before = positions[static_cast<size_t>(runs[i].first)];
    const int end = positions[static_cast<size_t>(runs[i].first + runs[i].count - 1)] + 1;
    read.push_back(collect(chosen[i], window_first(before), end));
    for (const Rows& some : read.back()) wanted[static_cast<size_t>(some.first / kPageTokens)] = true;
  }
  std::vector<int> pages;
  for (size_t page = 0; page < wanted.size(); ++page)
    if (wanted[page]) pages.push_back(static_cast<int>(page));
  if (auto fetched = kv.fetch(layer, pages); !fetched) return std::unexpected(fetched.error());
  const int group = shape_.heads / shape_.kv_heads;
  for (size_t i = 0; i < runs.size(); ++i) {
    ++counters_.runs;
    counters_.of += positions[static_cast<size_t>(runs[i].first + runs[i].count - 1)] + 1;
    int64_t of_heads = 0;
    for (const auto& [first, count, position, skip] : read[i]) {
      runs[i].blocks.push_back(kv.block(layer, first, count, position));
      runs[i].blocks.back().skip = skip;
      of_heads += count * (group - std::popcount(skip));
    }
    counters_.keys += of_heads / group;
  }
  return runs;
}

// Compares what was chosen for a row, and what it would have chosen alone, with exact attention, and lets the shares
// of the heads follow.
Result<void> Selector::check(int layer, KvCache& kv, std::span<const float> k_bias, const RopeTable& table,
                             std::span<const float> q, std::span<const int> positions, int row,
                             std::span<const Run> runs, std::span<const std::vector<Chosen>> chosen) {
  const int group = shape_.heads / shape_.kv_heads, end = positions[static_cast<size_t>(row)] + 1;
  const auto dim = static_cast<size_t>(shape_.head_dim), width = static_cast<size_t>(kv.layout().width);
  std::vector<KvBlock> pages;
  if (auto found = kv.blocks(layer, end, pages); !found) return found;
  // Queries of a head side by side, kExactQueries at a time.
  const size_t sets = (static_cast<size_t>(group) + kExactQueries - 1) / kExactQueries, set_size = dim * kExactQueries;
  std::vector<float> queries(static_cast<size_t>(shape_.kv_heads) * sets * set_size);
  for (int head = 0; head < shape_.heads; ++head) {
    const auto from = q.subspan((static_cast<size_t>(row) * shape_.heads + head) * dim, dim);
    std::vector<float> query(from.begin(), from.end());
    turn_query(query, end - 1, shape_.scale * kLog2E, table);
    const size_t of_group = static_cast<size_t>(head % group);
    float* to = queries.data() + (static_cast<size_t>(head / group) * sets + of_group / kExactQueries) * set_size;
    for (size_t i = 0; i < dim; ++i) to[i * kExactQueries + of_group % kExactQueries] = query[i];
  }
  // weights [heads, columns], whole tiles
  const auto columns = static_cast<size_t>(round_up(end, kTileBlocks));
  std::vector<float> weights(static_cast<size_t>(shape_.heads) * columns, -std::numeric_limits<float>::infinity());
  cpu::parallel_for(threads_, std::ssize(pages), true, [&](int64_t page) {
    const KvBlock& block = pages[static_cast<size_t>(page)];
    const auto rows = static_cast<size_t>(block.rows);
    std::vector<f16> decoded(block.k ? 0 : rows * width);
    if (!block.k) decode_keys(block.rounded, block.rows, width, decoded.data());
    const f16* keys = block.k ? block.k : decoded.data();
    for (size_t kv_head = 0; kv_head < static_cast<size_t>(shape_.kv_heads); ++kv_head)
      for (size_t set = 0; set < sets; ++set) {
        const size_t first = set * kExactQueries, head = kv_head * static_cast<size_t>(group) + first;
        exact_logits(keys + kv_head * dim, width, rows, k_bias.empty() ? nullptr : k_bias.data() + kv_head * dim, table,
                     static_cast<size_t>(block.position), dim, queries.data() + (kv_head * sets + set) * set_size,
                     std::min(kExactQueries, static_cast<size_t>(group) - first),
                     weights.data() + head * columns + static_cast<size_t>(block.position), columns);
      }
  });
  std::vector<double> held_alone(static_cast<size_t>(shape_.heads)), held_in_run;
  const auto run_of_row = [&](const Run& run) {
    return run.count >= kOwnChoice && run.first <= row && row < run.first + run.count;
  };
  if (std::ranges::any_of(runs, run_of_row)) held_in_run.resize(held_alone.size());
  const auto held = [&](int head, const std::vector<Chosen>& blocks, int window) {
    const auto of_head = std::span(weights).subspan(static_cast<size_t>(head) * columns, columns);
    double sum = 0;
    for (int i = 0; i < end; ++i)
      if (i < options_.sinks || i >= window) sum += of_head[static_cast<size_t>(i)];
    for (const auto& [block, skip] : blocks)
      if (!(skip >> (head % group) & 1))
        for (const float weight : of_head.subspan(static_cast<size_t>(block) * kBlockTokens, kBlockTokens))
          sum += weight;
    return sum;
  };
  cpu::parallel_for(threads_, shape_.kv_heads, true, [&](int64_t kv_head) {
    const Asked alone = ask(layer, table, q, positions, {static_cast<int>(kv_head), row, 1, {}, 0});
    const std::vector<Chosen> of_row = best_blocks(alone, window_first(end - 1), end - 1);
    for (int head = static_cast<int>(kv_head) * group; head < static_cast<int>(kv_head + 1) * group; ++head) {
      softmax2(std::span(weights).subspan(static_cast<size_t>(head) * columns, columns));
      held_alone[static_cast<size_t>(head)] = held(head, of_row, window_first(end - 1));
      for (size_t i = 0; i < runs.size(); ++i)
        if (runs[i].kv_head == kv_head && run_of_row(runs[i]))
          held_in_run[static_cast<size_t>(head)] =
              held(head, chosen[i], window_first(positions[static_cast<size_t>(runs[i].first)]));
    }
  });
  ++checks_[static_cast<size_t>(layer)];
  alone_.observe(layer, held_alone);
  if (!held_in_run.empty()) in_runs_.observe(layer, held_in_run);
  const std::vector<double>& really = held_in_run.empty() ? held_alone : held_in_run;
  counters_.checked += shape_.heads;
  counters_.low += std::ranges::count_if(really, [](double recall) { return recall < kLowRecall; });
  return {};
}

std::vector<Selector::Raised> Selector::raised() const {
  std::vector<Raised> all;
  for (int layer = 0; layer < layers_; ++layer) {
    Raised of_layer{layer, 0, options_.mass};
    for (int head = 0; head < shape_.heads; ++head) {
      if (!alone_.raised(layer, head) && !in_runs_.raised(layer, head)) continue;
      ++of_layer.heads;
      of_layer.share = std::max({of_layer.share, alone_.share(layer, head), in_runs_.share(layer, head)});
    }
    if (of_layer.heads > 0) all.push_back(of_layer);
  }
  return all;
}

}  // namespace strata
