// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "repo-indexer/attributes.h"
#include "repo-indexer/ignore_rules.h"

namespace strata::repo {
namespace {

namespace fs = std::filesystem;

std::string git_message() {
  const git_error* last = git_error_last();
  return last && last->message ? last->message : "unknown error";
}

FileStamp stamp_of(const struct stat& s) {
  const auto ns = [](const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; };
  return {s.st_size, ns(s.st_mtim), ns(s.st_ctim), static_cast<int64_t>(s.st_ino)};
}

// Written by tools from other files; long, and never what a question is about.
bool is_lock_file(std::string_view name) {
  static const std::unordered_set<std::string_view> kNames = {
      "package-lock.json", "yarn.lock",    "pnpm-lock.yaml", "bun.lock",     "Cargo.lock", "poetry.lock",
      "uv.lock",           "Pipfile.lock", "composer.lock",  "Gemfile.lock", "go.sum",     "npm-shrinkwrap.json"};
  return kNames.contains(name);
}

// Without git there are no ignore rules; these folders are never anybody's own text.
bool is_tool_folder(std::string_view name) {
  static const std::unordered_set<std::string_view> kNames = {"node_modules", "__pycache__", ".venv",       ".tox",
                                                              ".hg",          ".svn",        ".mypy_cache", ".cache"};
  return kNames.contains(name);
}

// Code of others that is kept in the tree, by the names that people give such folders (github-linguist's vendor.yml).
bool is_vendor_folder(std::string_view name) {
  static const std::unordered_set<std::string_view> kNames = {
      "vendor",    "vendored",     "third_party",      "third-party", "thirdparty", "3rdparty",
      "externals", "node_modules", "bower_components", "Pods",        "Godeps"};
  return kNames.contains(name);
}

// libgit2 opens these files without looking and would wait for ever for the other end of a pipe.
bool is_trap(const fs::path& folder) {
  return std::ranges::any_of(std::array{".gitignore", ".gitmodules"}, [&](const char* name) {
    struct stat s{};
    return stat((folder / name).c_str(), &s) == 0 && !S_ISREG(s.st_mode) && !S_ISDIR(s.st_mode);
  });
}
constexpr std::string_view kTrap = "its .gitignore or .gitmodules is a pipe or a device";

std::string short_id(const git_oid* id) {
  char hex[9];
  return id ? git_oid_tostr(hex, sizeof hex, id) : "nothing";
}

// Depth-first, paths ascending. Folders are listed by absolute path, but never through a link: entries are told apart
// as lstat does, and reading the file later goes through WorkTree::read.
class Walker {
 public:
  Walker(const WorkTree& tree, git_repository* repository, const Cancel* cancel, bool whole)
      : tree_(tree), root_(tree.root()), repository_(repository), cancel_(cancel), whole_(whole) {}

  Result<FoundTree> run() {
    if (repository_) {
      load_index();
      std::ifstream info(tree_.common_folder() / "info/attributes", std::ios::binary);
      attributes_.add_overruling(std::string(std::istreambuf_iterator<char>(info), {}));
      git_attr_cache_flush(repository_);  // it keeps ignore files, too
    }
    if (auto done = folder("", false); !done) return std::unexpected(done.error());
    for (const auto& [path, seen] : tracked_) {
      if (!seen && !path.ends_with('/')) report_missing(path);
    }
    std::ranges::sort(found_.skipped, {}, &Skipped::path);
    return std::move(found_);
  }

 private:
  void load_index() {
    git_index* index = nullptr;
    // A repository that stays open must not go on with the index that it has read before.
    if (git_repository_index(&index, repository_) != 0 || git_index_read(index, 0) != 0) {
      skip(".git/index", "cannot be read (" + git_message() + "): what git ignores is left out even if it is tracked");
      git_index_free(index);
      return;
    }
    const size_t count = git_index_entrycount(index);
    tracked_.reserve(count + count / 4);
    std::string_view before;  // they are sorted: what both share has been noted
    for (size_t i = 0; i < count; ++i) {
      const git_index_entry* entry = git_index_get_byindex(index, i);
      const std::string_view path = entry->path;
      if (entry->mode == GIT_FILEMODE_COMMIT) submodules_.emplace(path);
      if (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) sparse_.emplace(path);
      tracked_.emplace(path, false);
      const auto shared = static_cast<size_t>(std::ranges::mismatch(path, before).in1 - path.begin());
      for (size_t slash = path.find('/', shared); slash != path.npos; slash = path.find('/', slash + 1)) {
        tracked_.emplace(path.substr(0, slash + 1), false);
      }
      before = path;
    }
    git_index_free(index);
  }

  // Why this is left out by a rule, empty if it is not. A folder ends in '/'.
  std::string_view left_out_by(const std::string& path) {
    const bool is_folder = path.ends_with('/');
    const auto ours = rules_.leaves_out(std::string_view(path).substr(0, path.size() - is_folder), is_folder);
    if (ours) return *ours ? "ignored (.strataignore)" : "";
    int ignored = 0;
    if (repository_ && !tracked_.contains(path) &&
        git_ignore_path_is_ignored(&ignored, repository_, path.c_str()) == 0 && ignored) {
      return "ignored (.gitignore)";
    }
    return "";
  }

  void skip(const std::string& path, std::string_view reason) { found_.skipped.push_back({path, std::string(reason)}); }

  void report_missing(const std::string& path) {
    if (submodules_.contains(path)) return skip(path, submodule(path));
    struct stat s{};
    if (lstat((root_ / path).c_str(), &s) == 0) return;  // inside a folder that was left out
    skip(path,
         sparse_.contains(path) ? "not checked out (sparse checkout)" : "deleted in the work tree, but not in git");
  }

  // `prefix` is "" or ends in '/'.
  Result<void> folder(const std::string& prefix, bool vendored) {
    if (cancel_ && cancel_->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    std::vector<Entry> entries;
    if (const int code = list(prefix, entries); code != 0) {
      const std::string reason = std::generic_category().message(code);
      if (prefix.empty()) return fail(ErrorKind::kIo, std::format("{}: {}", root_.string(), reason));
      skip(prefix, "unreadable: " + reason);
      return {};
    }
    if (repository_ && is_trap(root_ / prefix)) {
      if (prefix.empty()) return fail(ErrorKind::kIo, std::format("{}: {}", root_.string(), kTrap));
      skip(prefix, std::format("unreadable: {}", kTrap));
      return {};
    }
    found_.folders.push_back(prefix);
    for (const Entry& e : entries) {
      if (e.name == ".gitattributes" && repository_) attributes_.add(prefix, tree_.read(prefix + e.name).value_or(""));
      if (e.name != kIgnoreFile || whole_) continue;
      if (const auto text = tree_.read(prefix + e.name)) {
        rules_.add(prefix, *text);
      } else {
        skip(prefix + e.name, "unreadable: " + text.error().message);
      }
    }
    for (const Entry& e : entries) {
      if (e.name == ".git" || e.name == ".git/") continue;
      if (e.code != 0) {
        skip(prefix + e.name, std::string("unreadable: ") + std::strerror(e.code));
      } else if (auto done = entry(prefix + e.name, e, vendored); !done) {
        return done;
      }
    }
    return {};
  }

  struct Entry {
    std::string name;  // of a folder with a '/' behind it: so sorted, paths of the whole tree ascend
    mode_t mode = 0;
    FileStamp stamp{};
    int code = 0;  // why mode and stamp are not known
  };

  // errno of what went wrong, 0 if nothing did.
  int list(const std::string& prefix, std::vector<Entry>& entries) {
    DIR* const folder = opendir((root_ / prefix).c_str());
    if (!folder) return errno;
    errno = 0;
    while (const dirent* found = readdir(folder)) {
      Entry e{found->d_name};
      if (e.name == "." || e.name == "..") continue;
      struct stat s{};
      if (fstatat(dirfd(folder), found->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) e.code = errno;
      e.mode = s.st_mode;
      e.stamp = stamp_of(s);
      if (S_ISDIR(e.mode)) e.name += '/';
      if (e.code != ENOENT) entries.push_back(std::move(e));
      errno = 0;
    }
    const int code = errno;
    closedir(folder);
    std::ranges::sort(entries, {}, &Entry::name);
    return code;
  }

  Result<void> entry(const std::string& path, const Entry& e, bool vendored) {
    if (S_ISDIR(e.mode)) return subfolder(path, e.name, vendored);
    if (const auto tracked = tracked_.find(path); tracked != tracked_.end()) tracked->second = true;
    if (const std::string_view rule = left_out_by(path); !rule.empty()) {
      skip(path, rule);
    } else if (whole_ && (S_ISREG(e.mode) || S_ISLNK(e.mode))) {
      found_.files.push_back({path, e.stamp, 0});
    } else if (S_ISLNK(e.mode)) {
      std::error_code error;
      const fs::path target = fs::weakly_canonical(root_ / path, error);
      const bool inside = std::ranges::mismatch(root_, target).in1 == root_.end();
      skip(path, error    ? "symbolic link that cannot be followed"
                 : inside ? "symbolic link"
                          : "symbolic link out of the tree");
    } else if (!S_ISREG(e.mode)) {
      skip(path, "not a regular file");
    } else if (is_lock_file(e.name)) {
      skip(path, "generated lock file");
    } else if (e.stamp.size > kMaxFileBytes) {
      skip(path, std::format("larger than 1 MB ({:.1f} MB)", static_cast<double>(e.stamp.size) / 1e6));
    } else {
      file(path, e.stamp, vendored);
    }
    return {};
  }

  void file(const std::string& path, const FileStamp& stamp, bool vendored) {
    const FileAttributes attributes = attributes_.of(path);
    if (attributes.binary.value_or(false)) return skip(path, "binary (.gitattributes)");
    int marks = attributes.vendored.value_or(vendored) ? kVendored : 0;
    if (attributes.generated) marks |= *attributes.generated ? kGenerated : kNotGenerated;
    found_.files.push_back({path, stamp, marks});
  }

  // `prefix` and `name` end in '/'.
  Result<void> subfolder(const std::string& prefix, std::string_view name, bool vendored) {
    const std::string path = prefix.substr(0, prefix.size() - 1);
    name.remove_suffix(1);
    if (submodules_.contains(path)) {
      tracked_[path] = true;
      if (whole_) return folder(prefix, vendored);
      skip(path, submodule(path));
    } else if (const std::string_view rule = left_out_by(prefix); !rule.empty()) {
      skip(prefix, rule);
    } else if (!repository_ && is_tool_folder(name)) {
      skip(prefix, "folder of a tool");
    } else if (struct stat s{};
               repository_ && !tracked_.contains(prefix) && lstat((root_ / prefix / ".git").c_str(), &s) == 0) {
      skip(prefix, "nested repository");
    } else {
      return folder(prefix, vendored || is_vendor_folder(name));
    }
    return {};
  }

  std::string submodule(const std::string& path) {
    git_submodule* module = nullptr;
    if (git_submodule_lookup(&module, repository_, path.c_str()) != 0) {
      return "submodule that .gitmodules does not describe";
    }
    const git_oid* recorded = git_submodule_index_id(module);
    const git_oid* present = git_submodule_wd_id(module);
    std::string state = "submodule at " + short_id(present);
    if (!present) {
      state = std::format("submodule, not checked out (git submodule update --init); {} is wanted", short_id(recorded));
    } else if (recorded && !git_oid_equal(recorded, present)) {
      state += std::format(", but git's index has {}", short_id(recorded));
    }
    git_submodule_free(module);
    return state;
  }

  const WorkTree& tree_;
  const fs::path& root_;
  git_repository* repository_;
  const Cancel* cancel_;
  const bool whole_;
  std::unordered_map<std::string, bool> tracked_;  // files: have they been seen?; and their folders with a '/' behind
  std::unordered_set<std::string> submodules_, sparse_;
  IgnoreRules rules_;
  AttributeRules attributes_;
  FoundTree found_;
};

}  // namespace

GitLibrary::GitLibrary() {
  git_libgit2_init();
  // A repository of another user (a mounted disk, a container) is only read here: no hook, filter or command of its
  // configuration is ever run, which is what git's ownership check protects from.
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

GitLibrary::~GitLibrary() { git_libgit2_shutdown(); }

WorkTree::WorkTree(WorkTree&& other) noexcept { *this = std::move(other); }

WorkTree& WorkTree::operator=(WorkTree&& other) noexcept {
  std::swap(library_, other.library_);
  std::swap(repository_, other.repository_);
  std::swap(root_, other.root_);
  std::swap(root_descriptor_, other.root_descriptor_);
  std::swap(notice_, other.notice_);
  return *this;
}

WorkTree::~WorkTree() {
  if (root_descriptor_ >= 0) close(root_descriptor_);
}

Result<WorkTree> WorkTree::open(const fs::path& path) {
  std::error_code error;
  fs::path folder = fs::canonical(path, error);
  if (error) return fail(ErrorKind::kNotFound, std::format("{}: {}", path.string(), error.message()));
  if (!fs::is_directory(folder, error)) folder = folder.parent_path();

  WorkTree tree;
  git_repository* repository = nullptr;
  const int code = git_repository_open_ext(&repository, folder.c_str(), GIT_REPOSITORY_OPEN_CROSS_FS, nullptr);
  tree.repository_.reset(repository);
  if (code == 0 && git_repository_is_bare(repository)) {
    return fail(
        ErrorKind::kUnsupported,
        std::format("{}: a bare repository has no files to read; clone it and open the clone", folder.string()));
  }
  if (code == 0) {
    tree.root_ = fs::canonical(git_repository_workdir(repository), error);
    if (error) return fail(ErrorKind::kIo, std::format("{}: {}", git_repository_workdir(repository), error.message()));
    // A folder that the repository around it ignores is not part of that repository.
    const std::string inner = folder.lexically_relative(tree.root_).generic_string() + "/";
    int is_ignored = 0;
    const bool below = inner != "./" && !inner.starts_with("..");
    for (fs::path at = folder; below; at = at.parent_path()) {
      if (is_trap(at)) return fail(ErrorKind::kIo, std::format("{}: {}", at.string(), kTrap));
      if (at == tree.root_) break;
    }
    if (below && git_ignore_path_is_ignored(&is_ignored, repository, inner.c_str()) == 0 && is_ignored) {
      tree.repository_.reset();
    }
  }
  if (!tree.repository_) {
    tree.root_ = folder;
    tree.notice_ = code == 0 || code == GIT_ENOTFOUND
                       ? std::format("{} is not a git repository: all its files are read", folder.string())
                       : std::format("{}: git cannot open this repository ({}): all its files are read",
                                     folder.string(), git_message());
  }
  tree.root_descriptor_ = ::open(tree.root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (tree.root_descriptor_ < 0) {
    return fail(ErrorKind::kIo, std::format("{}: {}", tree.root_.string(), std::strerror(errno)));
  }
  return tree;
}

Result<FoundTree> WorkTree::walk(const Cancel* cancel, Extent extent) const {
  return Walker(*this, repository_.get(), cancel, extent == Extent::kWhole).run();
}

fs::path WorkTree::git_folder() const { return repository_ ? git_repository_path(repository_.get()) : ""; }
fs::path WorkTree::common_folder() const { return repository_ ? git_repository_commondir(repository_.get()) : ""; }

std::string WorkTree::head() const {
  if (!repository_) return "";
  git_reference* reference = nullptr;
  std::string text;
  if (const int code = git_repository_head(&reference, repository_.get()); code == 0) {
    const bool detached = git_repository_head_detached(repository_.get()) == 1;
    text = std::format("{} at {}", detached ? "detached" : git_reference_shorthand(reference),
                       short_id(git_reference_target(reference)));
    git_reference_free(reference);
  } else {
    text = code == GIT_EUNBORNBRANCH ? "no commits yet" : "HEAD cannot be read: " + git_message();
  }
  const char* action = nullptr;
  switch (git_repository_state(repository_.get())) {
    case GIT_REPOSITORY_STATE_NONE: return text;
    case GIT_REPOSITORY_STATE_MERGE: action = "merge"; break;
    case GIT_REPOSITORY_STATE_REVERT:
    case GIT_REPOSITORY_STATE_REVERT_SEQUENCE: action = "revert"; break;
    case GIT_REPOSITORY_STATE_CHERRYPICK:
    case GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE: action = "cherry-pick"; break;
    case GIT_REPOSITORY_STATE_BISECT: action = "bisect"; break;
    case GIT_REPOSITORY_STATE_APPLY_MAILBOX:
    case GIT_REPOSITORY_STATE_APPLY_MAILBOX_OR_REBASE: action = "git am"; break;
    default: action = "rebase"; break;
  }
  return text + "; a " + action + " is in progress";
}

Result<std::string> WorkTree::read(const std::string& path, FileStamp* stamp) const {
  const auto os_error = [&](int code) {
    return fail(code == ENOENT || code == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo,
                std::format("{}: {}", path, std::strerror(code)));
  };
  int descriptor = root_descriptor_;
  const auto step = [&](const std::string& name, int flags) {
    const int next = openat(descriptor, name.c_str(), flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    const int code = errno;
    if (descriptor != root_descriptor_) close(descriptor);
    errno = code;
    return descriptor = next;
  };
  for (size_t first = 0; first <= path.size();) {
    const size_t slash = std::min(path.find('/', first), path.size());
    const std::string name = path.substr(first, slash - first);
    if (name.empty() || name == "..") {
      if (descriptor != root_descriptor_) close(descriptor);
      return fail(ErrorKind::kNotFound, path + ": not a path inside the tree");
    }
    if (step(name, slash < path.size() ? O_DIRECTORY : 0) < 0) return os_error(errno);
    first = slash + 1;
  }
  struct stat s{};
  std::string bytes;
  int code = fstat(descriptor, &s) == 0 ? 0 : errno;
  if (code == 0 && (!S_ISREG(s.st_mode) || s.st_size > kMaxFileBytes)) {
    close(descriptor);
    return fail(ErrorKind::kUnsupported, path + ": not a regular file of at most 1 MB");
  }
  // One byte more than expected, so that a file that grows meanwhile is seen to.
  bytes.resize(static_cast<size_t>(s.st_size) + 1);
  size_t filled = 0;
  while (code == 0 && filled < bytes.size()) {
    const ssize_t got = ::read(descriptor, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno != EINTR) code = errno;
    if (got == 0) break;
    if (got > 0) filled += static_cast<size_t>(got);
  }
  close(descriptor);
  if (code != 0) return os_error(code);
  bytes.resize(filled);
  if (stamp) {
    *stamp = stamp_of(s);
    if (filled != static_cast<size_t>(s.st_size)) *stamp = {};  // changed while being read: never matches, read again
  }
  return bytes;
}

std::string blob_id(std::string_view bytes) {
  git_oid id{};
  git_odb_hash(&id, bytes.data(), bytes.size(), GIT_OBJECT_BLOB);
  char hex[GIT_OID_SHA1_HEXSIZE + 1];
  return git_oid_tostr(hex, sizeof hex, &id);
}

}  // namespace strata::repo
