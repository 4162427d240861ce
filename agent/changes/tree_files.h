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

struct FileContent {
  std::string bytes;  // of a link: where it points to
  uint32_t mode = kRegularFile;
  bool operator==(const FileContent&) const = default;
};
using MaybeFile = std::optional<FileContent>;  // nothing: there is no file at this path

// Relative, '/' separated, no empty, "." or ".." part, none that is `.git` in any case.
bool is_tree_path(std::string_view path);

class TreeFiles {
 public:
  // `durable`: replace() returns when the disk has it; else when other programs see it.
  static Result<TreeFiles> open(const std::filesystem::path& root, bool durable = true);
  TreeFiles(TreeFiles&& other) noexcept;
  TreeFiles& operator=(TreeFiles&& other) noexcept;
  ~TreeFiles();

  const std::filesystem::path& root() const { return root_; }

  // Nothing if there is no file. kInvalid for a path that is no tree path or leads through a link; kUnsupported for
  // folders, devices and the like.
  Result<MaybeFile> read(const std::string& path) const;

  // Puts `wanted` in the place of `expected`, in one step as seen by others. False, and nothing is changed, if anything
  // else than `expected` stands there, even since a moment ago. Folders are made and, when empty, removed as needed.
  // `temporary` is the name (not the path) the new file has before it changes places with the old one; a killed process
  // may leave it, and clear_leftover() takes it away.
  Result<bool> replace(const std::string& path, const MaybeFile& expected, const MaybeFile& wanted,
                       const std::string& temporary) const;
  // After a replace() that a killed process had begun. If somebody's edit was just being exchanged, it is put back.
  Result<void> clear_leftover(const std::string& path, const MaybeFile& expected, const MaybeFile& wanted,
                              const std::string& temporary) const;

 private:
  TreeFiles() = default;
  // The folder that holds `path`; -1 if it does not exist (and is not to be made). The caller closes it.
  Result<int> open_parent(const std::string& path, bool make) const;
  void remove_empty_parents(const std::string& path) const;
  std::filesystem::path root_;
  int descriptor_ = -1;
  bool durable_ = true;
};

}  // namespace strata::agent
