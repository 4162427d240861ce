// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/content_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <format>
#include <fstream>
#include <iterator>

#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

fs::path place_of(const fs::path& folder, const std::string& id) { return folder / id.substr(0, 2) / id.substr(2); }

std::unexpected<Error> os_error(const fs::path& path) {
  return fail(ErrorKind::kIo, std::format("{}: {}", path.string(), std::strerror(errno)));
}

Result<void> write_durably(const fs::path& file, std::string_view bytes) {
  const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return os_error(file);
  for (size_t written = 0; written < bytes.size();) {
    const ssize_t got = write(out, bytes.data() + written, bytes.size() - written);
    if (got < 0 && errno != EINTR) {
      const auto error = os_error(file);
      close(out);
      return error;
    }
    if (got > 0) written += static_cast<size_t>(got);
  }
  const bool flushed = fsync(out) == 0;
  const auto error = os_error(file);
  close(out);
  return flushed ? Result<void>{} : error;
}

}  // namespace

Result<std::string> ContentStore::put(std::string_view bytes) const {
  const std::string id = repo::blob_id(bytes);
  const fs::path place = place_of(folder_, id);
  std::error_code error;
  // Its time says that it is wanted again, before anything names it (prune.h).
  if (utimensat(AT_FDCWD, place.c_str(), nullptr, 0) == 0) return id;
  fs::create_directories(place.parent_path(), error);
  if (error) return fail(ErrorKind::kIo, std::format("{}: {}", place.parent_path().string(), error.message()));
  // A name of this process: two that put the same content do not meet.
  const fs::path temporary = place.string() + std::format(".{}", getpid());
  if (auto done = write_durably(temporary, bytes); !done) return std::unexpected(done.error());
  fs::rename(temporary, place, error);
  if (error) return fail(ErrorKind::kIo, std::format("{}: {}", place.string(), error.message()));
  if (const int folder = open(place.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return id;
}

Result<std::string> ContentStore::get(const std::string& id) const {
  const fs::path place = id.size() > 2 ? place_of(folder_, id) : folder_;
  std::ifstream in(place, std::ios::binary);
  if (id.size() <= 2 || !in) return fail(ErrorKind::kNotFound, place.string() + ": this content is missing");
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (repo::blob_id(bytes) != id) {
    return fail(ErrorKind::kDamaged, place.string() + ": this content is damaged; it cannot be undone or redone");
  }
  return bytes;
}

}  // namespace strata::agent
