// SPDX-License-Identifier: Apache-2.0
#include "base/user_folders.h"

#include <cstdlib>
#include <string_view>

namespace strata {
namespace {

namespace fs = std::filesystem;

// The specification says: a relative path in the variable is to be ignored.
Result<fs::path> path_of(const char* variable, std::string_view below_home, const fs::path& name) {
  fs::path root;
  if (const char* value = std::getenv(variable); value && fs::path(value).is_absolute()) {
    root = value;
  } else if (const char* home = std::getenv("HOME"); home && *home) {
    root = fs::path(home) / below_home;
  } else {
    return fail(ErrorKind::kNotFound, std::string("neither HOME nor ") + variable + " is set; set one of them");
  }
  return root / "strata" / name;
}

Result<fs::path> folder(const char* variable, std::string_view below_home, const fs::path& name) {
  auto path = path_of(variable, below_home, name);
  if (!path) return path;
  std::error_code error;
  fs::create_directories(*path, error);
  if (error) return fail(ErrorKind::kIo, path->string() + ": cannot create this folder: " + error.message());
  return path;
}

}  // namespace

Result<fs::path> cache_folder(const fs::path& name) { return folder("XDG_CACHE_HOME", ".cache", name); }
Result<fs::path> cache_path(const fs::path& name) { return path_of("XDG_CACHE_HOME", ".cache", name); }
Result<fs::path> data_folder(const fs::path& name) { return folder("XDG_DATA_HOME", ".local/share", name); }
Result<fs::path> config_path() { return path_of("XDG_CONFIG_HOME", ".config", {}); }
Result<fs::path> config_folder() { return folder("XDG_CONFIG_HOME", ".config", {}); }

}  // namespace strata
