// SPDX-License-Identifier: Apache-2.0
// For unordered containers of strings that are asked with views: std::unordered_map<std::string, T, StringHash,
// std::equal_to<>>.
#pragma once

#include <functional>
#include <string_view>

namespace strata {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

}  // namespace strata
