// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/apply.h"

#include <git2.h>

#include <algorithm>
#include <format>
#include <memory>

#include "agent/changes/text_lines.h"
#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

git_merge_file_input input_of(const std::string& bytes) {
  git_merge_file_input input;
  git_merge_file_input_init(&input, GIT_MERGE_FILE_INPUT_VERSION);
  input.ptr = bytes.data();
  input.size = bytes.size();
  return input;
}

bool is_text(const MaybeFile& file) { return file && file->mode != kLink && !is_binary(file->bytes); }

// What only one side changed, as that side has it; nothing if both did, differently.
template <typename T>
const T* of_one_side(const T& base, const T& ours, const T& theirs) {
  if (ours == theirs || theirs == base) return &ours;
  return ours == base ? &theirs : nullptr;
}

std::string reason_of(const MaybeFile& now, const MaybeFile& before, const MaybeFile& after) {
  if (!now) return "this file was deleted meanwhile";
  if (!before) return "a file of this name was made meanwhile";
  if (!after) return "this file was edited meanwhile, and would be deleted";
  if (!is_text(now)) return "this file was changed meanwhile and is no text that could be merged";
  return "the same lines were edited meanwhile";
}

// Numbers of the hunks that do not fit, tried one by one.
std::vector<int> blamed(const ProposalFile& file, const TreeFiles& tree) {
  std::vector<int> numbers;
  for (size_t i = 0; i < file.hunks.size(); ++i) {
    if (file.hunks[i].state != HunkState::kAccepted && file.hunks[i].state != HunkState::kEdited) continue;
    ProposalFile alone = file;
    for (size_t other = 0; other < alone.hunks.size(); ++other) {
      if (other != i) alone.hunks[other].state = HunkState::kRejected;
    }
    for (const FileChange& change : accepted_changes(alone)) {
      const auto now = tree.read(change.path);
      if (now && !merge_files(change.before, *now, change.after).conflict) continue;
      numbers.push_back(file.hunks[i].number);
      break;
    }
  }
  // Each fits alone, but not all together.
  if (numbers.empty()) {
    for (const Hunk& hunk : file.hunks) {
      if (hunk.state == HunkState::kAccepted || hunk.state == HunkState::kEdited) numbers.push_back(hunk.number);
    }
  }
  return numbers;
}

}  // namespace

Merged merge_files(const MaybeFile& base, const MaybeFile& ours, const MaybeFile& theirs) {
  if (const MaybeFile* one = of_one_side(base, ours, theirs)) return {*one, false, ""};
  if (!base || !ours || !theirs) return {{}, true, ""};
  const uint32_t* mode = of_one_side(base->mode, ours->mode, theirs->mode);
  const std::string* bytes = of_one_side(base->bytes, ours->bytes, theirs->bytes);
  if (!mode) return {{}, true, ""};
  if (bytes) return {FileContent{*bytes, *mode}, false, ""};
  if (!is_text(base) || !is_text(ours) || !is_text(theirs)) return {{}, true, ""};

  const repo::GitLibrary library;
  const auto ancestor = input_of(base->bytes), mine = input_of(ours->bytes), other = input_of(theirs->bytes);
  git_merge_file_options options;
  git_merge_file_options_init(&options, GIT_MERGE_FILE_OPTIONS_VERSION);
  options.ancestor_label = "before";
  options.our_label = "in the tree";
  options.their_label = "proposed";
  options.flags = GIT_MERGE_FILE_STYLE_DIFF3;
  git_merge_file_result result{};
  if (git_merge_file(&result, &ancestor, &mine, &other, &options) != 0) return {{}, true, ""};
  std::string text(result.ptr ? result.ptr : "", result.len);
  const bool clean = result.automergeable != 0;
  git_merge_file_result_free(&result);
  if (!clean) return {{}, true, std::move(text)};
  return {FileContent{std::move(text), *mode}, false, ""};
}

Result<ApplyPlan> plan_apply(const TreeFiles& tree, const Proposal& proposal) {
  ApplyPlan plan;
  for (const ProposalFile& file : proposal.files) {
    for (FileChange& change : accepted_changes(file)) {
      auto now = tree.read(change.path);
      if (!now && now.error().kind == ErrorKind::kIo) return std::unexpected(now.error());
      if (!now) {
        plan.conflicts.push_back({change.path, blamed(file, tree), "", now.error().message});
        continue;
      }
      Merged merged = merge_files(change.before, *now, change.after);
      if (merged.conflict) {
        plan.conflicts.push_back(
            {change.path, blamed(file, tree), std::move(merged.marked), reason_of(*now, change.before, change.after)});
      } else if (merged.file != *now) {
        plan.changes.push_back({change.path, std::move(*now), std::move(merged.file)});
      }
    }
  }
  return plan;
}

}  // namespace strata::agent
