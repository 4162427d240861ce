// SPDX-License-Identifier: Apache-2.0
// Against the `gguf` package, on random blocks (tests/oracle/make_dequant_fixture.py).
#include "engine/format/blocks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

namespace strata {
namespace {

TEST(Dequantize, GivesTheWeightsOfTheGgufPackageInEveryFormat) {
  std::ifstream file(STRATA_GOLDEN "/dequant.bin", std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::set<BlockType> seen;
  for (size_t at = 0; at < bytes.size();) {
    uint32_t header[3];  // type, weights, bytes of blocks
    ASSERT_LE(at + sizeof header, bytes.size());
    std::memcpy(header, &bytes[at], sizeof header);
    at += sizeof header;
    ASSERT_LE(at + header[2] + header[1] * sizeof(float), bytes.size());
    ASSERT_TRUE(block_layout(header[0])) << header[0];
    const auto type = static_cast<BlockType>(header[0]);
    ASSERT_EQ(block_bytes(type, header[1]), header[2]) << block_type_name(header[0]);
    std::vector<float> weights(header[1]), expected(header[1]);
    dequantize(type, std::as_bytes(std::span(bytes).subspan(at, header[2])), weights);
    at += header[2];
    std::memcpy(expected.data(), &bytes[at], expected.size() * sizeof(float));
    at += expected.size() * sizeof(float);
    for (size_t i = 0; i < weights.size(); ++i) {
      // Products of a scale and a minimum may round once more or once less.
      ASSERT_NEAR(weights[i], expected[i], 1e-6f * (std::abs(expected[i]) + 1e-30f))
          << block_type_name(header[0]) << " weight " << i;
    }
    seen.insert(type);
  }
  EXPECT_EQ(seen.size(), 13u);
}

TEST(BlockFormats, OthersAreRefusedByName) {
  EXPECT_FALSE(block_layout(19));
  EXPECT_EQ(block_type_name(19), "IQ1_S");
  EXPECT_FALSE(block_layout(0xffffffffu));
  EXPECT_NE(block_type_name(0xffffffffu).find("4294967295"), std::string::npos);
}

}  // namespace
}  // namespace strata
