// SPDX-License-Identifier: Apache-2.0
#include "engine/format/gguf.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>

namespace strata {
namespace {

namespace fs = std::filesystem;

class Gguf : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (fs::temp_directory_path() / "strata-gguf-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Result<GgufFile> open(std::string_view bytes) const {
    std::ofstream(file(), std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return GgufFile::open(file());
  }
  fs::path file() const { return folder_ / "model.gguf"; }
  fs::path folder_;
};

// A GGUF file in the making.
struct Bytes {
  std::string data;
  template <typename T>
  Bytes& number(T value) {
    data.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Bytes& text(std::string_view value) {
    number<uint64_t>(value.size());
    data += value;
    return *this;
  }
  Bytes& align() {
    data.resize((data.size() + 31) / 32 * 32);
    return *this;
  }
};

Bytes header(uint64_t tensors, uint64_t entries, uint32_t version = 3) {
  Bytes bytes;
  bytes.data = "GGUF";
  return bytes.number(version).number(tensors).number(entries);
}

Bytes& tensor(Bytes& bytes, std::string_view name, std::vector<uint64_t> shape, uint32_t type, uint64_t offset) {
  bytes.text(name).number<uint32_t>(static_cast<uint32_t>(shape.size()));
  for (const uint64_t extent : shape) bytes.number(extent);
  return bytes.number(type).number(offset);
}

// One f32 tensor "w" of two rows of four.
std::string small_file() {
  Bytes bytes = header(1, 1);
  bytes.text("answer").number<uint32_t>(4).number<uint32_t>(42);
  tensor(bytes, "w", {4, 2}, 0, 0).align();
  for (int i = 0; i < 8; ++i) bytes.number(static_cast<float>(i));
  return bytes.data;
}

TEST_F(Gguf, GivesMetadataAndTensors) {
  const auto model = open(small_file());
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->integer("answer"), 42);
  EXPECT_FALSE(model->string("answer"));
  const GgufTensor* weight = model->find("w");
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(weight->columns(), 4u);
  EXPECT_EQ(weight->rows(), 2u);
  float last = 0;
  ASSERT_EQ(weight->data.size(), 32u);
  std::memcpy(&last, weight->data.data() + 28, sizeof last);
  EXPECT_EQ(last, 7);
  EXPECT_TRUE(model->tensor("w", {4, 2}));
  EXPECT_FALSE(model->tensor("w", {2, 4}));
}

TEST_F(Gguf, EveryTruncationIsRefused) {
  const std::string whole = small_file();
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto model = open(whole.substr(0, size));
    ASSERT_FALSE(model) << size;
    EXPECT_TRUE(model.error().message.starts_with(file().string())) << model.error().message;
  }
}

TEST_F(Gguf, ImpossibleClaimsAreRefused) {
  const auto refused = [&](const Bytes& bytes, ErrorKind kind) {
    const auto model = open(bytes.data);
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().kind, kind) << model.error().message;
  };
  const auto with_tensor = [](std::vector<uint64_t> shape, uint32_t type, uint64_t offset) {
    Bytes bytes = header(1, 0);
    tensor(bytes, "w", std::move(shape), type, offset).align().data.resize(4096);
    return bytes;
  };
  refused(header(0, 0, 2), ErrorKind::kUnsupported);
  refused(header(0, 0, 0x03000000), ErrorKind::kUnsupported);  // big-endian
  refused(header(~0ull, 0), ErrorKind::kDamaged);
  refused(header(0, ~0ull), ErrorKind::kDamaged);
  refused(header(0, 1).number<uint64_t>(~0ull), ErrorKind::kDamaged);  // key's length
  refused(header(0, 1).text("k").number<uint32_t>(13).number<uint64_t>(0),
          ErrorKind::kDamaged);  // no such kind of value
  refused(header(0, 1).text("k").number<uint32_t>(9).number<uint32_t>(4).number<uint64_t>(1ull << 62),
          ErrorKind::kDamaged);
  refused(header(0, 1).text("k").number<uint32_t>(9).number<uint32_t>(9).number<uint64_t>(1),
          ErrorKind::kDamaged);  // array of arrays
  refused(
      header(0, 2).text("k").number<uint32_t>(7).number<uint8_t>(1).text("k").number<uint32_t>(7).number<uint8_t>(1),
      ErrorKind::kDamaged);
  refused(with_tensor({4, 2}, 0, 1ull << 40), ErrorKind::kDamaged);  // beyond the end
  refused(with_tensor({4, 2}, 0, ~0ull - 31), ErrorKind::kDamaged);  // wraps around
  refused(with_tensor({4, 2}, 0, 4), ErrorKind::kDamaged);           // not aligned
  refused(with_tensor({1ull << 40, 1ull << 40}, 0, 0), ErrorKind::kDamaged);
  refused(with_tensor({0, 2}, 0, 0), ErrorKind::kDamaged);
  refused(with_tensor({100}, 12, 0), ErrorKind::kDamaged);  // not whole Q4_K blocks
  refused(with_tensor({1, 1, 1, 1, 1}, 0, 0), ErrorKind::kDamaged);
  refused(with_tensor({256}, 19, 0), ErrorKind::kUnsupported);
}

TEST_F(Gguf, NamesInMessagesArePrintable) {
  Bytes bytes = header(1, 0);
  tensor(bytes, "w\x1b[31m\n", {256}, 19, 0).align();
  const auto model = open(bytes.data);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().message.find_first_of("\x1b\n"), std::string::npos);
}

TEST_F(Gguf, WhatIsNoFileIsRefused) {
  EXPECT_EQ(GgufFile::open(folder_ / "none.gguf").error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(GgufFile::open(folder_));
  ASSERT_EQ(mkfifo((folder_ / "pipe.gguf").c_str(), 0600), 0);
  EXPECT_FALSE(GgufFile::open(folder_ / "pipe.gguf"));
}

// A real header with bytes changed at random: opened or refused, and what is opened can be read to the last byte.
TEST_F(Gguf, AnyDamageIsRefusedOrHarmless) {
  std::ifstream source(STRATA_SMALL_MODEL, std::ios::binary);
  const std::string vocabulary{std::istreambuf_iterator<char>(source), {}};
  std::mt19937 random(3);
  for (const std::string& whole : {vocabulary, small_file()}) {
    ASSERT_TRUE(open(whole));
    for (int round = 0; round < 1500; ++round) {
      std::string damaged = whole;
      for (int change = 0; change < 1 + round % 4; ++change) {
        const size_t at = round % 2 ? random() % std::min<size_t>(damaged.size(), 256) : random() % damaged.size();
        damaged[at] = static_cast<char>(random() % 3 ? random() : 0xff);
      }
      const auto model = open(damaged);
      if (!model) continue;
      unsigned sum = 0;
      for (const GgufTensor& weight : model->tensors())
        for (const std::byte byte : weight.data) sum += std::to_integer<unsigned>(byte);
      EXPECT_LT(sum, ~0u);
      EXPECT_EQ(model->fingerprint().size(), 16u);
    }
  }
}

}  // namespace
}  // namespace strata
