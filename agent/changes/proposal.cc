// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/proposal.h"

#include <algorithm>
#include <format>
#include <unordered_map>

#include "agent/changes/explain.h"
#include "agent/changes/git_access.h"
#include "agent/changes/moved_blocks.h"
#include "agent/changes/source_symbols.h"
#include "agent/changes/text_lines.h"
#include "repo-indexer/language.h"
#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

constexpr int kContextLines = 3;

bool is_text(const MaybeFile& file) { return !file || (file->mode != kLink && !is_binary(file->bytes)); }

GitPatch diff(std::string_view before, std::string_view after) {
  git_diff_options options;
  git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  options.flags = GIT_DIFF_INDENT_HEURISTIC | GIT_DIFF_FORCE_TEXT;
  options.context_lines = kContextLines;
  git_patch* patch = nullptr;
  if (git_patch_from_buffers(&patch, before.data(), before.size(), nullptr, after.data(), after.size(), nullptr,
                             &options) != 0) {
    return nullptr;
  }
  return GitPatch(patch);
}

// The hunk without its context, and its lines for people.
Hunk text_hunk(git_patch* patch, size_t index) {
  const git_diff_hunk* range = nullptr;
  size_t lines = 0;
  git_patch_get_hunk(&range, &lines, patch, index);
  Hunk hunk;
  // Where a side has no lines, git counts from the line before.
  int old_next = range->old_start + (range->old_lines == 0), new_next = range->new_start + (range->new_lines == 0);
  int old_end = 0, new_end = 0;
  bool changed = false;
  for (size_t i = 0; i < lines; ++i) {
    const git_diff_line* line = nullptr;
    git_patch_get_line_in_hunk(&line, patch, index, i);
    const std::string_view text(line->content, line->content_len);
    const bool added = line->origin == GIT_DIFF_LINE_ADDITION, removed = line->origin == GIT_DIFF_LINE_DELETION;
    if (!added && !removed && line->origin != GIT_DIFF_LINE_CONTEXT) {
      hunk.diff += "\\ No newline at end of file\n";
      continue;
    }
    if ((added || removed) && !changed) {
      changed = true;
      hunk.old_first = old_next;
      hunk.new_first = new_next;
    }
    old_next += !added;
    new_next += !removed;
    if (added || removed) old_end = old_next, new_end = new_next;
    hunk.diff += line->origin;
    hunk.diff += text;
    if (!text.ends_with('\n')) hunk.diff += '\n';
  }
  hunk.old_lines = old_end - hunk.old_first;
  hunk.new_lines = new_end - hunk.new_first;
  hunk.diff =
      std::format("@@ -{},{} +{},{} @@\n", range->old_start, range->old_lines, range->new_start, range->new_lines) +
      hunk.diff;
  return hunk;
}

std::string all_lines(std::string_view text, char sign) {
  std::string out;
  for (const std::string_view line : lines_of(text)) {
    out += sign;
    out += line;
    if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
  }
  return out;
}

std::string describe(const MaybeFile& file) {
  if (!file) return "no file";
  if (file->mode == kLink) return "link to " + file->bytes;
  return std::format("{} bytes", file->bytes.size());
}

Hunk whole_hunk(const ProposalFile& file) {
  Hunk hunk;
  hunk.kind = Hunk::Kind::kWhole;
  if (file.path != file.old_path) hunk.diff = std::format("renamed from {}\n", file.old_path);
  if (!is_text(file.before) || !is_text(file.after)) {
    hunk.diff += std::format("{} -> {}\n", describe(file.before), describe(file.after));
  } else if (!file.before || !file.after) {
    const MaybeFile& only = file.before ? file.before : file.after;
    hunk.diff += all_lines(only->bytes, file.before ? '-' : '+');
    (file.before ? hunk.old_lines : hunk.new_lines) = static_cast<int>(lines_of(only->bytes).size());
    hunk.old_first = hunk.new_first = 1;
  } else if (const GitPatch patch = diff(file.before->bytes, file.after->bytes)) {
    for (size_t i = 0; i < git_patch_num_hunks(patch.get()); ++i) hunk.diff += text_hunk(patch.get(), i).diff;
  }
  if (file.after) hunk.new_text = file.after->bytes;
  return hunk;
}

Hunk mode_hunk(const ProposalFile& file) {
  Hunk hunk;
  hunk.kind = Hunk::Kind::kMode;
  hunk.diff = std::format("mode {:o} -> {:o}\n", file.before->mode, file.after->mode);
  return hunk;
}

ParsedSides parse(repo::Grammars& grammars, const ProposalFile& file) {
  ParsedSides sides;
  if (!file.binary && file.before) sides.before = parse_source(grammars, file.old_path, file.before->bytes);
  if (!file.binary && file.after) sides.after = parse_source(grammars, file.path, file.after->bytes);
  return sides;
}

void name_symbols(ProposalFile& file, const repo::ParsedFile& before, const repo::ParsedFile& after) {
  for (Hunk& hunk : file.hunks) {
    if (hunk.kind != Hunk::Kind::kText) continue;
    const repo::ParsedSymbol* symbol = nullptr;
    for (int i = 0; !symbol && i < hunk.new_lines; ++i) symbol = symbol_around(after, hunk.new_first + i);
    for (int i = 0; !symbol && i < hunk.old_lines; ++i) symbol = symbol_around(before, hunk.old_first + i);
    if (!symbol) continue;
    hunk.symbol = symbol->qualified_name;
    hunk.signature = symbol->signature;
    const size_t head = hunk.diff.find('\n');
    hunk.diff.insert(head, " " + (hunk.signature.empty() ? hunk.symbol : hunk.signature));
  }
}

std::vector<LineSplice> edits_of(const ProposalFile& file, bool accepted_only) {
  std::vector<LineSplice> edits;
  for (const Hunk& hunk : file.hunks) {
    const bool taken = hunk.state == HunkState::kAccepted || hunk.state == HunkState::kEdited;
    if (hunk.kind != Hunk::Kind::kText || (accepted_only && !taken)) continue;
    const bool edited = accepted_only && hunk.state == HunkState::kEdited;
    edits.push_back({hunk.old_first, hunk.old_lines, edited ? hunk.edited : hunk.new_text});
  }
  return edits;
}

ParsedSides make_hunks(repo::Grammars& grammars, ProposalFile& file) {
  file.binary = !is_text(file.before) || !is_text(file.after);
  const bool same_kind = file.before && file.after && file.path == file.old_path &&
                         (file.before->mode == kLink) == (file.after->mode == kLink);
  if (same_kind && !file.binary) {
    if (const GitPatch patch = diff(file.before->bytes, file.after->bytes)) {
      const auto lines = lines_of(file.after->bytes);
      for (size_t i = 0; i < git_patch_num_hunks(patch.get()); ++i) {
        file.hunks.push_back(text_hunk(patch.get(), i));
        Hunk& hunk = file.hunks.back();
        hunk.new_text = join(lines, hunk.new_first, hunk.new_lines);
      }
    }
    // What is accepted is put together from hunks, so together they must give the file.
    if (apply_edits(file.before->bytes, edits_of(file, false)) != file.after->bytes) file.hunks.clear();
    if (!file.hunks.empty() || file.before->bytes == file.after->bytes) {
      if (file.before->mode != file.after->mode) file.hunks.push_back(mode_hunk(file));
    }
  }
  if (file.hunks.empty()) file.hunks.push_back(whole_hunk(file));

  ParsedSides sides = parse(grammars, file);
  name_symbols(file, sides.before, sides.after);
  const auto before = file.before ? lines_of(file.before->bytes) : std::vector<std::string_view>{};
  const std::string_view language =
      file.after && !file.binary ? repo::detect_language(file.path, file.after->bytes) : std::string_view("text");
  for (Hunk& hunk : file.hunks) {
    const std::string old_text = hunk.kind == Hunk::Kind::kText ? join(before, hunk.old_first, hunk.old_lines) : "";
    hunk.formatting_only = hunk.kind == Hunk::Kind::kText && differ_in_layout_only(old_text, hunk.new_text, language);
    // Not of the file's other hunks: a verdict stays with its hunk when a run changes the file further.
    hunk.id =
        repo::blob_id(std::format("{}\n{}\n{} {}\n{}\n{}\n{}", file.path, file.old_path, static_cast<int>(hunk.kind),
                                  hunk.old_first, hunk.kind == Hunk::Kind::kWhole ? describe(file.after) : "",
                                  hunk.kind == Hunk::Kind::kMode ? hunk.diff : old_text, hunk.new_text));
  }
  return sides;
}

// The share of lines that two files have in common, of the longer one.
double similarity(const std::string& a, const std::string& b) {
  if (a == b) return 1;
  if (is_binary(a) || is_binary(b)) return 0;
  std::unordered_map<std::string_view, int> count;
  const auto lines_a = lines_of(a), lines_b = lines_of(b);
  for (const std::string_view line : lines_a) ++count[line];
  size_t bytes = 0;
  for (const std::string_view line : lines_b) {
    if (auto found = count.find(line); found != count.end() && found->second-- > 0) bytes += line.size();
  }
  return static_cast<double>(bytes) / static_cast<double>(std::max({a.size(), b.size(), size_t{1}}));
}

// Joins the deletion of a file with the creation of one like it.
void find_renames(std::vector<ProposalFile>& files) {
  constexpr double kAlike = 0.5;
  constexpr size_t kMostPairs = 10'000;
  const auto regular = [](const MaybeFile& file) { return file && file->mode != kLink && !file->bytes.empty(); };
  std::vector<size_t> gone, made;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!files[i].after && regular(files[i].before)) gone.push_back(i);
    if (!files[i].before && regular(files[i].after)) made.push_back(i);
  }
  const bool exact_only = gone.size() * made.size() > kMostPairs;
  struct Pair {
    double alike;
    size_t from, to;
  };
  std::vector<Pair> pairs;
  for (const size_t from : gone) {
    for (const size_t to : made) {
      const std::string &a = files[from].before->bytes, &b = files[to].after->bytes;
      const double alike = exact_only ? (a == b ? 1 : 0) : similarity(a, b);
      if (alike >= kAlike) pairs.push_back({alike, from, to});
    }
  }
  std::ranges::stable_sort(pairs, std::greater<>(), &Pair::alike);
  std::vector<bool> used(files.size());
  for (const Pair& pair : pairs) {
    if (used[pair.from] || used[pair.to]) continue;
    used[pair.from] = used[pair.to] = true;
    files[pair.to].old_path = files[pair.from].path;
    files[pair.to].before = std::move(files[pair.from].before);
    files[pair.from].before.reset();
  }
  std::erase_if(files, [](const ProposalFile& file) { return !file.before && !file.after; });
}

}  // namespace

std::string_view name_of(HunkState state) {
  switch (state) {
    case HunkState::kPending: return "pending";
    case HunkState::kAccepted: return "accepted";
    case HunkState::kRejected: return "rejected";
    case HunkState::kEdited: return "edited";
  }
  return "";
}

const Hunk* Proposal::hunk(int number) const {
  for (const ProposalFile& file : files) {
    for (const Hunk& hunk : file.hunks) {
      if (hunk.number == number) return &hunk;
    }
  }
  return nullptr;
}

Hunk* Proposal::hunk(int number) { return const_cast<Hunk*>(std::as_const(*this).hunk(number)); }

size_t Proposal::hunk_count() const {
  size_t count = 0;
  for (const ProposalFile& file : files) count += file.hunks.size();
  return count;
}

Result<Proposal> make_proposal(std::vector<FileChange> changes) {
  const repo::GitLibrary library;
  Proposal proposal;
  std::ranges::sort(changes, {}, &FileChange::path);
  for (FileChange& change : changes) {
    if (!is_tree_path(change.path)) return fail(ErrorKind::kInvalid, change.path + ": not a path inside the tree");
    if (change.before == change.after) continue;
    proposal.files.push_back({change.path, change.path, std::move(change.before), std::move(change.after), false, {}});
  }
  find_renames(proposal.files);
  int number = 0;
  repo::Grammars grammars;
  std::vector<ParsedSides> sides;
  for (ProposalFile& file : proposal.files) {
    sides.push_back(make_hunks(grammars, file));
    for (Hunk& hunk : file.hunks) hunk.number = ++number;
  }
  find_moved_blocks(proposal);
  explain(proposal, sides);
  return proposal;
}

std::string instruction_of_comments(const Proposal& proposal) {
  std::string text;
  for (const ProposalFile& file : proposal.files) {
    for (const Hunk& hunk : file.hunks) {
      if (hunk.comment.empty()) continue;
      text +=
          std::format("{}{}:{}: {}", text.empty() ? "" : "\n", file.path, std::max(1, hunk.new_first), hunk.comment);
    }
  }
  return text;
}

std::vector<FileChange> accepted_changes(const ProposalFile& file) {
  const auto taken = [](const Hunk& hunk) {
    return hunk.state == HunkState::kAccepted || hunk.state == HunkState::kEdited;
  };
  if (std::ranges::none_of(file.hunks, taken)) return {};
  const Hunk& first = file.hunks.front();
  MaybeFile after = file.after;
  if (first.kind == Hunk::Kind::kWhole) {
    if (first.state == HunkState::kEdited && after) after->bytes = first.edited;
  } else {
    after = file.before;
    after->bytes = apply_edits(file.before->bytes, edits_of(file, true));
    if (file.hunks.back().kind == Hunk::Kind::kMode && taken(file.hunks.back())) after->mode = file.after->mode;
  }
  if (file.path != file.old_path) {
    std::vector<FileChange> both = {{file.old_path, file.before, {}}, {file.path, {}, after}};
    return both;
  }
  if (after == file.before) return {};
  return {{file.path, file.before, after}};
}

}  // namespace strata::agent
