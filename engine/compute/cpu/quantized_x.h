// SPDX-License-Identifier: Apache-2.0
// Activations as signed bytes with a scale for every `group` of columns: what the int8 products read.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/compute/ops.h"

namespace strata::cpu {

struct QuantizedX {
  explicit QuantizedX(int64_t columns_of_group) : group(columns_of_group) {}

  int64_t group, groups = 0;
  int64_t rows = 0, columns = 0;
  std::vector<int8_t> values;   // [rows, columns]
  std::vector<float> scales;    // [rows, groups]
  std::vector<int16_t> sums;    // [rows, columns / 16]: the sum of 16 values, for the weights' minima
  std::vector<int32_t> totals;  // [rows, groups]: the sum of a group's values

  const int8_t* row(int64_t r) const { return values.data() + r * columns; }

  void resize(int64_t new_rows, int64_t new_columns) {
    rows = new_rows;
    columns = new_columns;
    groups = (columns + group - 1) / group;
    values.resize(rows * columns);
    scales.resize(rows * groups);
    sums.resize(rows * (columns / 16));
    totals.resize(rows * groups);
  }

  // Columns are a multiple of 32. Rounds to nearest; the largest of a group becomes 127.
  void quantize_row(const float* x, int64_t r);
};

}  // namespace strata::cpu
