// SPDX-License-Identifier: Apache-2.0
// Bytes of a file as UTF-8 text. Source trees hold UTF-8, UTF-16 with a byte order mark, and Latin-1; anything else is
// kept readable with replacement characters rather than left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata::repo {

struct DecodedText {
  std::string text;           // UTF-8, without a byte order mark
  std::string_view encoding;  // "UTF-8", "UTF-16", "Latin-1"
  int64_t replaced = 0;       // characters that fit no encoding: U+FFFD stands in their place
};

// Nothing if the bytes are binary: a NUL within the first 8 KB (git's own rule), and no UTF-16 mark.
// The byte order mark is dropped. Valid UTF-8 comes back unchanged.
std::optional<DecodedText> decode_text(std::string bytes);

}  // namespace strata::repo
