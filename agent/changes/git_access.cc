// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/git_access.h"

#include <format>

namespace strata::agent {

std::unexpected<Error> git_error_of(const std::string& what, ErrorKind kind) {
  const git_error* last = git_error_last();
  return fail(kind, std::format("{}: {}", what, last && last->message ? last->message : "git failed"));
}

Result<MaybeFile> file_of(git_repository* repository, const git_oid& id, uint32_t mode, const std::string& path) {
  if (git_oid_is_zero(&id) || mode == 0 || mode == GIT_FILEMODE_COMMIT) return MaybeFile{};
  git_blob* raw = nullptr;
  if (git_blob_lookup(&raw, repository, &id) != 0) return git_error_of(path, ErrorKind::kNotFound);
  const GitBlob blob(raw);
  const auto* bytes = static_cast<const char*>(git_blob_rawcontent(raw));
  FileContent file{std::string(bytes, static_cast<size_t>(git_blob_rawsize(raw))), mode};
  if (mode == kLink) return file;
  file.mode = (mode & 0100) ? kExecutableFile : kRegularFile;
  git_filter_list* list = nullptr;
  if (git_filter_list_load(&list, repository, raw, path.c_str(), GIT_FILTER_TO_WORKTREE, GIT_FILTER_DEFAULT) != 0) {
    return git_error_of(path);
  }
  const GitFilters filters(list);
  git_buf out{};
  if (filters && git_filter_list_apply_to_blob(&out, list, raw) == 0) file.bytes.assign(out.ptr, out.size);
  git_buf_dispose(&out);
  return file;
}

}  // namespace strata::agent
