// SPDX-License-Identifier: Apache-2.0
#include "agent/run/trust.h"

#include <algorithm>
#include <fstream>

#include "agent/changes/tree_files.h"
#include "repo-indexer/walk.h"

namespace strata::agent {

namespace {
constexpr size_t kMostBytes = 16 << 10;  // notes longer than this would fill a small model's context
}

Result<std::vector<Instructions>> find_instructions(const std::filesystem::path& root,
                                                    const std::filesystem::path& file) {
  std::vector<std::string> trusted;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) trusted.push_back(line.substr(0, line.find(' ')));
  auto tree = TreeFiles::open(root);
  if (!tree) return std::unexpected(tree.error());
  std::vector<Instructions> all;
  for (const char* path : {"AGENTS.md", ".strata/instructions.md"}) {
    auto found = tree->read(path);
    if (!found || !*found || (*found)->mode == kLink) continue;
    if ((*found)->bytes.size() > kMostBytes)
      return fail(ErrorKind::kUnsupported, std::string(path) + " is longer than 16 KiB and is not used; shorten it");
    Instructions one{path, (*found)->bytes, repo::blob_id((*found)->bytes), false};
    one.trusted = std::ranges::find(trusted, one.id) != trusted.end();
    all.push_back(std::move(one));
  }
  return all;
}

Result<void> trust(const Instructions& instructions, const std::filesystem::path& file) {
  std::ofstream out(file, std::ios::app);
  out << instructions.id << ' ' << instructions.path << '\n';
  out.flush();
  if (!out) return fail(ErrorKind::kIo, file.string() + " cannot be written");
  return {};
}

}  // namespace strata::agent
