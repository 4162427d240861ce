// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/git_folder.h"

#include <git2.h>

#include <format>
#include <fstream>
#include <string>

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfiguration =
    "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = false\n";

bool write(const fs::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  return static_cast<bool>(out.flush());
}

// "# pack-refs" format: "<id> <name>" a line. Symbolic references are left out; HEAD is copied.
std::string packed_references(git_repository* repository) {
  std::string text;
  git_reference_iterator* all = nullptr;
  if (git_reference_iterator_new(&all, repository) != 0) return text;
  git_reference* reference = nullptr;
  while (git_reference_next(&reference, all) == 0) {
    if (const git_oid* id = git_reference_target(reference)) {
      char hex[GIT_OID_SHA1_HEXSIZE + 1];
      text += std::format("{} {}\n", git_oid_tostr(hex, sizeof hex, id), git_reference_name(reference));
    }
    git_reference_free(reference);
  }
  git_reference_iterator_free(all);
  return text;
}

}  // namespace

Result<void> make_git_folder(const repo::WorkTree& original, const fs::path& copy) {
  const fs::path git = copy / ".git";
  std::error_code error;
  for (const char* folder : {"objects/info", "objects/pack", "refs/heads", "refs/tags", "info"}) {
    fs::create_directories(git / folder, error);
    if (error) return fail(ErrorKind::kIo, std::format("{}: {}", (git / folder).string(), error.message()));
  }
  bool whole = write(git / "config", kConfiguration);
  if (!original.is_git()) {
    whole = whole && write(git / "HEAD", "ref: refs/heads/main\n");
  } else {
    const fs::path theirs = original.git_folder(), common = original.common_folder();
    whole = whole && write(git / "packed-refs", packed_references(original.repository())) &&
            write(git / "objects/info/alternates", fs::canonical(common / "objects", error).string() + "\n");
    const auto take = [&](const fs::path& from, const char* to) {
      if (fs::exists(from, error)) whole = whole && fs::copy_file(from, git / to, error);
    };
    take(theirs / "HEAD", "HEAD");
    take(theirs / "index", "index");
    take(common / "info/exclude", "info/exclude");
    take(common / "shallow", "shallow");
    for (fs::directory_iterator i(theirs, error), end; !error && i != end; i.increment(error)) {
      // Of a split index.
      const std::string name = i->path().filename().string();
      if (name.starts_with("sharedindex.")) take(i->path(), name.c_str());
    }
  }
  if (!whole) return fail(ErrorKind::kIo, std::format("{}: cannot be written (is the disk full?)", git.string()));
  return {};
}

}  // namespace strata::agent
