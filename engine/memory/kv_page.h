// SPDX-License-Identifier: Apache-2.0
// The bytes in which 64 tokens of all layers are kept on disk. The first page of a segment keeps f16: attention falls
// back on the first tokens of a text, so an error there is an error everywhere. Every other page has a signed byte per
// component, which halves what is written, kept and read:
//   keys    one scale per channel of the page: they are stored before rotation, so a channel with large values has them
//           in every token (KIVI, arXiv:2402.02750)
//   values  one scale per token
//   layer   K scales f16 [width], V scales f16 [rows], K int8 [rows, width], V int8 [rows, width]
// or, in f16, K [rows, width], V [rows, width]; layers one after the other. A value is off by at most 0.57 scales: half
// a step, and the rounding of the scale itself.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/memory/kv_cache.h"

namespace strata {

enum class PageForm { kHalf, kInt8 };

// Of the page of a segment that begins with this token.
constexpr PageForm page_form(int first_token) { return first_token == 0 ? PageForm::kHalf : PageForm::kInt8; }

size_t page_bytes(const KvLayout& layout, int rows, PageForm form);

// Rows [first_row, first_row + rows) of every layer, into `to`; rows <= kPageTokens.
void encode_page(const KvCache& kv, int first_row, int rows, PageForm form, std::vector<std::byte>& to);

// Rows [first, first + count) of a page of `rows` rows into rows [to_row, ...) of `kv`. `page` has page_bytes().
void decode_page(std::span<const std::byte> page, int rows, PageForm form, int first, int count, KvCache& kv,
                 int to_row);

}  // namespace strata
