// SPDX-License-Identifier: Apache-2.0
#include "agent/run/check_accepted.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <format>

#include "agent/changes/apply.h"
#include "base/user_folders.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;

struct RemoveAtEnd {
  fs::path folder;
  ~RemoveAtEnd() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

// Onto the copy as onto the user's tree: merged with what was edited since.
Result<void> apply_accepted(const PrivateCopy& copy, const Proposal& proposal) {
  auto tree = TreeFiles::open(copy.root());
  if (!tree) return std::unexpected(tree.error());
  auto plan = plan_apply(*tree, proposal);
  if (!plan) return std::unexpected(plan.error());
  for (const Conflict& conflict : plan->conflicts)
    return fail(ErrorKind::kInvalid,
                std::format("{}: {}; this cannot be checked before it is resolved", conflict.path, conflict.reason));
  for (const FileChange& change : plan->changes) {
    auto done = change.after ? copy.write(change.path, *change.after) : copy.remove(change.path);
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<fs::path> scratch_folder() {
  auto folder = cache_folder("checks");
  if (!folder) return folder;
  std::error_code error;
  for (const fs::directory_entry& left : fs::directory_iterator(*folder, error)) {
    const std::string name = left.path().filename();
    pid_t process = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (bad == std::errc() && process > 0 && process != getpid() && kill(process, 0) != 0 && errno == ESRCH)
      fs::remove_all(left.path(), error);
  }
  for (int i = 1;; ++i) {
    const fs::path place = *folder / std::format("{}-{}", getpid(), i);
    if (!fs::exists(place, error)) return place;
  }
}

Result<CheckResult> check_accepted(const fs::path& repository, const Proposal& proposal, const fs::path& scratch,
                                   WorkbenchOptions options, const Cancel* cancel) {
  auto copy = PrivateCopy::make(repository, scratch, cancel);
  if (!copy) return std::unexpected(copy.error());
  const RemoveAtEnd remove{scratch};
  if (auto done = apply_accepted(*copy, proposal); !done) return std::unexpected(done.error());
  auto bench = Workbench::open(std::move(*copy), std::move(options));
  if (!bench) return std::unexpected(bench.error());
  if (!bench->check_command())
    return fail(ErrorKind::kNotFound, "no check was found in this repository; name a command to check with");
  if (!bench->sandbox().confined())
    return fail(ErrorKind::kUnsupported,
                "not checked, as commands cannot be confined here: " + bench->sandbox().why_not());
  return bench->check(false, cancel);
}

}  // namespace strata::agent
