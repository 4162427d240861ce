// SPDX-License-Identifier: Apache-2.0
// A folder that is gone after the test, with a work tree in `root` and an index cache beside it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "repo-indexer/index.h"

namespace strata::repo {

class TemporaryTree {
 public:
  TemporaryTree() {
    std::string name = (std::filesystem::temp_directory_path() / "strata-index-XXXXXX").string();
    if (!mkdtemp(name.data())) std::abort();
    folder_ = name;
    root = folder_ / "tree";
    cache = folder_ / "cache";
    std::filesystem::create_directories(root);
  }
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void write(const std::string& path, std::string_view text) const {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path, std::ios::binary) << text;
  }
  // git with a fixed identity and nobody's configuration.
  void git(const std::string& arguments) const {
    const std::string command = "cd '" + root.string() +
                                "' && HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -c user.name=t -c user.email=t@t "
                                "-c init.defaultBranch=main -c protocol.file.allow=always " +
                                arguments + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << arguments;
  }
  Index open() const {
    auto index = Index::open(root, cache);
    EXPECT_TRUE(index) << index.error().message;
    if (!index) std::abort();
    return std::move(*index);
  }

  std::filesystem::path root, cache;

 private:
  std::filesystem::path folder_;
};

inline std::vector<std::string> paths(const Index& index) {
  std::vector<std::string> all;
  const auto files = index.files();
  if (files) {
    for (const File& file : *files) all.push_back(file.path);
  }
  return all;
}

inline std::string reason(const IndexReport& report, std::string_view path) {
  for (const Skipped& s : report.skipped) {
    if (s.path == path) return s.reason;
  }
  return "";
}

}  // namespace strata::repo
