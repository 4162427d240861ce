// SPDX-License-Identifier: Apache-2.0
// The bytes in which 64 tokens of all layers are kept on disk, and in RAM once a context is long: a signed byte per
// component, which halves what is written, kept and read of f16.
//   keys    one scale per channel of the page: they are stored before rotation, so a channel with large values has them
//           in every token (KIVI, arXiv:2402.02750)
//   values  one scale per token
//   layer   K scales f16 [width], V scales f16 [rows], K int8 [rows, width], V int8 [rows, width]
// A value is off by at most 0.57 scales: half a step, and the rounding of the scale itself. Measured on 1024 stored
// tokens of C and the 96 behind them, 0.5B, exact arithmetic: KL 3.5e-5 (worst 6e-4) against f16, of which the keys
// make 3.1e-5; keeping the first page in f16 changes nothing, as the head that attention falls back on is not rounded,
// and smaller groups change nothing either. The fast arithmetic of prefill itself is off by 1.9e-3.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/memory/kv_cache.h"

namespace strata {

size_t page_bytes(const KvLayout& layout, int rows);
// Of a layer of a whole page; what is used of them by attention.
size_t slice_bytes(const KvLayout& layout);
RoundedRows rounded_rows(const std::byte* slice, const KvLayout& layout, int first_row);
// to [count, width]
void decode_keys(const RoundedRows& rows, int count, size_t width, f16* to);

// Rows [first_row, first_row + rows) of every layer, into `to`; rows <= kPageTokens.
void encode_page(const KvCache& kv, int first_row, int rows, std::vector<std::byte>& to);

// Rows [first, first + count) of a page of `rows` rows into rows [to_row, ...) of `kv`. `page` has page_bytes().
void decode_page(std::span<const std::byte> page, int rows, int first, int count, KvCache& kv, int to_row);

}  // namespace strata
