// SPDX-License-Identifier: Apache-2.0
#include "agent/run/trust.h"

#include <fstream>
#include <map>
#include <string_view>

#include "agent/changes/tree_files.h"
#include "base/user_folders.h"
#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

constexpr std::string_view kNo = "no ";
constexpr size_t kMostBytes = 16 << 10;

}  // namespace

Result<std::filesystem::path> trust_file() {
  auto folder = data_folder();
  if (!folder) return folder;
  return *folder / "trusted-instructions";
}

Result<std::vector<Instructions>> find_instructions(const std::filesystem::path& root,
                                                    const std::filesystem::path& file) {
  std::map<std::string, Trust> said;  // by content
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const bool no = line.starts_with(kNo);
    const std::string entry = line.substr(no ? kNo.size() : 0);
    said[entry.substr(0, entry.find(' '))] = no ? Trust::kDeclined : Trust::kTrusted;
  }
  auto tree = TreeFiles::open(root);
  if (!tree) return std::unexpected(tree.error());
  std::vector<Instructions> all;
  for (const char* path : {"AGENTS.md", ".strata/instructions.md"}) {
    auto found = tree->read(path);
    if (!found || !*found || (*found)->mode == kLink) continue;
    const std::string id = repo::blob_id((*found)->bytes);
    const auto answer = said.find(id);
    const Trust trust = (*found)->bytes.size() > kMostBytes ? Trust::kTooLong
                        : answer == said.end()              ? Trust::kNotAsked
                                                            : answer->second;
    all.push_back({path, (*found)->bytes, id, trust});
  }
  return all;
}

Result<void> decide(Instructions& instructions, bool trusted, const std::filesystem::path& file) {
  instructions.trust = trusted ? Trust::kTrusted : Trust::kDeclined;
  std::ofstream out(file, std::ios::app);
  out << (trusted ? "" : kNo) << instructions.id << ' ' << instructions.path << '\n';
  out.flush();
  if (!out) return fail(ErrorKind::kIo, file.string() + " cannot be written");
  return {};
}

}  // namespace strata::agent
