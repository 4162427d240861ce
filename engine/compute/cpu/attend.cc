// SPDX-License-Identifier: Apache-2.0
#include "engine/compute/cpu/attend.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/compute/cpu/attend_run.h"
#include "engine/compute/cpu/parallel.h"

namespace strata::cpu {
namespace {

constexpr float kLog2E = 1.44269504f;

// Keys before each block, and the number of all of them at the end.
std::vector<int> count_keys(std::span<const KvBlock> blocks) {
  std::vector<int> counts(blocks.size() + 1, 0);
  for (size_t b = 0; b < blocks.size(); ++b) counts[b + 1] = counts[b] + blocks[b].rows;
  return counts;
}

// Positions ascend, so what a query sees is a prefix of the keys.
int visible_keys(std::span<const KvBlock> blocks, std::span<const int> counts, int position) {
  const auto after = std::upper_bound(blocks.begin(), blocks.end(), position,
                                      [](int p, const KvBlock& block) { return p < block.position; });
  if (after == blocks.begin()) return 0;
  const size_t b = after - blocks.begin() - 1;
  return counts[b] + std::min(blocks[b].rows, position - blocks[b].position + 1);
}

KeySource key_source(const AttendSequence& sequence, std::span<const int> counts, const AttendShape& shape,
                     std::span<const float> k_bias, const RopeTable& table, const RopeSteps& steps, int kv_head) {
  return {sequence.blocks,
          counts.first(sequence.blocks.size()),
          counts.back(),
          shape.kv_heads,
          kv_head,
          shape.head_dim,
          k_bias.empty() ? nullptr : k_bias.data() + static_cast<size_t>(kv_head) * shape.head_dim,
          &table,
          &steps};
}

// The KV heads a sequence is of.
struct KvHeads {
  KvHeads(const AttendSequence& sequence, const AttendShape& shape)
      : first(std::max(0, sequence.kv_head)), end(sequence.kv_head < 0 ? shape.kv_heads : sequence.kv_head + 1) {}
  int first, end;
};

// Row r of a KV head's queries: query r / group, head r % group of the group. Neighbouring rows see almost the same
// keys.
struct RowOrder {
  const AttendSequence& sequence;
  const AttendShape& shape;
  int kv_head;

  int group() const { return shape.heads / shape.kv_heads; }
  int query(int row) const { return row / group(); }
  float* of(Tensor tensor, int row) const {
    return tensor.row(sequence.first_row + query(row)) +
           static_cast<size_t>(kv_head * group() + row % group()) * shape.head_dim;
  }
};

// Fills a tile with query rows [first, first + tile.rows).
void load_queries(Tensor q, const RowOrder& order, int first, std::span<const int> counts, QueryTile& tile) {
  tile.restart();
  const float factor = order.shape.scale * kLog2E;
  for (int r = 0; r < tile.rows; ++r) {
    const float* from = order.of(q, first + r);
    float* to = tile.q.data() + static_cast<size_t>(r) * tile.head_dim;
    for (int i = 0; i < tile.head_dim; ++i) to[i] = from[i] * factor;
    tile.visible[r] = visible_keys(order.sequence.blocks, counts, order.sequence.positions[order.query(first + r)]);
  }
}

int most_visible(const QueryTile& tile) { return *std::ranges::max_element(tile.visible); }

}  // namespace

void AttendEngine::attend(Tensor q, std::span<const AttendSequence> sequences, const AttendShape& shape,
                          std::span<const float> k_bias, const RopeTable& table, Tensor out) {
  steps_.follow(table);
  std::vector<const AttendSequence*> few, runs;
  for (const AttendSequence& sequence : sequences) {
    if (sequence.positions.empty()) continue;
    if (std::ssize(sequence.positions) * (shape.heads / shape.kv_heads) <= kTileRows)
      few.push_back(&sequence);
    else if (sequence.kv_head >= 0 && precision_ == Precision::kFast && shape.head_dim % 8 == 0)
      runs.push_back(&sequence);
    else
      attend_many(q, sequence, shape, k_bias, table, out);
  }
  if (!few.empty()) attend_few(q, few, shape, k_bias, table, out);
  if (!runs.empty()) attend_runs(q, runs, shape, k_bias, table, out);
}

void AttendEngine::attend_runs(Tensor q, std::span<const AttendSequence* const> sequences, const AttendShape& shape,
                               std::span<const float> k_bias, const RopeTable& table, Tensor out) {
  std::vector<std::vector<const AttendSequence*>> tasks;
  for (int kv_head = 0; kv_head < shape.kv_heads; ++kv_head) {
    size_t together = kRunsTogether;
    for (const AttendSequence* sequence : sequences) {
      if (sequence->kv_head != kv_head) continue;
      if (together == kRunsTogether) tasks.emplace_back(), together = 0;
      tasks.back().push_back(sequence);
      ++together;
    }
  }
  parallel_for(threads_, std::ssize(tasks), true, [&](int64_t task) {
    const auto& runs = tasks[static_cast<size_t>(task)];
    const float* bias =
        k_bias.empty() ? nullptr : k_bias.data() + static_cast<size_t>(runs[0]->kv_head) * shape.head_dim;
    cpu::attend_runs(q, runs, shape, bias, table, out);
  });
}

void AttendEngine::attend_many(Tensor q, const AttendSequence& sequence, const AttendShape& shape,
                               std::span<const float> k_bias, const RopeTable& table, Tensor out) {
  const std::vector<int> counts = count_keys(sequence.blocks);
  const int panels = (counts.back() + kPanelKeys - 1) / kPanelKeys;
  const size_t size = panel_size(shape.head_dim);
  if (scratch_.size() < panels * size) scratch_.resize(panels * size);
  const int rows = static_cast<int>(sequence.positions.size()) * (shape.heads / shape.kv_heads);
  // Tiles small enough to keep every thread busy, and whole blocks of six rows.
  const int tile_rows = std::clamp((rows / (4 * threads_) + 5) / 6 * 6, 12, kTileRows);
  const int tiles = (rows + tile_rows - 1) / tile_rows;
  const KvHeads heads(sequence, shape);
#pragma omp parallel num_threads(threads_) if (threads_ > 1)
  for (int kv_head = heads.first; kv_head < heads.end; ++kv_head) {
    const KeySource keys = key_source(sequence, counts, shape, k_bias, table, steps_, kv_head);
#pragma omp for schedule(static)
    for (int panel = 0; panel < panels; ++panel) make_panel(keys, panel * kPanelKeys, scratch_.data() + panel * size);

    const RowOrder order{sequence, shape, kv_head};
#pragma omp for schedule(dynamic)
    for (int turn = 0; turn < tiles; ++turn) {
      const int first = (tiles - 1 - turn) * tile_rows;  // the last queries see most keys: long tasks first
      QueryTile tile(std::min(tile_rows, rows - first), shape.head_dim);
      load_queries(q, order, first, counts, tile);
      const int visible = most_visible(tile);
      for (int panel = 0; panel * kPanelKeys < visible; ++panel)
        attend_panel(scratch_.data() + panel * size, panel * kPanelKeys, tile);
      for (int r = 0; r < tile.rows; ++r) {
        const float factor = tile.total[r] > 0 ? 1.0f / tile.total[r] : 0.0f;
        const float* sums = tile.sums.data() + r * padded_dim(shape.head_dim);
        float* to = order.of(out, first + r);
        for (int i = 0; i < shape.head_dim; ++i) to[i] = sums[i] * factor;
      }
    }
  }
}

void AttendEngine::attend_few(Tensor q, std::span<const AttendSequence* const> sequences, const AttendShape& shape,
                              std::span<const float> k_bias, const RopeTable& table, Tensor out) {
  // A task is a run of panels of one sequence, all KV heads: these share the angles and the cache lines of the keys.
  struct Task {
    int sequence, first_panel, panels;
    std::vector<QueryTile> tiles;  // by KV head, from the sequence's first
  };
  const int group = shape.heads / shape.kv_heads;
  std::vector<std::vector<int>> counts;
  int64_t all_panels = 0;
  for (const AttendSequence* sequence : sequences) {
    counts.push_back(count_keys(sequence->blocks));
    all_panels += (counts.back().back() + kPanelKeys - 1) / kPanelKeys;
  }
  // Sixteen tasks a thread end within a few hundredths of each other; less than two panels are not worth a task.
  const int run = static_cast<int>(std::max<int64_t>(2, all_panels / (16 * threads_)));
  std::vector<Task> tasks;
  for (size_t s = 0; s < sequences.size(); ++s) {
    const int panels = (counts[s].back() + kPanelKeys - 1) / kPanelKeys;
    for (int first = 0; first == 0 || first < panels; first += run)
      tasks.push_back({static_cast<int>(s), first, std::min(run, panels - first), {}});
  }

  const bool parallel = all_panels * kPanelKeys * shape.kv_heads * shape.head_dim >= kSerialElements;
  parallel_for(threads_, std::ssize(tasks), parallel, [&](int64_t t) {
    Task& task = tasks[t];
    const AttendSequence& sequence = *sequences[task.sequence];
    const std::vector<int>& before = counts[task.sequence];
    const int rows = static_cast<int>(sequence.positions.size()) * group;
    const KvHeads heads(sequence, shape);
    for (int kv_head = heads.first; kv_head < heads.end; ++kv_head) {
      task.tiles.emplace_back(rows, shape.head_dim);
      load_queries(q, {sequence, shape, kv_head}, 0, before, task.tiles.back());
    }
    const int visible = most_visible(task.tiles[0]);
    std::vector<float> panel(panel_size(shape.head_dim));
    for (int p = task.first_panel; p < task.first_panel + task.panels && p * kPanelKeys < visible; ++p) {
      for (int kv_head = heads.first; kv_head < heads.end; ++kv_head) {
        make_panel(key_source(sequence, before, shape, k_bias, table, steps_, kv_head), p * kPanelKeys, panel.data());
        attend_panel(panel.data(), p * kPanelKeys, task.tiles[kv_head - heads.first]);
      }
    }
  });

  // Tasks of one sequence stand next to each other; their softmaxes are put on the scale of the highest logit of all.
  const size_t padded = padded_dim(shape.head_dim);
  for (size_t begin = 0, end; begin < tasks.size(); begin = end) {
    end = begin + 1;
    while (end < tasks.size() && tasks[end].first_panel != 0) ++end;
    const std::span parts = std::span(tasks).subspan(begin, end - begin);
    const KvHeads heads(*sequences[parts[0].sequence], shape);
    for (int kv_head = heads.first; kv_head < heads.end; ++kv_head) {
      const RowOrder order{*sequences[parts[0].sequence], shape, kv_head};
      const int at = kv_head - heads.first;
      for (int r = 0; r < parts[0].tiles[at].rows; ++r) {
        float highest = -std::numeric_limits<float>::infinity();
        for (const Task& part : parts) highest = std::max(highest, part.tiles[at].highest[r]);
        float* to = order.of(out, r);
        std::fill_n(to, shape.head_dim, 0.0f);
        float total = 0;
        for (const Task& part : parts) {
          const QueryTile& tile = part.tiles[at];
          if (tile.total[r] == 0) continue;
          const float factor = std::exp2(tile.highest[r] - highest);
          total += tile.total[r] * factor;
          const float* sums = tile.sums.data() + r * padded;
          for (int i = 0; i < shape.head_dim; ++i) to[i] += sums[i] * factor;
        }
        if (total == 0) continue;
        for (int i = 0; i < shape.head_dim; ++i) to[i] /= total;
      }
    }
  }
}

}  // namespace strata::cpu
