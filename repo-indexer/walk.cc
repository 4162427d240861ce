// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/walk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>
#include <unordered_set>

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

std::string short_id(const git_oid* id) {
  char hex[9];
  return id ? git_oid_tostr(hex, sizeof hex, id) : "nothing";
}

// Depth-first, names ascending. Folders are listed by absolute path, but never through a link: entries are told apart
// with lstat, and reading the file later goes through WorkTree::read.
class Walker {
 public:
  Walker(const WorkTree& tree, git_repository* repository, const Cancel* cancel, bool whole)
      : tree_(tree), root_(tree.root()), repository_(repository), cancel_(cancel), whole_(whole) {}

  Result<FoundTree> run() {
    // The attributes of files are looked up only below a .gitattributes: it costs more than all the rest.
    Place top;
    if (repository_) {
      load_index();
      std::error_code error;
      top.attributes = fs::exists(tree_.common_folder() / "info/attributes", error);
      git_attr_cache_flush(repository_);
    }
    if (auto done = folder("", top); !done) return std::unexpected(done.error());
    for (const std::string& path : tracked_) report_missing(path);
    std::ranges::sort(found_.files, {}, &FoundFile::path);
    std::ranges::sort(found_.skipped, {}, &Skipped::path);
    return std::move(found_);
  }

 private:
  // What folders hand down to those inside them.
  struct Place {
    bool attributes = false, vendored = false;
  };

  void load_index() {
    git_index* index = nullptr;
    // A repository that stays open must not go on with the index that it has read before.
    if (git_repository_index(&index, repository_) != 0 || git_index_read(index, 0) != 0) {
      skip(".git/index", "cannot be read (" + git_message() + "): what git ignores is left out even if it is tracked");
      git_index_free(index);
      return;
    }
    for (size_t i = 0; i < git_index_entrycount(index); ++i) {
      const git_index_entry* entry = git_index_get_byindex(index, i);
      const std::string path = entry->path;
      if (entry->mode == GIT_FILEMODE_COMMIT) submodules_.insert(path);
      if (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) sparse_.insert(path);
      tracked_.insert(path);
      for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        tracked_.insert(path.substr(0, slash + 1));
      }
    }
    git_index_free(index);
  }

  // Why this is left out by a rule, empty if it is not.
  std::string_view left_out_by(const std::string& path, bool is_folder) {
    if (const auto ours = rules_.leaves_out(path, is_folder)) return *ours ? "ignored (.strataignore)" : "";
    const std::string name = is_folder ? path + "/" : path;
    int ignored = 0;
    if (repository_ && !tracked_.contains(name) &&
        git_ignore_path_is_ignored(&ignored, repository_, name.c_str()) == 0 && ignored) {
      return "ignored (.gitignore)";
    }
    return "";
  }

  void skip(const std::string& path, std::string_view reason) { found_.skipped.push_back({path, std::string(reason)}); }

  // Of what is tracked, the rest has been seen.
  void report_missing(const std::string& path) {
    if (path.ends_with('/') || seen_.contains(path)) return;
    if (submodules_.contains(path)) return skip(path, submodule(path));
    struct stat s{};
    if (lstat((root_ / path).c_str(), &s) == 0) return;  // inside a folder that was left out
    skip(path,
         sparse_.contains(path) ? "not checked out (sparse checkout)" : "deleted in the work tree, but not in git");
  }

  // `prefix` is "" or ends in '/'.
  Result<void> folder(const std::string& prefix, Place place) {
    if (cancel_ && cancel_->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    std::error_code error;
    std::vector<std::string> names;
    fs::directory_iterator entries(root_ / prefix, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      names.push_back(entries->path().filename().string());
    }
    if (error) {
      if (prefix.empty()) return fail(ErrorKind::kIo, std::format("{}: {}", root_.string(), error.message()));
      skip(prefix, "unreadable: " + error.message());
      return {};
    }
    found_.folders.push_back(prefix);
    std::ranges::sort(names);
    for (const std::string& name : names) {
      if (name == ".gitattributes" && repository_) place.attributes = true;
      if (name != kIgnoreFile || whole_) continue;
      if (const auto text = tree_.read(prefix + name)) {
        rules_.add(prefix, *text);
      } else {
        skip(prefix + name, "unreadable: " + text.error().message);
      }
    }
    for (const std::string& name : names) {
      if (name == ".git") continue;
      if (auto done = entry(prefix + name, name, place); !done) return done;
    }
    return {};
  }

  Result<void> entry(const std::string& path, const std::string& name, Place place) {
    struct stat s{};
    if (lstat((root_ / path).c_str(), &s) != 0) {
      if (errno != ENOENT) skip(path, std::string("unreadable: ") + std::strerror(errno));
      return {};
    }
    if (S_ISDIR(s.st_mode)) return subfolder(path, name, place);
    if (tracked_.contains(path)) seen_.insert(path);
    if (const std::string_view rule = left_out_by(path, false); !rule.empty()) {
      skip(path, rule);
    } else if (whole_ && (S_ISREG(s.st_mode) || S_ISLNK(s.st_mode))) {
      found_.files.push_back({path, stamp_of(s), 0});
    } else if (S_ISLNK(s.st_mode)) {
      std::error_code error;
      const fs::path target = fs::weakly_canonical(root_ / path, error);
      const bool inside = !error && std::ranges::mismatch(root_, target).in1 == root_.end();
      skip(path, inside ? "symbolic link" : "symbolic link out of the tree");
    } else if (!S_ISREG(s.st_mode)) {
      skip(path, "not a regular file");
    } else if (is_lock_file(name)) {
      skip(path, "generated lock file");
    } else if (s.st_size > kMaxFileBytes) {
      skip(path, std::format("larger than 1 MB ({:.1f} MB)", static_cast<double>(s.st_size) / 1e6));
    } else {
      file(path, stamp_of(s), place);
    }
    return {};
  }

  void file(const std::string& path, const FileStamp& stamp, Place place) {
    int marks = place.vendored ? kVendored : 0;
    const char* names[] = {"binary", "linguist-generated", "linguist-vendored"};
    const char* values[3] = {};
    if (place.attributes &&
        git_attr_get_many(values, repository_, GIT_ATTR_CHECK_FILE_THEN_INDEX, path.c_str(), 3, names) == 0) {
      if (GIT_ATTR_IS_TRUE(values[0])) return skip(path, "binary (.gitattributes)");
      // "linguist-generated" alone and "linguist-generated=true" are both in use.
      const auto is = [&](int i, std::string_view word) {
        return GIT_ATTR_HAS_VALUE(values[i]) ? values[i] == word
               : word == "true"              ? GIT_ATTR_IS_TRUE(values[i])
                                             : GIT_ATTR_IS_FALSE(values[i]);
      };
      if (is(1, "true")) marks |= kGenerated;
      if (is(1, "false")) marks |= kNotGenerated;
      if (is(2, "true")) marks |= kVendored;
      if (is(2, "false")) marks &= ~kVendored;
    }
    found_.files.push_back({path, stamp, marks});
  }

  Result<void> subfolder(const std::string& path, const std::string& name, Place place) {
    const bool tracked = tracked_.contains(path + "/");
    if (submodules_.contains(path)) {
      seen_.insert(path);
      if (whole_) return folder(path + "/", place);
      skip(path, submodule(path));
    } else if (const std::string_view rule = left_out_by(path, true); !rule.empty()) {
      skip(path + "/", rule);
    } else if (!repository_ && is_tool_folder(name)) {
      skip(path + "/", "folder of a tool");
    } else if (struct stat s{}; repository_ && !tracked && lstat((root_ / path / ".git").c_str(), &s) == 0) {
      skip(path + "/", "nested repository");
    } else {
      place.vendored |= is_vendor_folder(name);
      return folder(path + "/", place);
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
  std::unordered_set<std::string> tracked_;  // files, and their folders with a trailing '/'
  std::unordered_set<std::string> submodules_, sparse_, seen_;
  IgnoreRules rules_;
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
    if (inner != "./" && !inner.starts_with("..") &&
        git_ignore_path_is_ignored(&is_ignored, repository, inner.c_str()) == 0 && is_ignored) {
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
