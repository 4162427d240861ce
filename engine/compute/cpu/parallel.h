// SPDX-License-Identifier: Apache-2.0
// The one way our kernels use several cores: OpenMP, whose pool oneDNN shares, so that no two pools compete.
#pragma once

#include <cstdint>

namespace strata::cpu {

// Below this many elements, waking the other threads costs more than they save (a few microseconds each time).
constexpr int64_t kSerialElements = 16384;

// work(task) for every task of [0, tasks), in any order, on up to `threads` threads; serial where `parallel` is false.
template <typename Work>
void parallel_for(int threads, int64_t tasks, bool parallel, Work&& work) {
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (parallel && threads > 1 && tasks > 1)
  for (int64_t task = 0; task < tasks; ++task) work(task);
}

// work(begin, end) for consecutive parts of [0, rows), one per thread, if rows * columns elements are worth it.
template <typename Work>
void parallel_rows(int threads, int64_t rows, int64_t columns, Work&& work) {
  if (threads == 1 || rows == 1 || rows * columns < kSerialElements) return work(0, rows);
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int part = 0; part < threads; ++part) work(rows * part / threads, rows * (part + 1) / threads);
}

}  // namespace strata::cpu
