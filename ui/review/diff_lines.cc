// SPDX-License-Identifier: Apache-2.0
#include "ui/review/diff_lines.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <algorithm>

#include "agent/changes/text_lines.h"

namespace strata::ui {
namespace {

using Kind = DiffLine::Kind;

QString tr(const char* text) { return QCoreApplication::translate("DiffLines", text); }

QString shown(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  QString text = QString::fromUtf8(line.data(), static_cast<qsizetype>(line.size()));
  for (QChar& c : text)
    if (c == QChar::ParagraphSeparator || c == QChar::LineSeparator || (c < u' ' && c != u'\t'))
      c = QChar::ReplacementCharacter;
  return text;
}

bool isWord(QChar c) { return c.isLetterOrNumber() || c == u'_'; }

// The lines of the diff; old and new lines are counted from its headers, or from 1 where it has none.
std::vector<DiffLine> parsed(const std::string& diff) {
  static const QRegularExpression header(QStringLiteral("^@@ -(\\d+)(?:,\\d+)? \\+(\\d+)"));
  std::vector<DiffLine> lines;
  int old_line = 1, new_line = 1;
  for (const std::string_view raw : agent::lines_of(diff)) {
    if (raw.empty()) continue;
    const QString text = shown(raw.substr(1));
    switch (raw.front()) {
      case '@':
        if (const auto match = header.match(shown(raw)); match.hasMatch()) {
          old_line = match.captured(1).toInt(), new_line = match.captured(2).toInt();
          if (!lines.empty()) lines.push_back({Kind::kNote, 0, 0, QStringLiteral("⋯")});
          break;
        }
        [[fallthrough]];
      default: lines.push_back({Kind::kNote, 0, 0, shown(raw)}); break;
      case '\\': lines.push_back({Kind::kNote, 0, 0, tr("no line end at the end of the file")}); break;
      case ' ': lines.push_back({Kind::kContext, old_line++, new_line++, text}); break;
      case '-': lines.push_back({Kind::kRemoved, old_line++, 0, text}); break;
      case '+': lines.push_back({Kind::kAdded, 0, new_line++, text}); break;
    }
  }
  return lines;
}

// The same place with the lines the user wrote instead of the proposed ones.
std::vector<DiffLine> edited(const agent::ProposalFile& file, const agent::Hunk& hunk,
                             const std::vector<DiffLine>& proposed) {
  const auto changes = [](const DiffLine& line) { return line.kind == Kind::kRemoved || line.kind == Kind::kAdded; };
  const auto first = std::ranges::find_if(proposed, changes);
  const auto last = std::find_if(proposed.rbegin(), proposed.rend(), changes).base();
  std::vector<DiffLine> lines(proposed.begin(), first);
  const bool whole = hunk.kind == agent::Hunk::Kind::kWhole;
  if (file.before && !file.binary) {
    const auto before = agent::lines_of(file.before->bytes);
    const int from = whole ? 1 : hunk.old_first;
    const int end = whole ? static_cast<int>(before.size()) + 1 : from + hunk.old_lines;
    for (int line = from; line < end && line <= static_cast<int>(before.size()); ++line)
      lines.push_back({Kind::kRemoved, line, 0, shown(before[static_cast<size_t>(line - 1)])});
  }
  int new_line = whole ? 1 : hunk.new_first;
  for (const std::string_view line : agent::lines_of(hunk.edited))
    lines.push_back({Kind::kAdded, 0, new_line++, shown(line)});
  for (auto line = last; line < proposed.end(); ++line) {
    lines.push_back(*line);
    if (line->kind == Kind::kContext) lines.back().new_line = new_line++;
  }
  return lines;
}

// Lines removed and, right behind, as many added: one became the other.
void markChanges(std::vector<DiffLine>& lines) {
  for (size_t begin = 0; begin < lines.size();) {
    size_t middle = begin, end;
    while (middle < lines.size() && lines[middle].kind == Kind::kRemoved) ++middle;
    for (end = middle; end < lines.size() && lines[end].kind == Kind::kAdded;) ++end;
    if (end - middle == middle - begin)
      for (size_t i = begin; i < middle; ++i) {
        DiffLine &was = lines[i], &is = lines[middle + i - begin];
        const auto [old_part, new_part] = changedParts(was.text, is.text);
        std::tie(was.changed_from, was.changed) = old_part;
        std::tie(is.changed_from, is.changed) = new_part;
      }
    begin = std::max(end, begin + 1);
  }
}

}  // namespace

std::vector<DiffLine> diffLines(const agent::ProposalFile& file, const agent::Hunk& hunk) {
  std::vector<DiffLine> lines = parsed(hunk.diff);
  if (hunk.state == agent::HunkState::kEdited) lines = edited(file, hunk, lines);
  if (lines.size() > kMostDiffLines) {
    const size_t more = lines.size() - kMostDiffLines;
    lines.resize(kMostDiffLines);
    lines.push_back({Kind::kNote, 0, 0, tr("%1 more lines are not shown").arg(more)});
  }
  markChanges(lines);
  return lines;
}

std::pair<std::pair<int, int>, std::pair<int, int>> changedParts(const QString& before, const QString& after) {
  const int shorter = static_cast<int>(std::min(before.size(), after.size()));
  int head = 0, tail = 0;
  while (head < shorter && before[head] == after[head]) ++head;
  while (tail < shorter - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  while (head > 0 && isWord(before[head - 1])) --head;
  while (tail > 0 && isWord(before[before.size() - tail])) --tail;
  const int old_length = static_cast<int>(before.size()) - head - tail;
  const int new_length = static_cast<int>(after.size()) - head - tail;
  // Where hardly anything is left over, marks say nothing.
  if (head + tail < (old_length + new_length) / 4) return {};
  return {{head, old_length}, {head, new_length}};
}

}  // namespace strata::ui
