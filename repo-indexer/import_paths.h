// SPDX-License-Identifier: Apache-2.0
// Which files of the repository an import means. Search paths are the build's secret, so an import that is not relative
// means the file whose path ends with it, and of several the nearest to the importing file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace strata::repo {

class ImportPaths {
 public:
  // Indices of files are positions in `paths`, which ascend.
  explicit ImportPaths(std::vector<std::string> paths);

  // `name` and `qualifier` as ParsedReference has them. Go imports a folder: all its files. Empty: not in the
  // repository.
  std::vector<int> find(std::string_view language, int from, std::string_view name, std::string_view qualifier) const;

  const std::vector<std::string>& paths() const { return paths_; }

 private:
  int exact(const std::string& path) const;
  // The file whose path ends with this one, -1 if there is none.
  int nearest(int from, std::string_view path) const;

  std::vector<std::string> paths_;
  // By the last part of the path: the first file, and the next one of each, -1 behind the last.
  std::unordered_map<std::string_view, int> first_named_;
  std::vector<int> next_named_;
  std::unordered_map<std::string_view, std::vector<int>> go_files_;  // by the last part of the folder
};

}  // namespace strata::repo
