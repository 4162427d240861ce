// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/text_encoding.h"

#include <cstdint>

namespace strata::repo {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// What stands at 80-9F in Windows-1252, which is what "Latin-1" files with such bytes are.
char32_t from_windows_1252(uint8_t byte) {
  static constexpr char16_t kTable[32] = {0x20AC, kReplacement, 0x201A,       0x0192, 0x201E, 0x2026, 0x2020,
                                          0x2021, 0x02C6,       0x2030,       0x0160, 0x2039, 0x0152, kReplacement,
                                          0x017D, kReplacement, kReplacement, 0x2018, 0x2019, 0x201C, 0x201D,
                                          0x2022, 0x2013,       0x2014,       0x02DC, 0x2122, 0x0161, 0x203A,
                                          0x0153, kReplacement, 0x017E,       0x0178};
  return kTable[byte - 0x80];
}

// Length of the well-formed sequence at `at` (Unicode 15, table 3-7), 0 if there is none.
size_t sequence_length(std::string_view s, size_t at) {
  const auto byte = [&](size_t i) { return i < s.size() ? static_cast<uint8_t>(s[i]) : uint8_t{0}; };
  const auto tail = [&](size_t i, uint8_t low = 0x80, uint8_t high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  const uint8_t first = byte(at);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const uint8_t low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
    return tail(at + 1, low, high) && tail(at + 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const uint8_t low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
    return tail(at + 1, low, high) && tail(at + 2) && tail(at + 3) ? 4 : 0;
  }
  return 0;
}

DecodedText from_utf16(std::string_view bytes, bool big_endian) {
  DecodedText decoded{{}, "UTF-16"};
  std::string& out = decoded.text;
  out.reserve(bytes.size());
  const auto unit = [&](size_t i) -> char32_t {
    const auto a = static_cast<uint8_t>(bytes[i]), b = static_cast<uint8_t>(bytes[i + 1]);
    return big_endian ? (a << 8 | b) : (b << 8 | a);
  };
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    } else if (c >= 0xD800 && c < 0xE000) {
      c = kReplacement;
      ++decoded.replaced;
    }
    append_utf8(out, c);
  }
  if (bytes.size() % 2 != 0) {
    append_utf8(out, kReplacement);
    ++decoded.replaced;
  }
  return decoded;
}

}  // namespace

std::optional<DecodedText> decode_text(std::string bytes) {
  if (bytes.starts_with("\xFF\xFE")) return from_utf16(std::string_view(bytes).substr(2), false);
  if (bytes.starts_with("\xFE\xFF")) return from_utf16(std::string_view(bytes).substr(2), true);
  if (std::string_view(bytes).substr(0, 8192).find('\0') != std::string_view::npos) return std::nullopt;
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);

  size_t good_sequences = 0, bad_bytes = 0, controls = 0;
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = sequence_length(bytes, i);
    const auto byte = static_cast<uint8_t>(bytes[i]);
    good_sequences += length > 1;
    bad_bytes += length == 0;
    controls += length == 0 && byte < 0xA0;
    i += length ? length : 1;
  }
  if (bad_bytes == 0) return DecodedText{std::move(bytes), "UTF-8"};
  // Latin-1 text hardly ever forms valid UTF-8 sequences by chance, and has no use for the bytes 80-9F but for the
  // quotation marks and dashes of Windows-1252; damaged UTF-8 has the former, other code pages the latter.
  const bool latin1 = good_sequences * 4 < bad_bytes && controls * 2 <= bad_bytes;
  DecodedText decoded{{}, latin1 ? "Latin-1" : "UTF-8"};
  decoded.text.reserve(bytes.size() + bad_bytes * 2);
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = latin1 ? 0 : sequence_length(bytes, i);
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if (length) {
      decoded.text.append(bytes, i, length);
    } else if (byte < 0x80 || (latin1 && byte >= 0xA0)) {
      append_utf8(decoded.text, byte);
    } else {
      append_utf8(decoded.text, latin1 ? from_windows_1252(byte) : kReplacement);
      decoded.replaced += !latin1 || from_windows_1252(byte) == kReplacement;
    }
    i += length ? length : 1;
  }
  return decoded;
}

}  // namespace strata::repo
