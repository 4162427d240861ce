// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/change_chain.h"

#include <algorithm>

#include "agent/changes/text_lines.h"
#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

std::vector<LineSplice> edits_of(const std::vector<ChainHunk>& hunks, const std::string& after) {
  const auto lines = lines_of(after);
  std::vector<LineSplice> edits;
  for (const ChainHunk& hunk : hunks) {
    if (hunk.kind != Hunk::Kind::kText || !hunk.active) continue;
    edits.push_back({hunk.old_first, hunk.old_lines, join(lines, hunk.new_first, hunk.new_lines)});
  }
  return edits;
}

// What the step makes of its own before side.
Result<ContentRef> target_of(const ChainLink& link, Contents& contents) {
  const auto active = [](const ChainHunk& hunk) { return hunk.active; };
  if (std::ranges::all_of(link.hunks, active)) return link.after;
  if (std::ranges::none_of(link.hunks, active)) return link.before;
  auto before = contents.get(link.before), after = contents.get(link.after);
  if (!before) return std::unexpected(before.error());
  if (!after) return std::unexpected(after.error());
  FileContent file{apply_edits((*before)->bytes, edits_of(link.hunks, (*after)->bytes)), link.before.mode};
  for (const ChainHunk& hunk : link.hunks) {
    if (hunk.kind == Hunk::Kind::kMode && hunk.active) file.mode = link.after.mode;
  }
  return contents.name(file);
}

}  // namespace

Result<MaybeFile> Contents::get(const ContentRef& ref) const {
  if (ref.mode == 0) return MaybeFile{};
  if (const auto made = made_.find(ref.id); made != made_.end()) return FileContent{made->second, ref.mode};
  auto bytes = store_.get(ref.id);
  if (!bytes) return std::unexpected(bytes.error());
  return FileContent{std::move(*bytes), ref.mode};
}

ContentRef Contents::name(const MaybeFile& file) {
  if (!file) return {};
  std::string id = repo::blob_id(file->bytes);
  made_.emplace(id, file->bytes);
  return {std::move(id), file->mode};
}

Result<ContentRef> Contents::keep(const MaybeFile& file) {
  if (!file) return ContentRef{};
  auto id = store_.put(file->bytes);
  if (!id) return std::unexpected(id.error());
  return ContentRef{std::move(*id), file->mode};
}

Result<ChainState> state_of(const std::vector<ChainLink>& chain, Contents& contents) {
  ChainState state;
  if (!chain.empty()) state.content = chain.front().before;
  for (const ChainLink& link : chain) {
    const auto target = target_of(link, contents);
    if (!target) return std::unexpected(target.error());
    if (*target == link.before || *target == state.content) continue;
    if (state.content == link.before) {
      state.content = *target;
      continue;
    }
    const auto base = contents.get(link.before), ours = contents.get(state.content), theirs = contents.get(*target);
    for (const auto* side : {&base, &ours, &theirs}) {
      if (!*side) return std::unexpected(side->error());
    }
    Merged merged = merge_files(*base, *ours, *theirs);
    if (merged.conflict) return ChainState{state.content, &link, std::move(merged.marked)};
    state.content = contents.name(merged.file);
  }
  return state;
}

std::vector<ChainHunk> locate_hunks(const ProposalFile& file, const FileChange& change) {
  const auto taken = [](const Hunk& hunk) {
    return hunk.state == HunkState::kAccepted || hunk.state == HunkState::kEdited;
  };
  const auto first = std::ranges::find_if(file.hunks, taken);
  const ChainHunk whole{0, first == file.hunks.end() ? 1 : first->number, Hunk::Kind::kWhole, 0, 0, 0, 0, true};
  if (!change.before || !change.after || !file.before ||
      (first != file.hunks.end() && first->kind == Hunk::Kind::kWhole)) {
    return {whole};
  }
  // By how many lines the user's own edits have moved what is behind them.
  std::vector<Hunk> moved;
  if (change.before->bytes != file.before->bytes) {
    auto edits = make_proposal({{change.path, FileContent{file.before->bytes}, FileContent{change.before->bytes}}});
    if (!edits || edits->files.empty()) return {whole};
    moved = std::move(edits->files.front().hunks);
  }
  std::vector<ChainHunk> located;
  int shift = 0;
  size_t next = 0;
  int grown = 0;  // by the hunks before
  for (const Hunk& hunk : file.hunks) {
    if (!taken(hunk)) continue;
    if (hunk.kind == Hunk::Kind::kMode) {
      if (change.before->mode != change.after->mode) {
        located.push_back({0, hunk.number, hunk.kind, 0, 0, 0, 0, true});
      }
      continue;
    }
    for (; next < moved.size() && moved[next].old_first + moved[next].old_lines <= hunk.old_first; ++next) {
      shift += moved[next].new_lines - moved[next].old_lines;
    }
    const std::string& text = hunk.state == HunkState::kEdited ? hunk.edited : hunk.new_text;
    const int lines = static_cast<int>(lines_of(text).size());
    located.push_back({0, hunk.number, hunk.kind, hunk.old_first + shift, hunk.old_lines,
                       hunk.old_first + shift + grown, lines, true});
    grown += lines - hunk.old_lines;
  }
  // Whatever was assumed above, the rows must give what was written; else the change is undone as one.
  const bool exact = apply_edits(change.before->bytes, edits_of(located, change.after->bytes)) == change.after->bytes;
  const bool mode_told =
      change.before->mode == change.after->mode || std::ranges::contains(located, Hunk::Kind::kMode, &ChainHunk::kind);
  return exact && mode_told && !located.empty() ? located : std::vector<ChainHunk>{whole};
}

}  // namespace strata::agent
