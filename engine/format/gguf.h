// SPDX-License-Identifier: Apache-2.0
// A GGUF v3 file, memory-mapped. Everything a file claims (counts, lengths, types, offsets, alignment, the size of
// every tensor) is checked against the file's size before it is believed, so later code may index freely.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/format/blocks.h"

namespace strata {

struct GgufTensor {
  std::string name;
  BlockType type = BlockType::kF32;
  // GGUF's order: shape[0] is the contiguous dimension. A matrix [rows, columns] has shape {columns, rows}.
  std::vector<uint64_t> shape;
  std::span<const std::byte> data;  // inside the mapping; lives as long as the GgufFile

  uint64_t columns() const { return shape.empty() ? 1 : shape[0]; }
  uint64_t rows() const {
    uint64_t n = 1;
    for (size_t i = 1; i < shape.size(); ++i) n *= shape[i];
    return n;
  }
};

using GgufArray = std::variant<std::vector<int64_t>, std::vector<double>, std::vector<std::string>>;
using GgufValue = std::variant<int64_t, uint64_t, double, bool, std::string, GgufArray>;

class GgufFile {
 public:
  // Errors: kNotFound, kIo, kInvalid (not GGUF), kDamaged (claims that the file cannot keep), kUnsupported (a version,
  // tensor type or byte order that Strata cannot read, by name). Messages begin with the path; names in them are
  // printable.
  static Result<GgufFile> open(const std::filesystem::path& path);

  GgufFile(GgufFile&&) noexcept;
  GgufFile& operator=(GgufFile&&) noexcept;
  ~GgufFile();

  const std::filesystem::path& path() const;
  uint64_t size() const;
  // Metadata and tensor table hashed (not the weights' bytes, but their place, type and size and a sample of each):
  // identifies the model for key/value snapshots. 16 hex digits.
  std::string fingerprint() const;

  const std::map<std::string, GgufValue, std::less<>>& metadata() const;
  // Typed look-ups. Nothing if absent or of another kind; integers of any width convert where they fit.
  std::optional<std::string_view> string(std::string_view key) const;
  std::optional<int64_t> integer(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  const std::vector<std::string>* strings(std::string_view key) const;
  const std::vector<int64_t>* integers(std::string_view key) const;
  const std::vector<double>* numbers(std::string_view key) const;

  const std::vector<GgufTensor>& tensors() const;
  const GgufTensor* find(std::string_view name) const;
  // Like find, but checks the shape ({columns} or {columns, rows}) and says what is wrong, naming the file.
  Result<const GgufTensor*> tensor(std::string_view name, std::vector<uint64_t> shape) const;

  // Tells the kernel that these bytes are not needed soon (after repacking). They are read again from the file if
  // touched.
  void release(std::span<const std::byte> bytes) const;

 private:
  struct Impl;
  explicit GgufFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata
