// SPDX-License-Identifier: Apache-2.0
// Products of every block format against its dequantised weights in f64, for decode (few rows) and prefill (many).
#include "engine/compute/cpu/matmul.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "engine/compute/cpu/machine.h"
#include "engine/compute/cpu/panel_gemm.h"

namespace strata::cpu {
namespace {

struct Format {
  BlockType type;
  std::vector<size_t> scale_offsets;  // f16 fields of a block, which must hold sane numbers
};

void PrintTo(const Format& format, std::ostream* out) { *out << block_layout(format.type).name; }

const Format kFormats[] = {
    {BlockType::kQ4_0, {0}},    {BlockType::kQ4_1, {0, 2}},   {BlockType::kQ5_0, {0}},   {BlockType::kQ5_1, {0, 2}},
    {BlockType::kQ8_0, {0}},    {BlockType::kQ2_K, {80, 82}}, {BlockType::kQ3_K, {108}}, {BlockType::kQ4_K, {0, 2}},
    {BlockType::kQ5_K, {0, 2}}, {BlockType::kQ6_K, {208}},
};

class Matmul : public testing::TestWithParam<Format> {
 protected:
  // A weight of random blocks.
  void make(int64_t rows, int64_t columns) {
    const BlockLayout layout = block_layout(GetParam().type);
    bytes_.resize(block_bytes(GetParam().type, static_cast<size_t>(rows * columns)));
    for (auto& byte : bytes_) byte = static_cast<std::byte>(random_() & 255);
    std::uniform_real_distribution<float> scale(0.001f, 0.02f);
    for (size_t block = 0; block < bytes_.size(); block += layout.bytes)
      for (const size_t offset : GetParam().scale_offsets) {
        const f16 value = to_f16(scale(random_));
        std::memcpy(bytes_.data() + block + offset, &value, sizeof value);
      }
    weight_.type = GetParam().type;
    weight_.rows = rows;
    weight_.columns = columns;
    weight_.blocks = bytes_;
    weight_.row_bytes = bytes_.size() / static_cast<size_t>(rows);
    values_.resize(static_cast<size_t>(rows * columns));
    dequantize(weight_.type, bytes_, values_);
  }

  // Relative root mean square error of the engine's products of `tokens` rows at a time, 18 or more in all, some of
  // whose columns are large, as activations' are. A single row's rounding is the same for all rows of the weight: too
  // few.
  template <typename Engine>
  double error(Engine& engine, int64_t tokens) {
    double wrong = 0, all = 0;
    for (int64_t done = 0; done < 18; done += tokens) add_errors(engine, tokens, wrong, all);
    return std::sqrt(wrong / all);
  }

  template <typename Engine>
  void add_errors(Engine& engine, int64_t tokens, double& wrong, double& all) {
    std::normal_distribution<float> normal;
    std::vector<float> x(static_cast<size_t>(tokens * weight_.columns)),
        y(static_cast<size_t>(tokens * weight_.rows), NAN);
    for (size_t i = 0; i < x.size(); ++i) x[i] = normal(random_) * (i % 97 == 0 ? 20.0f : 1.0f);
    const Product product{&weight_, {y.data(), tokens, weight_.rows}};
    engine.multiply({x.data(), tokens, weight_.columns}, {&product, 1});
    for (int64_t t = 0; t < tokens; ++t)
      for (int64_t r = 0; r < weight_.rows; ++r) {
        double exact = 0;
        for (int64_t c = 0; c < weight_.columns; ++c)
          exact += static_cast<double>(values_[r * weight_.columns + c]) * x[t * weight_.columns + c];
        wrong += std::pow(y[static_cast<size_t>(t * weight_.rows + r)] - exact, 2);
        all += exact * exact;
      }
  }

  std::mt19937 random_{5};
  std::vector<std::byte> bytes_;
  std::vector<float> values_;
  CpuWeight weight_;
};

// The outliers reach about 50, so a step of 8-bit activations is 50 / 127 and its error 0.4 / sqrt(12) = 0.11, beside a
// root mean square of 2.2: 5 %. A wrong scale, minimum or nibble is far beyond.
constexpr double kInt8Tolerance = 0.06;

TEST_P(Matmul, DecodeAndPrefillAreCloseToTheDequantisedWeight) {
  MatmulEngine fast(2, Precision::kFast);
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{128, 512}, {64, 256}, {192, 1280}, {70, 256}}) {
    make(rows, columns);
    for (const int64_t tokens : {1, 3, 4, 7, 9, 13, 18})
      EXPECT_LT(error(fast, tokens), kInt8Tolerance) << rows << " x " << columns << ", " << tokens << " tokens";
  }
}

TEST_P(Matmul, ExactMeansF32) {
  MatmulEngine exact(2, Precision::kExact);
  make(96, 512);
  for (const int64_t tokens : {1, 5}) EXPECT_LT(error(exact, tokens), 1e-5);
}

// Both factors have 8 bits of mantissa: a relative error of up to 2^-9 each, and many of them add up.
TEST_P(Matmul, Bf16PanelsAreCloseToTheDequantisedWeight) {
  if (!std::ranges::contains(machine().features, "avx512bw")) GTEST_SKIP() << "oneDNN has no bf16 here";
  PanelGemm panels(2, PanelGemm::Element::kBf16);
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{96, 512}, {70, 256}}) {
    make(rows, columns);
    for (const int64_t tokens : {1, 9, 130}) EXPECT_LT(error(panels, tokens), 1.0 / 256) << rows << ", " << tokens;
  }
}

TEST_P(Matmul, AShortLastGroupOfColumnsCounts) {
  if (block_layout(GetParam().type).elements != 32) GTEST_SKIP() << "rows of this format are whole groups";
  MatmulEngine fast(2, Precision::kFast);
  for (const int64_t columns : {32, 96, 288, 896}) {
    make(64, columns);
    for (const int64_t tokens : {2, 7, 11}) EXPECT_LT(error(fast, tokens), kInt8Tolerance) << columns;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Matmul, testing::ValuesIn(kFormats),
                         [](const auto& info) { return std::string(block_layout(info.param.type).name); });

}  // namespace
}  // namespace strata::cpu
