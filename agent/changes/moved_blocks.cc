// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/moved_blocks.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/changes/text_lines.h"

namespace strata::agent {
namespace {

struct Line {
  std::string_view text;  // without the spaces around it
  const ProposalFile* file = nullptr;
  Hunk* hunk = nullptr;
  int number = 0;
};

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front()))) line.remove_prefix(1);
  return line;
}

// One entry per line; a line without hunk ends every block.
void add_lines(std::vector<Line>& all, const ProposalFile& file, Hunk& hunk, const MaybeFile& side, int first,
               int count) {
  if (!side || side->mode == kLink) return;
  const auto lines = lines_of(side->bytes);
  if (hunk.kind == Hunk::Kind::kWhole) first = 1, count = static_cast<int>(lines.size());
  for (int i = first; i < first + count && i <= static_cast<int>(lines.size()); ++i) {
    all.push_back({trimmed(lines[static_cast<size_t>(i - 1)]), &file, &hunk, i});
  }
  all.push_back({});
}

bool is_block(const std::vector<Line>& lines, size_t first, size_t count) {
  int full = 0, letters = 0;
  for (size_t i = first; i < first + count; ++i) {
    full += !lines[i].text.empty();
    letters += static_cast<int>(
        std::ranges::count_if(lines[i].text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }));
  }
  return full >= kMovedLines && letters >= kMovedLetters;
}

}  // namespace

void find_moved_blocks(Proposal& proposal) {
  std::vector<Line> removed, added;
  for (ProposalFile& file : proposal.files) {
    if (file.binary) continue;
    for (Hunk& hunk : file.hunks) {
      if (hunk.kind == Hunk::Kind::kMode || (file.before && file.after && hunk.kind == Hunk::Kind::kWhole)) continue;
      add_lines(removed, file, hunk, file.before, hunk.old_first, hunk.old_lines);
      add_lines(added, file, hunk, file.after, hunk.new_first, hunk.new_lines);
    }
  }
  std::multimap<std::string_view, size_t> where;
  for (size_t i = 0; i < removed.size(); ++i) {
    if (!removed[i].text.empty()) where.emplace(removed[i].text, i);
  }
  // A line that stands in very many places says nothing about where it is from, and would cost.
  constexpr std::ptrdiff_t kMostPlaces = 50;
  for (size_t i = 0; i < added.size();) {
    size_t best = 0, best_at = 0;
    const auto [first, last] = where.equal_range(added[i].text);
    if (added[i].hunk && !added[i].text.empty() && std::distance(first, last) <= kMostPlaces) {
      for (auto place = first; place != last; ++place) {
        size_t length = 0;
        while (i + length < added.size() && place->second + length < removed.size() && added[i + length].hunk &&
               removed[place->second + length].hunk && added[i + length].text == removed[place->second + length].text) {
          ++length;
        }
        if (length > best) best = length, best_at = place->second;
      }
    }
    // Within one hunk it is a change, not a move.
    if (best == 0 || added[i].hunk == removed[best_at].hunk || !is_block(added, i, best)) {
      ++i;
      continue;
    }
    const Line &to = added[i], &from = removed[best_at];
    to.hunk->moved_from.push_back({from.file->old_path, from.number, static_cast<int>(best), to.number});
    from.hunk->moved_to.push_back({to.file->path, to.number, static_cast<int>(best), from.number});
    i += best;
  }
}

}  // namespace strata::agent
