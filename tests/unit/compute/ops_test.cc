// SPDX-License-Identifier: Apache-2.0
// The CPU's operations against reference/ on random shapes, once for every instruction set this machine has (products
// have a test of their own). Errors are measured in units of f32 rounding: u = 2^-24.
#include "engine/compute/ops.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <set>

#include "engine/compute/cpu/machine.h"

namespace strata {
namespace {

constexpr double kRounding = 0x1p-24;

std::vector<float> random_floats(size_t n, std::mt19937& random, float scale = 1.0f) {
  std::normal_distribution<float> normal(0.0f, scale);
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

std::vector<f16> random_halves(size_t n, std::mt19937& random, float scale = 1.0f) {
  std::vector<f16> halves;
  for (float value : random_floats(n, random, scale)) halves.push_back(to_f16(value));
  return halves;
}

RopeTable rope_table(int dim, int positions, bool interleaved) {
  RopeTable table;
  table.dim = dim;
  table.interleaved = interleaved;
  for (int position = 0; position < positions; ++position) {
    for (int i = 0; i < dim / 2; ++i) {
      const double angle = position * std::pow(10000.0, -2.0 * i / dim);
      table.cosine.push_back(static_cast<float>(std::cos(angle)));
      table.sine.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  return table;
}

// A view of rows in ordinary memory, `offset` floats behind its start, so that no vector is aligned.
struct Rows {
  Rows(std::vector<float> values, int64_t rows, int64_t columns, int offset = 1) : memory(std::move(values)) {
    memory.insert(memory.begin(), offset, 0.0f);
    tensor = {memory.data() + offset, rows, columns};
  }
  Rows(const Rows& other)
      : Rows({other.tensor.data, other.tensor.data + other.tensor.size()}, other.tensor.rows, other.tensor.columns) {}
  float operator[](int64_t i) const { return tensor.data[i]; }
  std::vector<float> memory;
  Tensor tensor;
};

// Parameter: a Highway target.
class CpuOpsTest : public testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { hwy::SetSupportedTargetsForTest(GetParam()); }
  void TearDown() override { hwy::SetSupportedTargetsForTest(0); }

  std::unique_ptr<Ops> cpu_ = make_cpu_ops({.threads = 3, .precision = Precision::kExact});
  std::unique_ptr<Ops> reference_ = make_reference_ops();
  std::mt19937 random_{7};
};

std::vector<int64_t> targets_here() {
  std::vector<int64_t> targets;
  for (int64_t target : {HWY_SSE2, HWY_AVX2, HWY_AVX3, HWY_AVX3_DL})
    if (hwy::SupportedTargets() & target) targets.push_back(target);
  if (targets.empty()) targets.push_back(hwy::SupportedTargets());
  return targets;
}

INSTANTIATE_TEST_SUITE_P(Targets, CpuOpsTest, testing::ValuesIn(targets_here()),
                         [](const auto& info) { return std::string(hwy::TargetName(info.param)); });

constexpr int kLengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 65, 130, 576, 897};

TEST_P(CpuOpsTest, RmsNormOfAnyLength) {
  for (int n : kLengths) {
    const auto weight = random_floats(n, random_);
    for (float scale : {0.0f, 1e-6f, 1.0f, 1e6f}) {
      Rows expected(random_floats(5 * n, random_, scale), 5, n), actual(expected);
      reference_->rms_norm(expected.tensor, weight, 1e-6f, expected.tensor);
      cpu_->rms_norm(actual.tensor, weight, 1e-6f, actual.tensor);
      // The sum of n squares has a relative error below n u even if added one by one; the rest is a few roundings.
      for (int64_t i = 0; i < 5 * n; ++i)
        ASSERT_NEAR(actual[i], expected[i], (n + 8) * kRounding * std::abs(expected[i])) << n << " scale " << scale;
    }
  }
}

TEST_P(CpuOpsTest, RmsNormNormsEachHeadOnItsOwn) {
  const auto weight = random_floats(24, random_);
  Rows expected(random_floats(4 * 72, random_), 4, 72), actual(expected);
  std::fill_n(expected.tensor.data, 24, 100.0f);
  std::fill_n(actual.tensor.data, 24, 100.0f);
  reference_->rms_norm(expected.tensor, weight, 1e-6f, expected.tensor);
  cpu_->rms_norm(actual.tensor, weight, 1e-6f, actual.tensor);
  for (int64_t i = 0; i < 4 * 72; ++i) ASSERT_NEAR(actual[i], expected[i], 32 * kRounding * std::abs(expected[i]));
}

TEST_P(CpuOpsTest, AddAndBiasAreExact) {
  for (int n : kLengths) {
    // 40 rows of the longest are enough work for several threads.
    Rows expected(random_floats(40 * n, random_), 40, n), actual(expected);
    Rows y(random_floats(40 * n, random_), 40, n);
    const auto bias = random_floats(n, random_);
    for (Ops* ops : {reference_.get(), cpu_.get()}) {
      Rows& x = ops == cpu_.get() ? actual : expected;
      ops->add(x.tensor, y.tensor);
      ops->add_bias(x.tensor, bias);
    }
    for (int64_t i = 0; i < 40 * n; ++i) ASSERT_EQ(actual[i], expected[i]) << n;
  }
}

TEST_P(CpuOpsTest, SiluMultiplyFromDeepNegativeToHuge) {
  for (int n : kLengths) {
    auto values = random_floats(40 * n, random_, 10.0f);
    const float extremes[] = {0.0f, -0.0f, -80.0f, -1000.0f, 1000.0f, 1e30f, -1e30f};
    for (size_t i = 0; i < values.size() && i < std::size(extremes); ++i) values[i] = extremes[i];
    Rows expected(values, 40, n), actual(expected);
    Rows up(random_floats(40 * n, random_), 40, n);
    reference_->silu_multiply(expected.tensor, up.tensor);
    cpu_->silu_multiply(actual.tensor, up.tensor);
    for (int64_t i = 0; i < 40 * n; ++i) {
      // exp(-g) = 2^(-g log2 e): the exponent's rounding, at most |g| 1.5 u, becomes a relative error. Where silu is
      // below 1e-30 (g < -75) only its smallness matters.
      const double g = std::abs(values[i]);
      ASSERT_NEAR(actual[i], expected[i], (8 + 3 * std::min(g, 100.0)) * kRounding * std::abs(expected[i]) + 1e-30)
          << "silu(" << values[i] << ") * " << up[i];
    }
  }
}

TEST_P(CpuOpsTest, StoreRowsRoundsToNearestEven) {
  for (int n : kLengths) {
    auto values = random_floats(40 * n, random_);
    const float special[] = {1.0f + 0x1p-11f, 1.0f + 0x3p-11f, 65504.0f, 1e6f, -1e6f, 0x1p-24f, 0x1p-26f, -0.0f};
    for (size_t i = 0; i < values.size() && i < std::size(special); ++i) values[i] = special[i];
    Rows x(values, 40, n);
    std::vector<f16> stored(40 * n);
    std::vector<f16*> rows;
    for (int t = 0; t < 40; ++t) rows.push_back(stored.data() + (39 - t) * n);
    cpu_->store_rows(x.tensor, rows);
    for (int t = 0; t < 40; ++t)
      for (int c = 0; c < n; ++c)
        ASSERT_EQ(std::bit_cast<uint16_t>(rows[t][c]), std::bit_cast<uint16_t>(to_f16(x[t * n + c]))) << x[t * n + c];
  }
}

TEST_P(CpuOpsTest, RopeInBothStylesAndOfPartOfAHead) {
  for (int head_dim : {8, 24, 64, 80, 128}) {
    for (int dim : {head_dim, head_dim / 2, 4}) {
      for (bool interleaved : {false, true}) {
        const RopeTable table = rope_table(dim, 300, interleaved);
        const std::vector<int> positions = {0, 1, 299, 17, 5};
        Rows expected(random_floats(5 * 3 * head_dim, random_), 5, 3 * head_dim), actual(expected);
        const Rows before(expected);
        reference_->rope(expected.tensor, positions, head_dim, table);
        cpu_->rope(actual.tensor, positions, head_dim, table);
        // Two products and a sum of numbers below 5.
        for (int64_t i = 0; i < expected.tensor.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 20 * kRounding);
        for (int c = dim; c < head_dim; ++c) ASSERT_EQ(actual[c], before[c]) << "beyond the rotated part";
      }
    }
  }
}

TEST_P(CpuOpsTest, SumRowsAddsToWhatIsThere) {
  for (int n : kLengths) {
    Rows x(random_floats(60 * n, random_), 60, n);
    const auto start = random_floats(3 * n, random_);
    std::vector<float> expected = start, actual = start;
    for (auto& [ops, sums] : {std::pair{reference_.get(), &expected}, std::pair{cpu_.get(), &actual}}) {
      const Ops::RowRange ranges[] = {{0, 1, sums->data()}, {1, 60, sums->data() + n}, {20, 20, sums->data() + 2 * n}};
      ops->sum_rows(x.tensor, ranges);
    }
    for (int c = 0; c < 3 * n; ++c) ASSERT_NEAR(actual[c], expected[c], 60 * 60 * 5 * kRounding) << n;
    for (int c = 2 * n; c < 3 * n; ++c) ASSERT_EQ(actual[c], start[c]) << "an empty range adds nothing";
  }
}

TEST_P(CpuOpsTest, AllocatesAlignedMemoryOfAnySize) {
  std::set<float*> seen;
  for (int rows : {0, 1, 3, 100}) {
    Tensor tensor = cpu_->allocate(rows, 7);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data) % 64, 0u);
    EXPECT_TRUE(seen.insert(tensor.data).second);
    const auto values = random_floats(tensor.size(), random_);
    cpu_->upload(values, tensor);
    std::vector<float> back(values.size());
    cpu_->download(tensor, back);
    EXPECT_EQ(back, values);
  }
}

// Attention. A case is a shape and sequences; a sequence is keys in blocks and queries at positions.
struct SequenceCase {
  struct Block {
    int position, rows;
  };
  std::vector<Block> blocks;
  std::vector<int> positions;
};

std::vector<int> range(int begin, int end) {
  std::vector<int> values;
  for (int i = begin; i < end; ++i) values.push_back(i);
  return values;
}

std::vector<SequenceCase::Block> contiguous(int keys) {
  std::vector<SequenceCase::Block> blocks;
  for (int position = 0; position < keys; position += 64) blocks.push_back({position, std::min(64, keys - position)});
  return blocks;
}

struct AttendCase {
  AttendShape shape{.heads = 6, .kv_heads = 2, .head_dim = 64, .scale = 0.125f};
  std::vector<SequenceCase> sequences;
  int rope_dim = 64;
  bool interleaved = false;
  bool bias = true;
  float key_scale = 1.0f;
  bool rounded = false;  // every other block
};

class AttendTest : public CpuOpsTest {
 protected:
  // Any bytes will do.
  void round(KvBlock& block, size_t width) {
    const size_t size = block.rows * width;
    auto& bytes = rounded_.emplace_back();
    std::uniform_int_distribution<int> any(-127, 127);
    for (size_t i = 0; i < 2 * size; ++i) bytes.push_back(static_cast<int8_t>(any(random_)));
    auto& scales = scales_.emplace_back(random_halves(width + block.rows, random_, 1.0f / 127));
    block.k = block.v = nullptr;
    block.rounded = {bytes.data(), bytes.data() + size, scales.data(), scales.data() + width};
  }

  void expect_equal(const AttendCase& c) {
    const size_t width = static_cast<size_t>(c.shape.kv_heads) * c.shape.head_dim;
    std::vector<std::vector<f16>> memory;  // keys and values of each block; a block must not move
    std::vector<std::vector<KvBlock>> blocks;
    std::vector<AttendSequence> sequences;
    int rows = 0, positions = 1;
    for (const SequenceCase& s : c.sequences) {
      auto& list = blocks.emplace_back();
      for (const auto& block : s.blocks) {
        const auto& k = memory.emplace_back(random_halves(block.rows * width, random_, c.key_scale));
        const f16* keys = k.data();
        const auto& v = memory.emplace_back(random_halves(block.rows * width, random_));
        list.push_back({keys, v.data(), block.rows, block.position});
        if (c.rounded && list.size() % 2 == 0) round(list.back(), width);
        positions = std::max(positions, block.position + block.rows);
      }
      for (int position : s.positions) positions = std::max(positions, position + 1);
      rows += 1;  // a row between sequences that nobody owns
      sequences.push_back({rows, s.positions, {}});
      rows += static_cast<int>(s.positions.size());
    }
    for (size_t s = 0; s < sequences.size(); ++s) sequences[s].blocks = blocks[s];
    const RopeTable table = rope_table(c.rope_dim, positions, c.interleaved);
    const auto bias = c.bias ? random_floats(width, random_) : std::vector<float>();
    const int64_t columns = static_cast<int64_t>(c.shape.heads) * c.shape.head_dim;
    Rows q(random_floats(rows * columns, random_), rows, columns);
    Rows expected(std::vector<float>(rows * columns, 42.0f), rows, columns), actual(expected);
    reference_->attend(q.tensor, sequences, c.shape, bias, table, expected.tensor);
    cpu_->attend(q.tensor, sequences, c.shape, bias, table, actual.tensor);
    // A logit is a sum of head_dim products, added one by one: an error of head_dim u times the sum of their
    // magnitudes, which is below scale |q| |k| ~ scale head_dim key_scale * 2 here (bias included; errors are random,
    // so the square root of head_dim terms counts). It multiplies the weights; values stay below 5, their sum adds a
    // few u.
    const double magnitude = c.shape.scale * c.shape.head_dim * (c.key_scale + 1.0) * 2;
    const double tolerance = 5 * kRounding * (magnitude * std::sqrt(c.shape.head_dim) + 32);
    for (int64_t i = 0; i < rows * columns; ++i)
      ASSERT_NEAR(actual[i], expected[i], tolerance) << "row " << i / columns << " column " << i % columns;
  }

 private:
  std::vector<std::vector<int8_t>> rounded_;
  std::vector<std::vector<f16>> scales_;
};

INSTANTIATE_TEST_SUITE_P(Targets, AttendTest, testing::ValuesIn(targets_here()),
                         [](const auto& info) { return std::string(hwy::TargetName(info.param)); });

TEST_P(AttendTest, PrefillOfEveryLengthAroundAPanel) {
  for (int n : {1, 2, 15, 16, 17, 63, 64, 65, 127, 128, 129, 200}) {
    SCOPED_TRACE(n);
    expect_equal({.sequences = {{contiguous(n), range(0, n)}}});
  }
}

TEST_P(AttendTest, BlocksMayBeRounded) {
  for (int head_dim : {40, 64, 128}) {
    SCOPED_TRACE(head_dim);
    expect_equal({.shape = {6, 2, head_dim, 1.0f / std::sqrt(static_cast<float>(head_dim))},
                  .sequences = {{contiguous(300), range(250, 300)}, {contiguous(200), {199}}},
                  .rope_dim = head_dim,
                  .rounded = true});
  }
}

TEST_P(AttendTest, DecodeAtEveryDepthAroundAPanel) {
  for (int n : {1, 2, 63, 64, 65, 255, 256, 257, 1000, 1537}) {
    SCOPED_TRACE(n);
    expect_equal({.sequences = {{contiguous(n), {n - 1}}}});
  }
}

TEST_P(AttendTest, HeadsOfAnyWidthAndRatio) {
  for (int head_dim : {8, 32, 40, 64, 72, 80, 96, 128, 256}) {
    for (auto [heads, kv_heads] : {std::pair{1, 1}, {3, 3}, {7, 1}, {14, 2}, {9, 3}}) {
      SCOPED_TRACE(std::to_string(head_dim) + " x " + std::to_string(heads) + "/" + std::to_string(kv_heads));
      expect_equal({.shape = {heads, kv_heads, head_dim, 1.0f / std::sqrt(static_cast<float>(head_dim))},
                    .sequences = {{contiguous(70), range(10, 70)}, {contiguous(70), {69}}},
                    .rope_dim = head_dim});
    }
  }
}

TEST_P(AttendTest, BothRotationsWholeAndPartialWithAndWithoutBias) {
  for (int rope_dim : {64, 32, 8}) {
    for (bool interleaved : {false, true}) {
      for (bool bias : {false, true}) {
        SCOPED_TRACE(rope_dim);
        expect_equal({.sequences = {{contiguous(100), range(30, 100)}, {contiguous(100), {99}}},
                      .rope_dim = rope_dim,
                      .interleaved = interleaved,
                      .bias = bias});
      }
    }
  }
}

TEST_P(AttendTest, SequencesDoNotSeeEachOther) {
  expect_equal({.sequences = {{contiguous(90), range(0, 90)},
                              {contiguous(5), range(3, 5)},
                              {contiguous(300), range(200, 300)},
                              {contiguous(1), {0}},
                              {contiguous(700), {699}}}});
}

TEST_P(AttendTest, BlocksWithFewRowsAndGapsBetweenThem) {
  const std::vector<SequenceCase::Block> blocks = {{0, 3},   {10, 64},   {74, 0},   {80, 1},
                                                   {90, 17}, {1000, 64}, {1064, 40}};
  expect_equal({.sequences = {{blocks, range(990, 1104)}, {blocks, {1103}}, {blocks, {85, 95, 1500}}}});
}

TEST_P(AttendTest, ReEncodedQueriesSeeWhatStandsBeforeThemOnly) {
  std::vector<int> positions = range(128, 144);
  for (int position : range(300, 316)) positions.push_back(position);
  expect_equal({.sequences = {{contiguous(512), positions}}});
  expect_equal({.sequences = {{contiguous(512), range(128, 136)}}});
}

TEST_P(AttendTest, QueriesBeforeAllKeysGiveZeros) {
  expect_equal({.sequences = {{{{50, 64}}, range(40, 60)}, {{{50, 64}}, {3}}, {{}, {3}}, {{}, range(0, 30)}}});
}

TEST_P(AttendTest, HugeLogitsStayFinite) {
  expect_equal({.sequences = {{contiguous(150), range(0, 150)}, {contiguous(500), {499}}}, .key_scale = 300.0f});
  expect_equal({.sequences = {{contiguous(150), range(0, 150)}, {contiguous(500), {499}}}, .key_scale = 0.0f});
}

TEST_P(AttendTest, RandomCases) {
  for (int round = 0; round < 25; ++round) {
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); };
    AttendCase c;
    c.shape.kv_heads = pick(1, 4);
    c.shape.heads = c.shape.kv_heads * pick(1, 5);
    c.shape.head_dim = 8 * pick(1, 12);
    c.rope_dim = 2 * pick(1, c.shape.head_dim / 2);
    c.interleaved = pick(0, 1);
    for (int s = pick(1, 3); s > 0; --s) {
      SequenceCase sequence;
      int position = pick(0, 5);
      for (int b = pick(1, 6); b > 0; --b) {
        sequence.blocks.push_back({position, pick(1, 64)});
        position += sequence.blocks.back().rows + pick(0, 1) * pick(0, 9);
      }
      for (int p = pick(0, 40); p < position; p += pick(1, 4)) sequence.positions.push_back(p);
      c.sequences.push_back(std::move(sequence));
    }
    SCOPED_TRACE(round);
    expect_equal(c);
  }
}

// Runs of queries that read what the heads of one KV head chose, in the fast arithmetic: every head against the
// reference over just its own blocks. Weights are rounded to a 4095th of the largest and values to a 2047th, so a sum
// of values below 5 is off by a few thousandths.
class AttendRunsTest : public AttendTest {
 protected:
  struct Case {
    AttendShape shape;
    int run, runs;  // queries of a run, runs of each KV head
    int block = 16;
    bool rounded = false;
  };

  void expect_near(const Case& c) {
    const auto fast = make_cpu_ops({.threads = 3, .precision = Precision::kFast});
    const size_t width = static_cast<size_t>(c.shape.kv_heads) * c.shape.head_dim;
    const int group = c.shape.heads / c.shape.kv_heads, far = 700, rows = c.run * c.runs;
    std::vector<std::vector<f16>> memory;
    std::vector<KvBlock> blocks;  // of all there is
    for (int position = 0; position < far + rows; position += c.block) {
      const int count = std::min(c.block, far + rows - position);
      const auto& k = memory.emplace_back(random_halves(count * width, random_));
      const f16* keys = k.data();
      const auto& v = memory.emplace_back(random_halves(count * width, random_));
      blocks.push_back({keys, v.data(), count, position, {}});
      if (c.rounded && blocks.size() % 2 == 0) round(blocks.back(), width);
    }
    std::vector<int> positions = range(far, far + rows);
    std::vector<std::vector<KvBlock>> read;
    std::vector<AttendSequence> sequences;
    std::uniform_int_distribution<uint32_t> any(0, (1u << group) - 1);
    for (int run = 0; run < c.runs; ++run)
      for (int kv_head = 0; kv_head < c.shape.kv_heads; ++kv_head) {
        auto& list = read.emplace_back();
        for (const KvBlock& block : blocks) {
          if (block.position >= far + (run + 1) * c.run || any(random_) % 4 == 0) continue;
          list.push_back(block);
          if (block.position > 0 && block.position + block.rows <= far) list.back().skip = any(random_);
        }
        sequences.push_back({run * c.run, std::span(positions).subspan(run * c.run, c.run), {}, kv_head});
      }
    for (size_t s = 0; s < sequences.size(); ++s) sequences[s].blocks = read[s];
    const RopeTable table = rope_table(c.shape.head_dim, far + rows, false);
    const auto bias = random_floats(width, random_);
    const int64_t columns = static_cast<int64_t>(c.shape.heads) * c.shape.head_dim;
    Rows q(random_floats(rows * columns, random_), rows, columns);
    Rows expected(std::vector<float>(rows * columns), rows, columns), actual(expected);
    fast->attend(q.tensor, sequences, c.shape, bias, table, actual.tensor);
    for (int head = 0; head < group; ++head) {
      std::vector<std::vector<KvBlock>> own(read.size());
      std::vector<AttendSequence> of_head = sequences;
      for (size_t s = 0; s < read.size(); ++s) {
        for (const KvBlock& block : read[s])
          if (!(block.skip >> head & 1)) own[s].push_back(block);
        of_head[s].blocks = own[s];
      }
      reference_->attend(q.tensor, of_head, c.shape, bias, table, expected.tensor);
      for (int64_t row = 0; row < rows; ++row)
        for (int at = head; at < c.shape.heads; at += group)
          for (int i = at * c.shape.head_dim; i < (at + 1) * c.shape.head_dim; ++i)
            ASSERT_NEAR(actual.tensor.row(row)[i], expected.tensor.row(row)[i], 5e-3)
                << "head " << at << " row " << row;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Targets, AttendRunsTest, testing::ValuesIn(targets_here()),
                         [](const auto& info) { return std::string(hwy::TargetName(info.param)); });

TEST_P(AttendRunsTest, EveryHeadReadsWhatItChose) {
  constexpr AttendShape kShape{.heads = 14, .kv_heads = 2, .head_dim = 64, .scale = 0.125f};
  for (const auto& [run, runs] : {std::pair(32, 6), {32, 1}, {9, 2}, {19, 5}}) {
    SCOPED_TRACE(run);
    for (const bool rounded : {false, true})
      expect_near({.shape = kShape, .run = run, .runs = runs, .rounded = rounded});
  }
}

TEST_P(AttendRunsTest, HeadsOfAnyWidthAndBlocksOfAnyLength) {
  for (const int dim : {8, 24, 80, 128})
    for (const int block : {5, 16, 64}) {
      SCOPED_TRACE(dim);
      expect_near({.shape = {.heads = 6, .kv_heads = 2, .head_dim = dim, .scale = 0.2f},
                   .run = 32,
                   .runs = 2,
                   .block = block,
                   .rounded = block == 5});
    }
}

TEST(Machine, KnowsWhatTheProcessMayUse) {
  const cpu::Machine& machine = cpu::machine();
  EXPECT_GE(machine.cores, 1);
  EXPECT_FALSE(machine.cpu_name.empty());
  EXPECT_GT(machine.memory_bytes, uint64_t{64} << 20);
  EXPECT_EQ(std::ranges::count(machine.features, "avx2"), (hwy::SupportedTargets() & HWY_AVX2) ? 1 : 0);
}

}  // namespace
}  // namespace strata
