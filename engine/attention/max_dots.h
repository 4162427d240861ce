// SPDX-License-Identifier: Apache-2.0
// Rows of int8 values, each with the scale that makes them numbers again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace strata {

struct Int8Rows {
  int columns = 0;             // a multiple of kInt8Columns; what a row lacks is zero
  std::vector<int8_t> values;  // [rows, columns]
  std::vector<float> scales;   // [rows]

  int rows() const { return static_cast<int>(scales.size()); }
  const int8_t* row(int i) const { return values.data() + static_cast<int64_t>(i) * columns; }
  void append(std::span<const float> row);
};

inline constexpr int kInt8Columns = 64;
inline int int8_columns(int components) { return (components + kInt8Columns - 1) / kInt8Columns * kInt8Columns; }

// best[q] = the largest dot product of row q of `queries` with any row of `keys`; both have the same columns and `keys`
// at least one row. Products are exact in integers. best [queries.rows()].
void max_dots(const Int8Rows& queries, const Int8Rows& keys, std::span<float> best);

}  // namespace strata
