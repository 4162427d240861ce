// SPDX-License-Identifier: Apache-2.0
// The new tree is HEAD's with the accepted change merged into each file: where HEAD has what stood in the work tree
// before, that is the accepted content exactly, and edits that the user has not committed stay uncommitted. Hooks see
// it in an index of its own (GIT_INDEX_FILE), as `git commit --only` does. Only when the commit is made are the same
// changes put into the user's index, beside what is staged there.
#include "agent/changes/commit.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <format>
#include <fstream>
#include <iterator>

#include "agent/changes/apply.h"
#include "agent/changes/git_access.h"
#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

class Committer {
 public:
  explicit Committer(repo::WorkTree tree) : tree_(std::move(tree)), repository_(tree_.repository()) {}

  Result<CommitReport> run(const std::vector<FileChange>& changes, const std::string& message) {
    if (auto ready = check(); !ready) return std::unexpected(ready.error());
    const fs::path next_file = tree_.git_folder() / std::format("strata-index-{}", getpid());
    auto done = commit(changes, message, next_file);
    std::error_code ignored;
    fs::remove(next_file, ignored);
    fs::remove(next_file.string() + ".lock", ignored);
    return done;
  }

 private:
  Result<void> check() {
    if (git_repository_state(repository_) != GIT_REPOSITORY_STATE_NONE) {
      return fail(ErrorKind::kInvalid, tree_.head() + "; finish that first, then commit with git");
    }
    if (git_repository_head_detached(repository_) == 1) {
      return fail(ErrorKind::kInvalid,
                  "no branch is checked out (HEAD is detached), so a commit would be lost; what was "
                  "accepted is in the work tree");
    }
    git_config* raw = nullptr;
    if (git_repository_config_snapshot(&raw, repository_) != 0) return git_error_of("the configuration of git");
    const GitConfig config(raw);
    int sign = 0;
    if (git_config_get_bool(&sign, raw, "commit.gpgsign") == 0 && sign) {
      return fail(ErrorKind::kUnsupported,
                  "commits are signed here (commit.gpgsign); what was accepted is in the work "
                  "tree, commit it with git");
    }
    const char* hooks = nullptr;
    hooks_ = tree_.common_folder() / "hooks";
    if (git_config_get_string(&hooks, raw, "core.hooksPath") == 0 && hooks && *hooks) {
      hooks_ = fs::path(hooks).is_absolute() ? fs::path(hooks) : tree_.root() / hooks;
    }
    git_signature* author = nullptr;
    if (git_signature_default(&author, repository_) != 0) {
      return fail(ErrorKind::kInvalid, "git does not know who commits; set user.name and user.email");
    }
    author_.reset(author);
    return {};
  }

  Result<CommitReport> commit(const std::vector<FileChange>& changes, const std::string& message,
                              const fs::path& next_file) {
    GitCommit parent;
    GitTree head;
    if (git_repository_head_unborn(repository_) != 1) {
      git_object* object = nullptr;
      if (git_revparse_single(&object, repository_, "HEAD^{commit}") != 0) return git_error_of("HEAD");
      parent.reset(reinterpret_cast<git_commit*>(object));
      git_tree* tree = nullptr;
      if (git_commit_tree(&tree, parent.get()) != 0) return git_error_of("HEAD");
      head.reset(tree);
    }
    git_index* raw = nullptr;
    if (git_index_open(&raw, next_file.c_str()) != 0) return git_error_of(next_file.string());
    const GitIndex next(raw);
    if (head && git_index_read_tree(raw, head.get()) != 0) return git_error_of("HEAD");
    if (auto done = take(raw, changes, "committed"); !done) return std::unexpected(done.error());
    if (git_index_write(raw) != 0) return git_error_of(next_file.string());

    // The user's index is changed in memory first: what does not fit is told before anything is committed.
    git_index* users_raw = nullptr;
    if (git_repository_index(&users_raw, repository_) != 0 || git_index_read(users_raw, 1) != 0) {
      return git_error_of("the index of git");
    }
    const GitIndex users(users_raw);
    if (auto done = take(users_raw, changes, "staged"); !done) return std::unexpected(done.error());

    CommitReport report;
    const auto hook = [&](const char* name, const std::vector<std::string>& arguments) {
      return run_hook(name, arguments, next_file, report.hook_output);
    };
    const fs::path message_file = tree_.git_folder() / "COMMIT_EDITMSG";
    std::ofstream(message_file, std::ios::binary | std::ios::trunc) << message << (message.ends_with('\n') ? "" : "\n");
    for (const auto& [name, arguments] : {std::pair<const char*, std::vector<std::string>>{"pre-commit", {}},
                                          {"prepare-commit-msg", {message_file.string(), "message"}},
                                          {"commit-msg", {message_file.string()}}}) {
      if (hook(name, arguments)) continue;
      return fail(ErrorKind::kInvalid,
                  std::format("the hook {} refused, so nothing was committed; what was accepted is "
                              "in the work tree\n{}",
                              name, report.hook_output));
    }
    std::ifstream edited(message_file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(edited), {}};
    // A hook may have changed what is committed (formatters do), or the message.
    git_oid tree_id{}, id{};
    git_tree* tree_raw = nullptr;
    if (git_index_read(raw, 1) != 0 || git_index_write_tree_to(&tree_id, raw, repository_) != 0 ||
        git_tree_lookup(&tree_raw, repository_, &tree_id) != 0) {
      return git_error_of("the new commit");
    }
    const GitTree tree(tree_raw);
    std::array<const git_commit*, 1> parents = {parent.get()};
    if (git_commit_create(&id, repository_, "HEAD", author_.get(), author_.get(), nullptr, text.c_str(), tree.get(),
                          parent ? 1 : 0, parents.data()) != 0) {
      return git_error_of("the new commit");
    }
    if (git_index_write(users_raw) != 0) {
      report.hook_output += "the index could not be updated; `git status` shows the commit's files as changed\n";
    }
    hook("post-commit", {});
    char hex[GIT_OID_SHA1_HEXSIZE + 1];
    report.id = git_oid_tostr(hex, sizeof hex, &id);
    return report;
  }

  // Merges each change into the index's own version of the file.
  Result<void> take(git_index* index, const std::vector<FileChange>& changes, const char* what) {
    for (const FileChange& change : changes) {
      const git_index_entry* entry = git_index_get_bypath(index, change.path.c_str(), 0);
      auto there = entry ? file_of(repository_, entry->id, entry->mode, change.path) : Result<MaybeFile>(MaybeFile{});
      if (!there) return std::unexpected(there.error());
      // Not known to git although it stood in the tree: its whole new content is committed.
      const Merged merged = !*there && change.before && change.after ? Merged{change.after, false, ""}
                                                                     : merge_files(change.before, *there, change.after);
      if (merged.conflict) {
        return fail(ErrorKind::kInvalid, std::format("{}: the accepted lines cannot be told from what you have not {}; "
                                                     "they are in the work tree, commit with git",
                                                     change.path, what));
      }
      if (!merged.file) {
        if (entry && git_index_remove_bypath(index, change.path.c_str()) != 0) return git_error_of(change.path);
        continue;
      }
      auto id = blob_of(*merged.file, change.path);
      if (!id) return std::unexpected(id.error());
      git_index_entry fresh{};
      fresh.path = change.path.c_str();
      fresh.mode = merged.file->mode;
      fresh.id = *id;
      if (git_index_add(index, &fresh) != 0) return git_error_of(change.path);
    }
    return {};
  }

  // Through the filters that git has for the way into the repository.
  Result<git_oid> blob_of(const FileContent& file, const std::string& path) {
    git_oid id{};
    git_filter_list* raw = nullptr;
    if (file.mode != kLink &&
        git_filter_list_load(&raw, repository_, nullptr, path.c_str(), GIT_FILTER_TO_ODB, GIT_FILTER_DEFAULT) != 0) {
      return git_error_of(path);
    }
    const GitFilters filters(raw);
    const char* driver = nullptr;
    if (git_attr_get(&driver, repository_, GIT_ATTR_CHECK_FILE_THEN_INDEX, path.c_str(), "filter") == 0 &&
        GIT_ATTR_HAS_VALUE(driver)) {
      return fail(ErrorKind::kUnsupported,
                  std::format("{}: this file goes through the filter '{}'; commit it with git", path, driver));
    }
    git_buf out{};
    const bool filtered = raw && git_filter_list_apply_to_buffer(&out, raw, file.bytes.data(), file.bytes.size()) == 0;
    const int code = filtered ? git_blob_create_from_buffer(&id, repository_, out.ptr, out.size)
                              : git_blob_create_from_buffer(&id, repository_, file.bytes.data(), file.bytes.size());
    git_buf_dispose(&out);
    if (code != 0) return git_error_of(path);
    return id;
  }

  // True if there is none, or it agreed.
  bool run_hook(const std::string& name, const std::vector<std::string>& arguments, const fs::path& index,
                std::string& output) {
    const fs::path hook = hooks_ / name;
    if (access(hook.c_str(), X_OK) != 0) return true;
    std::string command = std::format("cd {} && GIT_INDEX_FILE={} GIT_DIR={} GIT_EDITOR=: {}", quoted(tree_.root()),
                                      quoted(index), quoted(tree_.git_folder()), quoted(hook));
    for (const std::string& argument : arguments) command += " " + quoted(argument);
    FILE* pipe = popen((command + " 2>&1 </dev/null").c_str(), "re");
    if (!pipe) return false;
    char buffer[4096];
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, got);
    const int status = pclose(pipe);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  repo::WorkTree tree_;
  git_repository* repository_;
  fs::path hooks_;
  GitSignature author_;
};

}  // namespace

Result<CommitReport> commit_changes(const fs::path& repository, const std::vector<FileChange>& changes,
                                    const std::string& message) {
  auto tree = repo::WorkTree::open(repository);
  if (!tree) return std::unexpected(tree.error());
  if (!tree->is_git()) return fail(ErrorKind::kUnsupported, tree->notice() + ", so there is nothing to commit to");
  if (message.find_first_not_of(" \t\n") == std::string::npos) {
    return fail(ErrorKind::kInvalid, "a commit needs a message");
  }
  return Committer(std::move(*tree)).run(changes, message);
}

}  // namespace strata::agent
