// SPDX-License-Identifier: Apache-2.0
// What stands in a work tree: tracked files and untracked ones that are not ignored. Reads only: no filters, no hooks,
// and no link is ever followed. Everything that is left out is reported with its reason; of a folder, the folder.
#pragma once

#include <git2.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"
#include "repo-indexer/index.h"

namespace strata::repo {

// Enough to say that a file has not changed since it was read. ctime cannot be set back by a program, mtime can.
struct FileStamp {
  int64_t size = 0, mtime_ns = 0, ctime_ns = 0, inode = 0;
  bool operator==(const FileStamp&) const = default;
};

// What .gitattributes and the names of folders say of a file; kLooksGenerated is added by who reads the text.
enum Marks : int {
  kGenerated = 1,     // linguist-generated
  kNotGenerated = 2,  // -linguist-generated: overrules what the text looks like
  kVendored = 4,      // linguist-vendored, or in a folder for foreign code
  kLooksGenerated = 8,
};
inline bool is_generated(int marks) {
  return (marks & kGenerated) || (marks & (kLooksGenerated | kNotGenerated)) == kLooksGenerated;
}

struct FoundFile {
  std::string path;  // relative, '/' separated, as bytes
  FileStamp stamp;
  int marks = 0;  // without kLooksGenerated
};

struct FoundTree {
  std::vector<FoundFile> files;      // ascending by path
  std::vector<std::string> folders;  // that were entered: "" or ending in '/'
  std::vector<Skipped> skipped;      // ascending by path
};

// libgit2 is initialised while one of these lives.
class GitLibrary {
 public:
  GitLibrary();
  ~GitLibrary();
  GitLibrary(const GitLibrary&) = delete;
  GitLibrary& operator=(const GitLibrary&) = delete;
};

struct CloseRepository {
  void operator()(git_repository* repository) const { git_repository_free(repository); }
};

class WorkTree {
 public:
  // The repository that contains `path`, else the folder itself.
  static Result<WorkTree> open(const std::filesystem::path& path);
  WorkTree(WorkTree&& other) noexcept;
  WorkTree& operator=(WorkTree&& other) noexcept;
  ~WorkTree();

  const std::filesystem::path& root() const { return root_; }
  bool is_git() const { return repository_ != nullptr; }
  git_repository* repository() const { return repository_.get(); }  // null for plain folders
  // Its .git folder, and the one it shares with its other work trees; empty for plain folders.
  std::filesystem::path git_folder() const;
  std::filesystem::path common_folder() const;
  // What is checked out: "main at 1a2b3c4d", "no commits yet", "detached at ...; a merge is in progress". Empty for
  // plain folders.
  std::string head() const;
  const std::string& notice() const { return notice_; }

  // kText: what Strata can read. kWhole: all regular files and links that git does not ignore, of any size and kind,
  // those of submodules too.
  enum class Extent { kText, kWhole };
  Result<FoundTree> walk(const Cancel* cancel, Extent extent = Extent::kText) const;
  // The bytes of a regular file. Opens folder by folder without following links, so a link that has taken the place of
  // a folder since the walk cannot lead out of the tree. Any thread. kNotFound, kIo, kUnsupported (no regular file).
  Result<std::string> read(const std::string& path, FileStamp* stamp = nullptr) const;

 private:
  WorkTree() = default;
  std::unique_ptr<GitLibrary> library_ = std::make_unique<GitLibrary>();  // outlives the repository
  std::unique_ptr<git_repository, CloseRepository> repository_;
  std::filesystem::path root_;
  int root_descriptor_ = -1;
  std::string notice_;
};

inline constexpr int64_t kMaxFileBytes = 1 << 20;

// The id git gives to this content, hex.
std::string blob_id(std::string_view bytes);

}  // namespace strata::repo
