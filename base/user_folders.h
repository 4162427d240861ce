// SPDX-License-Identifier: Apache-2.0
// The user's folders after the XDG base directory specification; a folder is created, a path is not.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace strata {

// $XDG_CACHE_HOME/strata/<name>: what can be recomputed (key/value snapshots, indexes).
Result<std::filesystem::path> cache_folder(const std::filesystem::path& name = {});
// Where cache_folder() is, not created: for what goes on without a cache that cannot be written.
Result<std::filesystem::path> cache_path(const std::filesystem::path& name);
// $XDG_DATA_HOME/strata/<name>: what cannot (conversations, models the user fetched).
Result<std::filesystem::path> data_folder(const std::filesystem::path& name = {});
// $XDG_CONFIG_HOME/strata; and where that is, not created.
Result<std::filesystem::path> config_folder();
Result<std::filesystem::path> config_path();

}  // namespace strata
