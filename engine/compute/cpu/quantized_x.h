// SPDX-License-Identifier: Apache-2.0
// Activations as signed bytes with a scale for every `group` of columns: what the int8 products read.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/compute/ops.h"

namespace strata::cpu {

struct QuantizedX {
  int64_t rows = 0, columns = 0, group = 0, groups = 0;
  std::vector<int8_t> values;   // [rows, columns]
  std::vector<float> scales;    // [rows, groups]
  std::vector<float> sums;      // [rows, columns / 16]: scale * the sum of 16 values, for the weights' minima
  std::vector<int32_t> totals;  // [rows, groups]: the sum of a group's values

  const int8_t* row(int64_t r) const { return values.data() + r * columns; }

  void resize(int64_t new_rows, int64_t new_columns, int64_t new_group) {
    rows = new_rows;
    columns = new_columns;
    group = new_group;
    groups = (columns + group - 1) / group;
    values.resize(rows * columns);
    scales.resize(rows * groups);
    sums.resize(rows * (columns / 16));
    totals.resize(rows * groups);
  }

  // Columns are a multiple of 32. Rounds to nearest; the largest of a group becomes 127.
  void quantize_row(const float* x, int64_t r) {
    int8_t* out = values.data() + r * columns;
    for (int64_t g = 0; g < groups; ++g) {
      const int64_t first = g * group, last = std::min(columns, first + group);
      float most = 0;
      for (int64_t i = first; i < last; ++i) most = std::max(most, std::fabs(x[i]));
      const float scale = most / 127.0f, inverse = most > 0 ? 127.0f / most : 0.0f;
      int32_t total = 0;
      for (int64_t i = first; i < last; i += 16) {
        int32_t sum = 0;
        for (int64_t k = i; k < i + 16; ++k) {
          const float scaled = x[k] * inverse;
          const auto value = static_cast<int32_t>(scaled + (scaled < 0 ? -0.5f : 0.5f));
          out[k] = static_cast<int8_t>(value);
          sum += value;
        }
        sums[r * (columns / 16) + i / 16] = scale * static_cast<float>(sum);
        total += sum;
      }
      scales[r * groups + g] = scale;
      totals[r * groups + g] = total;
    }
  }
};

}  // namespace strata::cpu
