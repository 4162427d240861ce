// SPDX-License-Identifier: Apache-2.0
// A file is replaced by exchanging it with its successor and then looking at what came out: if that is not what was
// expected, they are exchanged back. So there is no moment between looking and writing in which an editor's save could
// be lost. File systems that cannot exchange (NFS) get a plain rename after looking.
#include "agent/changes/tree_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>
#include <utility>

namespace strata::agent {
namespace {

class Folder {
 public:
  explicit Folder(int descriptor) : descriptor_(descriptor) {}
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string name_in(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::unexpected<Error> os_error(const std::string& path, int code) {
  return fail(ErrorKind::kIo, std::format("{}: {}", path, std::strerror(code)));
}

Result<MaybeFile> read_entry(int folder, const std::string& name, const std::string& path) {
  struct stat s{};
  if (fstatat(folder, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return MaybeFile{};
    return os_error(path, errno);
  }
  FileContent file;
  if (S_ISLNK(s.st_mode)) {
    file.mode = kLink;
    file.bytes.resize(static_cast<size_t>(s.st_size) + 4096);
    const ssize_t size = readlinkat(folder, name.c_str(), file.bytes.data(), file.bytes.size());
    if (size < 0) return os_error(path, errno);
    file.bytes.resize(static_cast<size_t>(size));
    return file;
  }
  if (!S_ISREG(s.st_mode)) return fail(ErrorKind::kUnsupported, path + ": neither a regular file nor a link");
  const Folder in(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (in.get() < 0) return os_error(path, errno);
  file.mode = (s.st_mode & S_IXUSR) ? kExecutableFile : kRegularFile;
  file.bytes.resize(static_cast<size_t>(s.st_size) + 1);  // one more, to see a file that grows
  size_t filled = 0;
  for (;;) {
    if (filled == file.bytes.size()) file.bytes.resize(2 * filled);
    const ssize_t got = ::read(in.get(), file.bytes.data() + filled, file.bytes.size() - filled);
    if (got == 0) break;
    if (got < 0 && errno != EINTR) return os_error(path, errno);
    if (got > 0) filled += static_cast<size_t>(got);
  }
  file.bytes.resize(filled);
  return file;
}

// Who may read and write stays as it was; who may read may run, if somebody may.
mode_t permissions(mode_t before, uint32_t mode) {
  const mode_t bits = before & 0777;
  return mode == kExecutableFile ? bits | ((bits & 0444) >> 2) : bits & ~mode_t{0111};
}

Result<void> create(int folder, const std::string& name, const FileContent& file, const mode_t* before, bool durable) {
  if (file.mode == kLink) {
    return symlinkat(file.bytes.c_str(), folder, name.c_str()) == 0 ? Result<void>{} : os_error(name, errno);
  }
  const mode_t fresh = file.mode == kExecutableFile ? 0777 : 0666;  // the umask takes from this
  const Folder out(openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, fresh));
  if (out.get() < 0) return os_error(name, errno);
  for (size_t written = 0; written < file.bytes.size();) {
    const ssize_t got = ::write(out.get(), file.bytes.data() + written, file.bytes.size() - written);
    if (got < 0 && errno != EINTR) return os_error(name, errno);
    if (got > 0) written += static_cast<size_t>(got);
  }
  if (before && fchmod(out.get(), permissions(*before, file.mode)) != 0) return os_error(name, errno);
  if (durable && fsync(out.get()) != 0) return os_error(name, errno);
  return {};
}

bool cannot_exchange(int code) { return code == EINVAL || code == ENOSYS || code == ENOTSUP; }

// Moves `from` to `to` unless something is there. True if it did.
Result<bool> move_if_free(int folder, const std::string& from, const std::string& to, const std::string& path) {
  if (renameat2(folder, from.c_str(), folder, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (!cannot_exchange(errno)) return os_error(path, errno);
  if (faccessat(folder, to.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) return false;
  return renameat(folder, from.c_str(), folder, to.c_str()) == 0 ? Result<bool>(true) : os_error(path, errno);
}

}  // namespace

bool is_tree_path(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  for (size_t first = 0; first <= path.size();) {
    const size_t slash = std::min(path.find('/', first), path.size());
    const std::string_view part = path.substr(first, slash - first);
    if (part.empty() || part == "." || part == "..") return false;
    if (std::ranges::equal(part, std::string_view(".git"), [](char a, char b) { return (a | 0x20) == (b | 0x20); })) {
      return false;
    }
    first = slash + 1;
  }
  return true;
}

Result<TreeFiles> TreeFiles::open(const std::filesystem::path& root, bool durable) {
  std::error_code error;
  TreeFiles tree;
  tree.root_ = std::filesystem::canonical(root, error);
  if (error) return fail(ErrorKind::kNotFound, std::format("{}: {}", root.string(), error.message()));
  tree.durable_ = durable;
  tree.descriptor_ = ::open(tree.root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (tree.descriptor_ < 0) return os_error(root.string(), errno);
  return tree;
}

TreeFiles::TreeFiles(TreeFiles&& other) noexcept { *this = std::move(other); }
TreeFiles& TreeFiles::operator=(TreeFiles&& other) noexcept {
  std::swap(root_, other.root_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(durable_, other.durable_);
  return *this;
}
TreeFiles::~TreeFiles() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<int> TreeFiles::open_parent(const std::string& path, bool make) const {
  if (!is_tree_path(path)) return fail(ErrorKind::kInvalid, path + ": not a path inside the tree");
  int folder = fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  for (size_t first = 0, slash; (slash = path.find('/', first)) != std::string::npos; first = slash + 1) {
    const std::string part = path.substr(first, slash - first);
    const Folder current(folder);
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    folder = openat(current.get(), part.c_str(), kFlags);
    if (folder < 0 && errno == ENOENT && make && (mkdirat(current.get(), part.c_str(), 0777) == 0 || errno == EEXIST)) {
      if (durable_) fsync(current.get());
      folder = openat(current.get(), part.c_str(), kFlags);
    }
    if (folder >= 0) continue;
    const int code = errno;
    struct stat s{};
    if (fstatat(current.get(), part.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(s.st_mode)) {
      return fail(ErrorKind::kInvalid,
                  std::format("{}: {} is a link; name the file where it really is", path, path.substr(0, slash)));
    }
    if (!make && (code == ENOENT || code == ENOTDIR)) return -1;
    return os_error(path, code);
  }
  return folder;
}

Result<MaybeFile> TreeFiles::read(const std::string& path) const {
  const auto parent = open_parent(path, false);
  if (!parent) return std::unexpected(parent.error());
  if (*parent < 0) return MaybeFile{};
  const Folder folder(*parent);
  return read_entry(folder.get(), name_in(path), path);
}

Result<bool> TreeFiles::replace(const std::string& path, const MaybeFile& expected, const MaybeFile& wanted,
                                const std::string& temporary) const {
  const auto parent = open_parent(path, wanted.has_value());
  if (!parent) return std::unexpected(parent.error());
  if (*parent < 0) return !expected;
  const Folder folder(*parent);
  const std::string name = name_in(path);
  const auto now = read_entry(folder.get(), name, path);
  if (!now) return std::unexpected(now.error());
  if (*now != expected) return false;
  if (expected == wanted) return true;

  const auto settle = [&](bool done) -> Result<bool> {
    if (durable_ && fsync(folder.get()) != 0) return os_error(path, errno);
    return done;
  };
  if (wanted) {
    struct stat before{};
    const bool known =
        fstatat(folder.get(), name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(before.st_mode);
    if (auto made = create(folder.get(), temporary, *wanted, known ? &before.st_mode : nullptr, durable_); !made) {
      unlinkat(folder.get(), temporary.c_str(), 0);
      return std::unexpected(
          Error{made.error().kind, std::format("{}: cannot be written: {}", path, made.error().message)});
    }
    if (!expected) {
      const auto moved = move_if_free(folder.get(), temporary, name, path);
      if (!moved || !*moved) unlinkat(folder.get(), temporary.c_str(), 0);
      return moved && *moved ? settle(true) : moved;
    }
    if (renameat2(folder.get(), temporary.c_str(), folder.get(), name.c_str(), RENAME_EXCHANGE) != 0) {
      const int code = errno;
      if (cannot_exchange(code) && renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) == 0) {
        return settle(true);
      }
      unlinkat(folder.get(), temporary.c_str(), 0);
      return code == ENOENT ? Result<bool>(false) : os_error(path, code);
    }
  } else if (const auto moved = move_if_free(folder.get(), name, temporary, path); !moved || !*moved) {
    return moved;
  }
  // What stood at `path` is now at `temporary`.
  if (const auto out = read_entry(folder.get(), temporary, path); !out || *out != expected) {
    if (wanted) {
      renameat2(folder.get(), temporary.c_str(), folder.get(), name.c_str(), RENAME_EXCHANGE);
      unlinkat(folder.get(), temporary.c_str(), 0);
    } else if (const auto back = move_if_free(folder.get(), temporary, name, path); !back) {
      return back;
    }
    return false;
  }
  if (unlinkat(folder.get(), temporary.c_str(), 0) != 0) return os_error(path, errno);
  const auto done = settle(true);
  if (!wanted) remove_empty_parents(path);
  return done;
}

Result<void> TreeFiles::clear_leftover(const std::string& path, const MaybeFile& expected, const MaybeFile& wanted,
                                       const std::string& temporary) const {
  const auto parent = open_parent(path, false);
  if (!parent) return std::unexpected(parent.error());
  if (*parent < 0) return {};
  const Folder folder(*parent);
  const std::string name = name_in(path);
  const auto left = read_entry(folder.get(), temporary, path);
  if (!left) return std::unexpected(left.error());
  if (!*left) return {};
  const auto now = read_entry(folder.get(), name, path);
  if (!now) return std::unexpected(now.error());
  // Before the exchange `path` is untouched and what is left may be half a file of ours. After it, what is left is what
  // stood at `path`, and that is somebody's edit if it is not what was expected.
  const bool exchanged = *now == wanted && *now != expected;
  if (exchanged && *left != expected && *left != wanted) {
    if (renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0) return os_error(path, errno);
    return {};
  }
  return unlinkat(folder.get(), temporary.c_str(), 0) == 0 ? Result<void>{} : os_error(path, errno);
}

void TreeFiles::remove_empty_parents(const std::string& path) const {
  for (size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0; slash = path.rfind('/', slash - 1)) {
    const std::string folder = path.substr(0, slash);
    const auto parent = open_parent(folder, false);
    if (!parent || *parent < 0) return;
    const Folder above(*parent);
    if (unlinkat(above.get(), name_in(folder).c_str(), AT_REMOVEDIR) != 0) return;
  }
}

}  // namespace strata::agent
