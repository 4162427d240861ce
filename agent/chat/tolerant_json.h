// SPDX-License-Identifier: Apache-2.0
// JSON as models write it: single quotes, trailing commas, bare line ends in strings, Python's constants, bare keys,
// closing brackets left out at the end.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata::agent {

struct TolerantJson {
  nlohmann::ordered_json value;
  size_t length = 0;                 // bytes of the text it takes
  bool closed = true;                // false: the text ended before its brackets were closed
  std::vector<std::string> repairs;  // what was mended: "trailing comma"
};

// The object or array that `text`, UTF-8, begins with. Nothing if there is none, or it nests deeper than 64.
std::optional<TolerantJson> parse_tolerantly(std::string_view text);

}  // namespace strata::agent
