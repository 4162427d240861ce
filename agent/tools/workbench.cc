// SPDX-License-Identifier: Apache-2.0
#include "agent/tools/workbench.h"

#include <algorithm>
#include <format>

#include "agent/edits/splice.h"
#include "repo-indexer/secrets.h"
#include "repo-indexer/terms.h"

namespace strata::agent {

bool is_protected_path(std::string_view path) {
  const std::string lower = repo::lower_case(path);
  const std::string_view p = lower;
  return p == ".git" || p.starts_with(".git/") || p.find("/.git/") != p.npos || p.ends_with("/.git") ||
         p == ".strata" || p.starts_with(".strata/");
}

namespace {

Error outside(const std::string& path) {
  return {ErrorKind::kInvalid,
          std::format("\"{}\" is no path in the repository; paths are relative to its top, like src/main.c",
                      path.substr(0, 200))};
}

}  // namespace

Workbench::Workbench(PrivateCopy copy, WorkbenchOptions options, repo::Index index, Sandbox sandbox)
    : copy_(std::move(copy)),
      options_(std::move(options)),
      index_(std::make_unique<repo::Index>(std::move(index))),
      sandbox_(std::make_unique<Sandbox>(std::move(sandbox))) {}

Result<Workbench> Workbench::open(PrivateCopy copy, WorkbenchOptions options) {
  auto index = repo::Index::open(copy.root(), options.index_cache);
  if (!index) return std::unexpected(index.error());
  auto sandbox =
      Sandbox::open(copy.root(), {.temporary = copy.temporary(), .network = options.network, .environment = {}});
  if (!sandbox) return std::unexpected(sandbox.error());
  return Workbench(std::move(copy), std::move(options), std::move(*index), std::move(*sandbox));
}

Result<std::string> Workbench::read(const std::string& path) const {
  if (!is_tree_path(path)) return std::unexpected(outside(path));
  auto file = copy_.read(path);
  if (!file) return std::unexpected(file.error());
  if (!*file) return fail(ErrorKind::kNotFound, path + " does not exist; list shows what there is");
  if ((*file)->mode == kLink) return fail(ErrorKind::kUnsupported, path + " is a link and is not followed");
  return std::move((*file)->bytes);
}

bool Workbench::exists(const std::string& path) const {
  if (!is_tree_path(path)) return false;
  const auto file = copy_.read(path);
  return file && *file;
}

void Workbench::note(const std::string& path, const MaybeFile& before) {
  before_.try_emplace(path, before);
  index_stale_ = true;
  ++writes_;
}

Result<void> Workbench::write(const std::string& path, const std::string& bytes) {
  if (!is_tree_path(path)) return std::unexpected(outside(path));
  if (is_protected_path(path)) return fail(ErrorKind::kInvalid, path + " is not for agents to write");
  auto before = copy_.read(path);
  if (!before) return std::unexpected(before.error());
  if (*before && (*before)->mode == kLink)
    return fail(ErrorKind::kUnsupported, path + " is a link and is not followed");
  if (auto done = copy_.write(path, {bytes, *before ? (*before)->mode : kRegularFile}); !done) return done;
  note(path, *before);
  return {};
}

Result<void> Workbench::remove(const std::string& path) {
  if (!is_tree_path(path)) return std::unexpected(outside(path));
  if (is_protected_path(path)) return fail(ErrorKind::kInvalid, path + " is not for agents to delete");
  auto before = copy_.read(path);
  if (!before) return std::unexpected(before.error());
  if (!*before) return fail(ErrorKind::kNotFound, path + " does not exist; list shows what there is");
  if (auto done = copy_.remove(path); !done) return done;
  note(path, *before);
  forget_from(path, 1);
  return {};
}

Result<void> Workbench::move(const std::string& from, const std::string& to) {
  if (!is_tree_path(from)) return std::unexpected(outside(from));
  if (!is_tree_path(to)) return std::unexpected(outside(to));
  if (is_protected_path(from) || is_protected_path(to))
    return fail(ErrorKind::kInvalid, from + " is not for agents to move there");
  auto before = copy_.read(from);
  if (!before) return std::unexpected(before.error());
  if (!*before) return fail(ErrorKind::kNotFound, from + " does not exist; list shows what there is");
  if (exists(to)) return fail(ErrorKind::kInvalid, to + " exists already; choose another name or delete it first");
  if (auto done = copy_.move(from, to); !done) return done;
  note(from, *before);
  note(to, std::nullopt);
  forget_from(from, 1);
  return {};
}

Result<void> Workbench::apply(const Change& change) {
  for (const TextChange& file : change.files) {
    if (!is_tree_path(file.path)) return std::unexpected(outside(file.path));
    if (is_protected_path(file.path)) return fail(ErrorKind::kInvalid, file.path + " is not for agents to write");
    const auto now = copy_.read(file.path);
    if (!now) return std::unexpected(now.error());
    const bool same = now->has_value() == file.before.has_value() &&
                      (!*now || ((*now)->bytes == *file.before && (*now)->mode != kLink));
    if (!same) return fail(ErrorKind::kInvalid, file.path + " has changed meanwhile; try again");
  }
  std::vector<std::pair<std::string, MaybeFile>> undo;
  for (const TextChange& file : change.files) {
    const auto now = copy_.read(file.path);
    auto done = file.after ? write(file.path, *file.after) : remove(file.path);
    if (!done) {  // the disk is full, say: nothing of it stays
      for (auto& [path, before] : undo) (void)(before ? copy_.write(path, *before) : copy_.remove(path));
      return done;
    }
    undo.emplace_back(file.path, *now);
    forget_from(file.path, 1);
  }
  return {};
}

Sources Workbench::sources() {
  return {*index_, [this](const std::string& path) { return read(path); }};
}

Result<repo::Index*> Workbench::index() {
  if (index_stale_) {
    if (auto done = index_->update(); !done) return std::unexpected(done.error());
    index_stale_ = false;
  }
  return index_.get();
}

Result<CommandResult> Workbench::command(const std::string& text, bool unconfined, const Cancel* cancel) {
  commands_ran_ = true;
  index_stale_ = true;
  return unconfined ? sandbox_->run_unconfined(text, options_.limits, cancel)
                    : sandbox_->run(text, options_.limits, cancel);
}

std::optional<std::string> Workbench::check_command() {
  if (!options_.check.empty()) return options_.check;
  auto current = index();
  if (!current) return std::nullopt;
  const auto files = (*current)->files();
  if (!files) return std::nullopt;
  std::vector<std::string> paths;
  for (const repo::File& file : *files) paths.push_back(file.path);
  return detect_check(paths, [this](const std::string& path) -> std::optional<std::string> {
    auto text = read(path);
    return text ? std::optional(std::move(*text)) : std::nullopt;
  });
}

Result<CheckResult> Workbench::check(bool unconfined, const Cancel* cancel) {
  const auto text = check_command();
  if (!text)
    return fail(ErrorKind::kNotFound, "no check is configured (--check) and none was recognised in the repository");
  // What is being proposed, as far as it differs from the base: what a build leaves in the tree is no part of it.
  auto mine = known_;
  for (const auto& [path, before] : before_) {
    auto now = copy_.read(path);
    if (!now) return std::unexpected(now.error());
    mine[path] = std::move(*now);
  }
  const bool ran_before = commands_ran_;
  if (ran_before) {  // a command's changes are not known yet
    auto changes = copy_.changes();
    if (!changes) return std::unexpected(changes.error());
    for (FileChange& change : *changes) mine[change.path] = std::move(change.after);
  }
  auto done = command(*text, unconfined, cancel);
  if (!done) return std::unexpected(done.error());
  if (auto back = put(mine); !back) return std::unexpected(back.error());
  commands_ran_ = ran_before;
  if (done->killed_by == Limit::kCancelled) return fail(ErrorKind::kCancelled, "cancelled");
  auto result =
      summarise_check(*text, done->exit_code, done->output, [this](const std::string& path) { return exists(path); });
  result.seconds = done->seconds;
  if (done->killed_by != Limit::kNone) {
    result.good = false;
    result.output += std::format("ended by the limit on {}\n", name_of(done->killed_by));
  }
  last_check = result;
  return result;
}

Result<std::vector<Written>> Workbench::take_written() {
  if (commands_ran_) {
    auto changes = copy_.changes();
    if (!changes) return std::unexpected(changes.error());
    std::map<std::string, MaybeFile> now;
    for (FileChange& change : *changes) now[change.path] = std::move(change.after);
    // What differs from the base in another way than it was known to.
    std::set<std::string> paths;
    for (const auto& [path, file] : now) paths.insert(path);
    for (const auto& [path, file] : known_) paths.insert(path);
    for (const std::string& path : paths) {
      const auto known = known_.find(path);
      const auto base = known != known_.end() ? Result<MaybeFile>(known->second) : copy_.base(path);
      if (!base) return std::unexpected(base.error());
      const auto current = copy_.read(path);
      if (!current) continue;  // a folder or a socket where a file was: changes() says so, tools cannot
      if (*current != *base && before_.try_emplace(path, *base).second) ++writes_;
    }
    commands_ran_ = false;
  }
  std::vector<Written> written;
  for (auto& [path, before] : before_) {
    auto after = copy_.read(path);
    if (!after) return std::unexpected(after.error());
    if (*after == before) continue;
    known_[path] = *after;
    written.push_back({path, std::move(before), std::move(*after)});
  }
  before_.clear();
  return written;
}

Result<void> Workbench::put(const std::map<std::string, MaybeFile>& files) {
  auto changes = copy_.changes();
  if (!changes) return std::unexpected(changes.error());
  const auto put_one = [&](const std::string& path, const MaybeFile& wanted) -> Result<void> {
    auto now = copy_.read(path);
    if (!now) return std::unexpected(now.error());
    if (*now == wanted) return {};
    return wanted ? copy_.write(path, *wanted) : copy_.remove(path);
  };
  for (const FileChange& change : *changes) {
    if (files.contains(change.path)) continue;
    if (auto done = put_one(change.path, change.before); !done) return done;
  }
  for (const auto& [path, wanted] : files) {
    if (auto done = put_one(path, wanted); !done) return done;
  }
  return {};
}

Result<void> Workbench::restore(const std::map<std::string, MaybeFile>& files) {
  if (auto done = put(files); !done) return done;
  before_.clear();
  known_ = files;
  commands_ran_ = false;
  index_stale_ = true;
  shown_.clear();
  return {};
}

std::string Workbench::show(const std::string& path, const std::string& bytes, int first, int last) {
  std::string text = bytes;
  repo::mask_secrets(text);
  const Lines lines(text);
  std::string out;
  auto& memory = shown_[path];
  for (int line = std::max(1, first); line <= std::min(last, lines.count()); ++line) {
    const std::string_view content = lines.text(line);
    memory[line] = std::string(content);
    out += std::format("{:>5}| {}\n", line,
                       content.size() <= 2000 ? content : std::string(content.substr(0, 2000)) + " ... (cut)");
  }
  return out;
}

std::optional<std::string> Workbench::shown(const std::string& path, int first, int last) const {
  const auto memory = shown_.find(path);
  std::string text;
  for (int line = first; line <= last; ++line) {
    if (memory == shown_.end()) return std::nullopt;
    const auto at = memory->second.find(line);
    if (at == memory->second.end()) return std::nullopt;
    text += at->second + "\n";
  }
  return text;
}

void Workbench::forget_from(const std::string& path, int line) {
  const auto memory = shown_.find(path);
  if (memory != shown_.end()) memory->second.erase(memory->second.lower_bound(line), memory->second.end());
}

}  // namespace strata::agent
