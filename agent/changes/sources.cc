// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/sources.h"

#include <algorithm>
#include <cstdio>
#include <format>
#include <ranges>

#include "agent/changes/git_access.h"
#include "agent/changes/text_lines.h"
#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

Result<repo::WorkTree> open_git(const fs::path& repository) {
  auto tree = repo::WorkTree::open(repository);
  if (tree && !tree->is_git()) return fail(ErrorKind::kUnsupported, tree->notice());
  return tree;
}

Result<GitTree> tree_of(git_repository* repository, const std::string& revision) {
  git_object* object = nullptr;
  if (git_revparse_single(&object, repository, revision.c_str()) != 0) return git_error_of(revision);
  const GitObject found(object);
  git_object* tree = nullptr;
  if (git_object_peel(&tree, object, GIT_OBJECT_TREE) != 0) return git_error_of(revision);
  return GitTree(reinterpret_cast<git_tree*>(tree));
}

std::string path_of(const git_diff_delta& delta) {
  return delta.new_file.path ? delta.new_file.path : delta.old_file.path;
}

Result<std::vector<FileChange>> tree_changes(git_repository* repository, git_tree* before, git_tree* after) {
  git_diff* raw = nullptr;
  if (git_diff_tree_to_tree(&raw, repository, before, after, nullptr) != 0) return git_error_of("comparing trees");
  const GitDiff diff(raw);
  std::vector<FileChange> changes;
  for (size_t i = 0; i < git_diff_num_deltas(raw); ++i) {
    const git_diff_delta* delta = git_diff_get_delta(raw, i);
    const std::string path = path_of(*delta);
    auto old_file = file_of(repository, delta->old_file.id, delta->old_file.mode, path);
    auto new_file = file_of(repository, delta->new_file.id, delta->new_file.mode, path);
    if (!old_file) return std::unexpected(old_file.error());
    if (!new_file) return std::unexpected(new_file.error());
    if (*old_file != *new_file) changes.push_back({path, std::move(*old_file), std::move(*new_file)});
  }
  return changes;
}

}  // namespace

Result<std::vector<FileChange>> work_tree_changes(const fs::path& repository, const Cancel* cancel) {
  auto tree = open_git(repository);
  if (!tree) return std::unexpected(tree.error());
  auto files = TreeFiles::open(tree->root());
  if (!files) return std::unexpected(files.error());
  GitTree head;
  if (git_repository_head_unborn(tree->repository()) != 1) {
    auto found = tree_of(tree->repository(), "HEAD");
    if (!found) return std::unexpected(found.error());
    head = std::move(*found);
  }
  git_diff_options options;
  git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS | GIT_DIFF_INCLUDE_TYPECHANGE;
  git_diff* raw = nullptr;
  if (git_diff_tree_to_workdir_with_index(&raw, tree->repository(), head.get(), &options) != 0) {
    return git_error_of(tree->root().string());
  }
  const GitDiff diff(raw);
  std::vector<FileChange> changes;
  for (size_t i = 0; i < git_diff_num_deltas(raw); ++i) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    const git_diff_delta* delta = git_diff_get_delta(raw, i);
    const std::string path = path_of(*delta);
    auto old_file = file_of(tree->repository(), delta->old_file.id, delta->old_file.mode, path);
    if (!old_file) return std::unexpected(old_file.error());
    auto new_file = files->read(path);
    if (!new_file && new_file.error().kind == ErrorKind::kIo) return std::unexpected(new_file.error());
    if (!new_file) continue;  // a submodule or nested repository
    if (*old_file != *new_file) changes.push_back({path, std::move(*old_file), std::move(*new_file)});
  }
  return changes;
}

Result<std::vector<FileChange>> commit_changes_of(const fs::path& repository, const std::string& commit) {
  auto tree = open_git(repository);
  if (!tree) return std::unexpected(tree.error());
  auto after = tree_of(tree->repository(), commit + "^{commit}");
  if (!after) return std::unexpected(after.error());
  GitTree before;
  if (auto parent = tree_of(tree->repository(), commit + "^1"); parent) before = std::move(*parent);
  return tree_changes(tree->repository(), before.get(), after->get());
}

Result<std::vector<FileChange>> range_changes(const fs::path& repository, const std::string& range) {
  auto tree = open_git(repository);
  if (!tree) return std::unexpected(tree.error());
  const size_t dots = range.find("..");
  if (dots == std::string::npos) {
    return fail(ErrorKind::kInvalid, range + ": a range is written A..B (or A...B: from where they parted)");
  }
  const bool from_base = range.substr(dots).starts_with("...");
  const std::string left = dots == 0 ? "HEAD" : range.substr(0, dots);
  std::string right = range.substr(dots + (from_base ? 3 : 2));
  if (right.empty()) right = "HEAD";
  auto after = tree_of(tree->repository(), right + "^{commit}");
  if (!after) return std::unexpected(after.error());
  std::string start = left + "^{commit}";
  if (from_base) {
    git_object *a = nullptr, *b = nullptr;
    git_oid base{};
    const bool found = git_revparse_single(&a, tree->repository(), start.c_str()) == 0 &&
                       git_revparse_single(&b, tree->repository(), (right + "^{commit}").c_str()) == 0 &&
                       git_merge_base(&base, tree->repository(), git_object_id(a), git_object_id(b)) == 0;
    const auto error = git_error_of(range);
    git_object_free(a);
    git_object_free(b);
    if (!found) return error;
    char hex[GIT_OID_SHA1_HEXSIZE + 1];
    start = git_oid_tostr(hex, sizeof hex, &base);
  }
  auto before = tree_of(tree->repository(), start);
  if (!before) return std::unexpected(before.error());
  return tree_changes(tree->repository(), before->get(), after->get());
}

namespace {

// The path that a line "--- a/dir/file<tab>time" names; empty for /dev/null. What `diff` writes begins with a folder
// that is not part of it.
std::string path_in_head(std::string_view line, const TreeFiles& files) {
  std::string path(line.substr(4, line.find_first_of("\t\r\n", 4) - 4));
  if (path == "/dev/null") return "";
  const auto whole = files.read(path);
  const size_t slash = path.find('/');
  const bool prefixed = path.starts_with("a/") || path.starts_with("b/");
  return slash != std::string::npos && (prefixed || !whole || !*whole) ? path.substr(slash + 1) : path;
}

// libgit2 reads patches with git's own heads only: gives those of plain `diff -u` one.
std::string with_git_heads(std::string_view patch, const TreeFiles& files) {
  const auto lines = lines_of(patch);
  std::string out;
  bool has_head = false;
  int old_left = 0, new_left = 0;  // of the hunk
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (old_left > 0 || new_left > 0) {
      old_left -= line.front() != '+' && line.front() != '\\';
      new_left -= line.front() != '-' && line.front() != '\\';
    } else if (line.starts_with("diff --git ")) {
      has_head = true;
    } else if (line.starts_with("@@ -")) {
      old_left = new_left = 1;
      const std::string head(line);
      if (std::sscanf(head.c_str(), "@@ -%*d,%d", &old_left) != 1) old_left = 1;
      const size_t plus = head.find(" +");
      if (plus == std::string::npos || std::sscanf(head.c_str() + plus, " +%*d,%d", &new_left) != 1) new_left = 1;
    } else if (line.starts_with("--- ") && i + 1 < lines.size() && lines[i + 1].starts_with("+++ ")) {
      if (!has_head) {
        const std::string before = path_in_head(line, files), after = path_in_head(lines[i + 1], files);
        const std::string &a = before.empty() ? after : before, &b = after.empty() ? before : after;
        out += std::format("diff --git a/{} b/{}\n", a, b);
        if (before.empty()) out += "new file mode 100644\n";
        if (after.empty()) out += "deleted file mode 100644\n";
        out += before.empty() ? "--- /dev/null\n" : std::format("--- a/{}\n", before);
        out += after.empty() ? "+++ /dev/null\n" : std::format("+++ b/{}\n", after);
        ++i;
        continue;
      }
      has_head = false;
    }
    out += line;
  }
  return out;
}

struct PatchHunk {
  int first = 1;                    // where the patch says its old lines are
  std::vector<std::string> before;  // with context
  std::string after;
};

void drop_line_end(std::string& text) {
  if (text.ends_with('\n')) text.pop_back();
}

PatchHunk hunk_of(git_patch* patch, size_t index) {
  PatchHunk hunk;
  const git_diff_hunk* range = nullptr;
  size_t lines = 0;
  git_patch_get_hunk(&range, &lines, patch, index);
  hunk.first = range->old_start + (range->old_lines == 0);
  char last = 0;
  for (size_t i = 0; i < lines; ++i) {
    const git_diff_line* line = nullptr;
    git_patch_get_line_in_hunk(&line, patch, index, i);
    const std::string text(line->content, line->content_len);
    const bool context = line->origin == GIT_DIFF_LINE_CONTEXT;
    if (!context && line->origin != GIT_DIFF_LINE_DELETION && line->origin != GIT_DIFF_LINE_ADDITION) {
      // "\\ No newline at end of file": of the line before.
      if (last != GIT_DIFF_LINE_ADDITION && !hunk.before.empty()) drop_line_end(hunk.before.back());
      if (last != GIT_DIFF_LINE_DELETION) drop_line_end(hunk.after);
      continue;
    }
    last = line->origin;
    if (context || last == GIT_DIFF_LINE_DELETION) hunk.before.push_back(text);
    if (context || last == GIT_DIFF_LINE_ADDITION) hunk.after += text;
  }
  return hunk;
}

// Where the hunk's lines are: at its place, else at the nearest one; 0: nowhere at or behind `from`.
int place_of(const PatchHunk& hunk, const std::vector<std::string_view>& lines, int from) {
  const int count = static_cast<int>(lines.size()), size = static_cast<int>(hunk.before.size());
  const auto fits = [&](int first) {
    return first >= from && first + size - 1 <= count &&
           std::ranges::equal(hunk.before, lines | std::views::drop(first - 1) | std::views::take(size));
  };
  if (size == 0) return hunk.first >= from && hunk.first <= count + 1 ? hunk.first : 0;
  for (int away = 0; away <= count; ++away) {
    if (hunk.first - away >= 1 && fits(hunk.first - away)) return hunk.first - away;
    if (fits(hunk.first + away)) return hunk.first + away;
  }
  return 0;
}

Result<std::string> patched(git_patch* patch, const std::string& path, const std::string& bytes) {
  const auto lines = lines_of(bytes);
  std::vector<LineSplice> edits;
  int from = 1;
  for (size_t i = 0; i < git_patch_num_hunks(patch); ++i) {
    PatchHunk hunk = hunk_of(patch, i);
    const int place = place_of(hunk, lines, from);
    if (place == 0) {
      return fail(ErrorKind::kInvalid,
                  std::format("{}:{}: the patch does not fit: its lines are not there", path, hunk.first));
    }
    from = place + static_cast<int>(hunk.before.size());
    edits.push_back({place, static_cast<int>(hunk.before.size()), std::move(hunk.after)});
  }
  return apply_edits(bytes, edits);
}

}  // namespace

Result<std::vector<FileChange>> patch_changes(const fs::path& repository, std::string_view patch_text) {
  auto tree = repo::WorkTree::open(repository);
  if (!tree) return std::unexpected(tree.error());
  auto files = TreeFiles::open(tree->root());
  if (!files) return std::unexpected(files.error());
  const std::string patch_with_heads = with_git_heads(patch_text, *files);
  git_diff* raw = nullptr;
  if (git_diff_from_buffer(&raw, patch_with_heads.data(), patch_with_heads.size()) != 0)
    return git_error_of("this is no patch");
  const GitDiff diff(raw);
  if (git_diff_num_deltas(raw) == 0) return fail(ErrorKind::kInvalid, "there is no unified diff in this patch");
  std::vector<FileChange> changes;
  const auto now_at = [&](const std::string& path) -> Result<MaybeFile> {
    if (std::ranges::contains(changes, path, &FileChange::path)) {
      return fail(ErrorKind::kInvalid, path + ": the patch changes this file twice; split it");
    }
    return files->read(path);
  };
  for (size_t i = 0; i < git_diff_num_deltas(raw); ++i) {
    git_patch* one = nullptr;
    if (git_patch_from_diff(&one, raw, i) != 0) return git_error_of("this is no patch");
    const GitPatch patch(one);
    const git_diff_delta* delta = git_patch_get_delta(one);
    const std::string old_path = delta->old_file.path ? delta->old_file.path : "";
    const std::string new_path = path_of(*delta);
    if (delta->flags & GIT_DIFF_FLAG_BINARY) {
      return fail(ErrorKind::kUnsupported,
                  new_path + ": a binary file in a patch is not read; use --commit or --range");
    }
    const bool created = delta->status == GIT_DELTA_ADDED, copied = delta->status == GIT_DELTA_COPIED;
    auto before = now_at(created ? new_path : old_path);
    if (!before) return std::unexpected(before.error());
    if (created == before->has_value()) {
      return fail(ErrorKind::kInvalid,
                  std::format("{}: the patch {} this file, which {}", created ? new_path : old_path,
                              created ? "creates" : "changes", created ? "exists already" : "does not exist"));
    }
    auto bytes = patched(one, new_path, *before ? (*before)->bytes : "");
    if (!bytes) return std::unexpected(bytes.error());
    MaybeFile after;
    if (delta->status != GIT_DELTA_DELETED) {
      const uint32_t mode = delta->new_file.mode ? delta->new_file.mode : *before ? (*before)->mode : kRegularFile;
      after = FileContent{std::move(*bytes), mode == kLink ? kLink : (mode & 0100) ? kExecutableFile : kRegularFile};
    } else if (!bytes->empty()) {
      return fail(ErrorKind::kInvalid, old_path + ": the patch deletes this file, but not all that is in it");
    }
    if (!created && new_path != old_path) {
      auto there = now_at(new_path);
      if (!there) return std::unexpected(there.error());
      if (*there) return fail(ErrorKind::kInvalid, new_path + ": the patch creates this file, which exists already");
      if (!copied) changes.push_back({old_path, std::move(*before), {}});
      changes.push_back({new_path, {}, std::move(after)});
    } else if (*before != after) {
      changes.push_back({new_path, std::move(*before), std::move(after)});
    }
  }
  return changes;
}

}  // namespace strata::agent
