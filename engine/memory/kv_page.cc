// SPDX-License-Identifier: Apache-2.0
#include "engine/memory/kv_page.h"

#include <algorithm>
#include <array>
#include <cstring>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_AVX3_ZEN4 | HWY_AVX3_SPR)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/memory/kv_page.cc"
#include "hwy/foreach_target.h"  // compiles this file once per instruction set; stays before highway.h
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace strata::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 16 lanes: an eighth of them as bytes must still be a vector. The rest of a row goes through the same code.
using Floats = hn::CappedTag<float, 16>;

HWY_INLINE hn::Vec<Floats> load(const f16* from, size_t n) {
  const hn::Rebind<hwy::float16_t, Floats> d16;
  return hn::PromoteTo(Floats(), hn::LoadN(d16, reinterpret_cast<const hwy::float16_t*>(from), n));
}

// most[i] = max(most[i], |row[i]|)
void raise(const f16* row, size_t width, float* most) {
  const Floats d;
  for (size_t i = 0; i < width; i += hn::Lanes(d)) {
    const size_t n = std::min(width - i, hn::Lanes(d));
    hn::StoreN(hn::Max(hn::LoadN(d, most + i, n), hn::Abs(load(row + i, n))), d, most + i, n);
  }
}

float largest(const f16* row, size_t width) {
  const Floats d;
  auto most = hn::Zero(d);
  for (size_t i = 0; i < width; i += hn::Lanes(d))
    most = hn::Max(most, hn::Abs(load(row + i, std::min(width - i, hn::Lanes(d)))));
  return hn::ReduceMax(d, most);
}

// to[i] = row[i] * inverse[i * step], rounded; step is 0 or 1.
void quantize(const f16* row, const float* inverse, size_t step, size_t width, int8_t* to) {
  const Floats d;
  const hn::Rebind<int8_t, Floats> d8;
  for (size_t i = 0; i < width; i += hn::Lanes(d)) {
    const size_t n = std::min(width - i, hn::Lanes(d));
    const auto factor = step == 0 ? hn::Set(d, *inverse) : hn::LoadN(d, inverse + i, n);
    const auto value = hn::Clamp(hn::Mul(load(row + i, n), factor), hn::Set(d, -127.0f), hn::Set(d, 127.0f));
    hn::StoreN(hn::DemoteTo(d8, hn::NearestInt(value)), d8, to + i, n);
  }
}

// row[i] = from[i] * scale[i * step]
void dequantize(const int8_t* from, const float* scale, size_t step, size_t width, f16* row) {
  const Floats d;
  const hn::Rebind<int32_t, Floats> d32;
  const hn::Rebind<int8_t, Floats> d8;
  const hn::Rebind<hwy::float16_t, Floats> d16;
  for (size_t i = 0; i < width; i += hn::Lanes(d)) {
    const size_t n = std::min(width - i, hn::Lanes(d));
    const auto factor = step == 0 ? hn::Set(d, *scale) : hn::LoadN(d, scale + i, n);
    const auto value = hn::Mul(hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadN(d8, from + i, n))), factor);
    hn::StoreN(hn::DemoteTo(d16, value), d16, reinterpret_cast<hwy::float16_t*>(row + i), n);
  }
}

}  // namespace strata::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace strata {
HWY_EXPORT(raise);
HWY_EXPORT(largest);
HWY_EXPORT(quantize);
HWY_EXPORT(dequantize);

namespace {

constexpr float kLargest = 127.0f;

// Of the page's layers in int8.
struct LayerBytes {
  LayerBytes(const KvLayout& layout, int rows)
      : width(static_cast<size_t>(layout.width)), rows(static_cast<size_t>(rows)) {}
  size_t width, rows;
  size_t v_scales() const { return width * sizeof(f16); }
  size_t keys() const { return (width + rows) * sizeof(f16); }
  size_t values() const { return keys() + rows * width; }
  size_t all() const { return values() + rows * width; }
};

// Scales are stored as f16, and what is stored is what is used.
void store_scales(std::span<float> largest, std::byte* to) {
  for (float& value : largest) {
    const f16 scale = to_f16(value / kLargest);
    std::memcpy(to, &scale, sizeof scale);
    to += sizeof scale;
    value = to_f32(scale) > 0 ? 1.0f / to_f32(scale) : 0.0f;
  }
}

void load_scales(const std::byte* from, std::span<float> scales) {
  for (float& scale : scales) {
    f16 half;
    std::memcpy(&half, from, sizeof half);
    from += sizeof half;
    scale = to_f32(half);
  }
}

}  // namespace

size_t page_bytes(const KvLayout& layout, int rows) {
  return static_cast<size_t>(layout.layers) * LayerBytes(layout, rows).all();
}

size_t slice_bytes(const KvLayout& layout) { return LayerBytes(layout, kPageTokens).all(); }

RoundedRows rounded_rows(const std::byte* slice, const KvLayout& layout, int first_row) {
  const LayerBytes at(layout, kPageTokens);
  const size_t before = static_cast<size_t>(first_row) * at.width;
  return {reinterpret_cast<const int8_t*>(slice + at.keys()) + before,
          reinterpret_cast<const int8_t*>(slice + at.values()) + before, reinterpret_cast<const f16*>(slice),
          reinterpret_cast<const f16*>(slice + at.v_scales()) + first_row};
}

void decode_keys(const RoundedRows& rows, int count, size_t width, f16* to) {
  std::vector<float> scales(width);
  load_scales(reinterpret_cast<const std::byte*>(rows.k_scales), scales);
  for (int row = 0; row < count; ++row)
    HWY_DYNAMIC_DISPATCH(dequantize)(rows.k + row * width, scales.data(), 1, width, to + row * width);
}

void encode_page(const KvCache& kv, int first_row, int rows, std::vector<std::byte>& to) {
  const KvLayout& layout = kv.layout();
  const size_t width = static_cast<size_t>(layout.width);
  to.resize(page_bytes(layout, rows));
  std::byte* layer_at = to.data();
  std::vector<float> k_scales(width);
  std::array<float, kPageTokens> v_scales;
  for (int layer = 0; layer < layout.layers; ++layer) {
    const LayerBytes at(layout, rows);
    std::ranges::fill(k_scales, 0.0f);
    for (int row = 0; row < rows; ++row) {
      HWY_DYNAMIC_DISPATCH(raise)(kv.k_row(layer, first_row + row), width, k_scales.data());
      v_scales[row] = HWY_DYNAMIC_DISPATCH(largest)(kv.v_row(layer, first_row + row), width);
    }
    store_scales(k_scales, layer_at);
    store_scales(std::span(v_scales).first(at.rows), layer_at + at.v_scales());
    auto* k = reinterpret_cast<int8_t*>(layer_at + at.keys());
    auto* v = reinterpret_cast<int8_t*>(layer_at + at.values());
    for (int row = 0; row < rows; ++row, k += width, v += width) {
      HWY_DYNAMIC_DISPATCH(quantize)(kv.k_row(layer, first_row + row), k_scales.data(), 1, width, k);
      HWY_DYNAMIC_DISPATCH(quantize)(kv.v_row(layer, first_row + row), &v_scales[row], 0, width, v);
    }
    layer_at += at.all();
  }
}

void decode_page(std::span<const std::byte> page, int rows, int first, int count, KvCache& kv, int to_row) {
  const KvLayout& layout = kv.layout();
  const size_t width = static_cast<size_t>(layout.width);
  const std::byte* layer_at = page.data();
  std::vector<float> k_scales(width);
  std::array<float, kPageTokens> v_scales;
  for (int layer = 0; layer < layout.layers; ++layer) {
    const LayerBytes at(layout, rows);
    load_scales(layer_at, k_scales);
    load_scales(layer_at + at.v_scales(), std::span(v_scales).first(at.rows));
    const auto* k = reinterpret_cast<const int8_t*>(layer_at + at.keys()) + first * width;
    const auto* v = reinterpret_cast<const int8_t*>(layer_at + at.values()) + first * width;
    for (int row = 0; row < count; ++row, k += width, v += width) {
      HWY_DYNAMIC_DISPATCH(dequantize)(k, k_scales.data(), 1, width, kv.k_row(layer, to_row + row));
      HWY_DYNAMIC_DISPATCH(dequantize)(v, &v_scales[first + row], 0, width, kv.v_row(layer, to_row + row));
    }
    layer_at += at.all();
  }
}

}  // namespace strata
#endif
