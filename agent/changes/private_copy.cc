// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/private_copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>
#include <iterator>
#include <set>

#include "agent/changes/git_folder.h"
#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCopying = "strata-copying";

std::unexpected<Error> os_error(const std::string& path) {
  return fail(ErrorKind::kIo, std::format("{}: cannot be copied: {}", path, std::strerror(errno)));
}

bool copy_bytes(int from, int to, off_t size) {
  if (ioctl(to, FICLONE, from) == 0) return true;
  for (off_t left = size; left > 0;) {
    const ssize_t got = copy_file_range(from, nullptr, to, nullptr, static_cast<size_t>(left), 0);
    if (got == 0) return true;             // the file has become shorter
    if (got < 0 && errno == EXDEV) break;  // between some file systems; then by hand
    if (got < 0 && errno != EINTR) break;
    if (got > 0) left -= got;
    if (left == 0) return true;
  }
  char buffer[65536];
  ssize_t got;
  while ((got = read(from, buffer, sizeof buffer)) > 0) {
    for (ssize_t written = 0; written < got;) {
      const ssize_t more = write(to, buffer + written, static_cast<size_t>(got - written));
      if (more < 0) return false;
      written += more;
    }
  }
  return got == 0;
}

// Mode, content and time of a file, which nobody follows links to: `source` is opened folder by folder.
Result<void> copy_file(int source_root, const std::string& path, const fs::path& target) {
  struct stat s{};
  if (fstatat(source_root, path.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Result<void>{} : os_error(path);  // gone since the walk
  }
  if (S_ISLNK(s.st_mode)) {
    std::string to(static_cast<size_t>(s.st_size) + 4096, '\0');
    const ssize_t size = readlinkat(source_root, path.c_str(), to.data(), to.size());
    if (size < 0) return os_error(path);
    to.resize(static_cast<size_t>(size));
    return symlink(to.c_str(), target.c_str()) == 0 ? Result<void>{} : os_error(path);
  }
  const int from = openat(source_root, path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (from < 0) return os_error(path);
  const int to = open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const timespec times[2] = {s.st_atim, s.st_mtim};
  const bool done = to >= 0 && copy_bytes(from, to, s.st_size) && fchmod(to, (s.st_mode & 0777) | S_IWUSR) == 0 &&
                    futimens(to, times) == 0;
  const auto error = os_error(path);
  if (to >= 0) close(to);
  close(from);
  return done ? Result<void>{} : error;
}

Result<void> copy_all(const repo::WorkTree& original, const repo::FoundTree& found, const fs::path& folder,
                      const Cancel* cancel) {
  const int source = open(original.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (source < 0) return os_error(original.root().string());
  std::string last_folder = "/";  // none that a path has
  Result<void> done;
  std::error_code error;
  for (const repo::FoundFile& file : found.files) {
    if (cancel && cancel->requested()) done = fail(ErrorKind::kCancelled, "cancelled");
    const std::string parent = file.path.substr(0, file.path.rfind('/') + 1);
    for (const char* part : {"tree", "base"}) {
      if (parent != last_folder) fs::create_directories(folder / part / parent, error);
      if (done && error) done = fail(ErrorKind::kIo, std::format("{}: {}", parent, error.message()));
      if (done) done = copy_file(source, file.path, folder / part / file.path);
    }
    if (!done) break;
    last_folder = parent;
  }
  close(source);
  return done;
}

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);  // the clock of files
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int64_t ns(const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

// Nobody has written to the copied file since: no program can set its ctime back.
bool untouched(const fs::path& copied, const fs::path& base, int64_t copied_at) {
  struct stat a{}, b{};
  return lstat(copied.c_str(), &a) == 0 && lstat(base.c_str(), &b) == 0 && a.st_mode == b.st_mode &&
         a.st_size == b.st_size && ns(a.st_mtim) == ns(b.st_mtim) && ns(a.st_ctim) < copied_at;
}

Result<void> list_files(const fs::path& root, std::set<std::string>& paths) {
  std::error_code error;
  for (fs::recursive_directory_iterator i(root, error), end; !error && i != end; i.increment(error)) {
    if (!i->is_directory() || i->is_symlink()) paths.insert(i->path().lexically_relative(root).string());
  }
  if (error) return fail(ErrorKind::kIo, std::format("{}: {}", root.string(), error.message()));
  return {};
}

}  // namespace

Result<PrivateCopy> PrivateCopy::make(const fs::path& repository, const fs::path& folder, const Cancel* cancel) {
  auto original = repo::WorkTree::open(repository);
  if (!original) return std::unexpected(original.error());
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return fail(ErrorKind::kInvalid, folder.string() + ": this folder is in use");
  }
  const auto found = original->walk(cancel, repo::WorkTree::Extent::kWhole);
  if (!found) return std::unexpected(found.error());
  for (const char* part : {"tree", "base", "tmp"}) {
    fs::create_directories(folder / part, error);
    if (error) return fail(ErrorKind::kIo, std::format("{}: {}", (folder / part).string(), error.message()));
  }
  fs::permissions(folder, fs::perms::owner_all, error);  // the copy may hold what only its owner may read
  auto done = copy_all(*original, *found, folder, cancel);
  if (done) done = make_git_folder(*original, folder / "tree");
  if (done) {
    std::ofstream(folder / "origin.new") << now_ns() << "\n" << original->root().string();
    fs::rename(folder / "origin.new", folder / "origin", error);
    if (error) done = fail(ErrorKind::kIo, std::format("{}: {}", folder.string(), error.message()));
  }
  if (!done) {
    fs::remove_all(folder, error);
    return std::unexpected(done.error());
  }
  return open(folder);
}

Result<PrivateCopy> PrivateCopy::open(const fs::path& folder) {
  std::ifstream in(folder / "origin", std::ios::binary);
  int64_t copied_at = 0;
  in >> copied_at;
  in.get();
  const std::string repository{std::istreambuf_iterator<char>(in), {}};
  if (copied_at == 0 || repository.empty()) {
    return fail(ErrorKind::kDamaged, folder.string() + ": no private copy, or one that was never finished");
  }
  auto tree = TreeFiles::open(folder / "tree", false);
  auto base = TreeFiles::open(folder / "base", false);
  if (!tree) return std::unexpected(tree.error());
  if (!base) return std::unexpected(base.error());
  PrivateCopy copy(std::move(*tree), std::move(*base));
  copy.repository_ = repository;
  copy.copied_at_ = copied_at;
  copy.temporary_ = copy.base_.root().parent_path() / "tmp";
  return copy;
}

Result<void> PrivateCopy::put(const std::string& path, const MaybeFile& before, const MaybeFile& after) const {
  if (auto cleared = tree_.clear_leftover(path, before, after, kCopying); !cleared) return cleared;
  auto done = tree_.replace(path, before, after, kCopying);
  if (!done) return std::unexpected(done.error());
  if (!*done) return fail(ErrorKind::kIo, path + ": a command is writing this file; try again");
  return {};
}

Result<void> PrivateCopy::write(const std::string& path, const FileContent& file) const {
  const auto before = tree_.read(path);
  if (!before) return std::unexpected(before.error());
  return put(path, *before, file);
}

Result<void> PrivateCopy::remove(const std::string& path) const {
  const auto before = tree_.read(path);
  if (!before) return std::unexpected(before.error());
  if (!*before) return fail(ErrorKind::kNotFound, path + ": there is no such file");
  return put(path, *before, {});
}

Result<void> PrivateCopy::move(const std::string& from, const std::string& to) const {
  const auto file = tree_.read(from), there = tree_.read(to);
  if (!file) return std::unexpected(file.error());
  if (!there) return std::unexpected(there.error());
  if (!*file) return fail(ErrorKind::kNotFound, from + ": there is no such file");
  if (*there) return fail(ErrorKind::kInvalid, to + ": a file of this name exists already");
  if (auto made = put(to, {}, *file); !made) return made;
  return put(from, *file, {});
}

Result<std::vector<FileChange>> PrivateCopy::changes(const Cancel* cancel) const {
  auto work_tree = repo::WorkTree::open(root());
  if (!work_tree) return std::unexpected(work_tree.error());
  const auto found = work_tree->walk(cancel, repo::WorkTree::Extent::kWhole);
  if (!found) return std::unexpected(found.error());
  std::set<std::string> paths;  // those of the base count even if they are ignored by now
  if (auto listed = list_files(base_.root(), paths); !listed) return std::unexpected(listed.error());
  for (const repo::FoundFile& file : found->files) paths.insert(file.path);

  std::vector<FileChange> changes;
  for (const std::string& path : paths) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    if (untouched(root() / path, base_.root() / path, copied_at_)) continue;
    auto before = base_.read(path), after = tree_.read(path);
    if (!before) return std::unexpected(before.error());
    // A folder or device in the place of a file, or a link in the place of a folder: the file is gone.
    if (!after && after.error().kind == ErrorKind::kIo) return std::unexpected(after.error());
    if (!after) after = MaybeFile{};
    if (*before != *after) changes.push_back({path, std::move(*before), std::move(*after)});
  }
  return changes;
}

}  // namespace strata::agent
