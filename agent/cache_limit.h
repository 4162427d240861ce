// SPDX-License-Identifier: Apache-2.0
// How large the cache of what models have read may grow: $STRATA_CACHE_LIMIT, else what the user chose (one line in
// $XDG_CONFIG_HOME/strata/cache-limit), else a share of the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace strata::agent {

// "20 GB", "500MB", "123456"; decimal units. kInvalid if it is no size.
Result<uint64_t> parse_size(std::string_view text);

// Of the cache in this folder. An error names the variable or file that holds no size.
Result<uint64_t> cache_limit(const std::filesystem::path& folder);
// Nothing: back to the default.
Result<void> choose_cache_limit(std::optional<uint64_t> bytes);

}  // namespace strata::agent
