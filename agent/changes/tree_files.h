// SPDX-License-Identifier: Apache-2.0
// Reading and writing single files of a work tree, as bytes with git's modes. Folders are opened one by one without
// following links, so nothing outside the tree is ever read or written, whatever links lie in it, and no path may name
// `.git`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace strata::agent {

inline constexpr uint32_t kRegularFile = 0100644, kExecutableFile = 0100755, kLink = 0120000;

struct FileState {
  std::string bytes;  // of a link: where it points to
  uint32_t mode = kRegularFile;
  bool operator==(const FileState&) const = default;
};
using MaybeFile = std::optional<FileState>;  // nothing: there is no file at this path

// Relative, '/' separated, no empty, "." or ".." part, none that is `.git` in any case.
bool is_tree_path(std::string_view path);

class TreeFiles {
 public:
  static Result<TreeFiles> open(const std::filesystem::path& root);
  TreeFiles(TreeFiles&& other) noexcept;
  TreeFiles& operator=(TreeFiles&& other) noexcept;
  ~TreeFiles();

  const std::filesystem::path& root() const { return root_; }

  // Nothing if there is no file. kInvalid for a path that is no tree path or leads through a link; kUnsupported for
  // folders, devices and the like.
  Result<MaybeFile> read(const std::string& path) const;

  // Puts `wanted` in the place of `expected`, in one step as seen by others, and durably. False, and nothing is
  // changed, if anything else than `expected` stands there, even since a moment ago. Folders are made and, when empty,
  // removed as needed. `temporary` is the name the new file has before it is moved into place, beside `path`; after a
  // crash it may be left, and remove_leftover() takes it away.
  Result<bool> replace(const std::string& path, const MaybeFile& expected, const MaybeFile& wanted,
                       const std::string& temporary) const;
  // After a crash: what replace() had under `temporary`. If it is the file that `path` had before, and `path` is
  // missing, it is put back.
  void remove_leftover(const std::string& path, const MaybeFile& expected, const std::string& temporary) const;

 private:
  TreeFiles() = default;
  std::filesystem::path root_;
  int descriptor_ = -1;
};

}  // namespace strata::agent
