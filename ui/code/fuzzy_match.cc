// SPDX-License-Identifier: Apache-2.0
#include "ui/code/fuzzy_match.h"

#include <algorithm>
#include <vector>

namespace strata::ui {

int fuzzyScore(const QString& pattern, const QString& path) {
  if (pattern.isEmpty()) return 1;
  const qsizetype name = path.lastIndexOf(u'/') + 1;
  // Backwards, so that letters are found in the file's name before its folders.
  qsizetype at = path.size();
  qsizetype after = -1;
  int score = 1000;
  for (qsizetype i = pattern.size(); i-- > 0;) {
    at = at > 0 ? path.lastIndexOf(pattern[i], at - 1, Qt::CaseInsensitive) : -1;
    if (at < 0) return 0;
    if (at + 1 == after) score += 15;
    if (at >= name) score += 5;
    if (at == name) score += 20;
    if (at == 0 || !path[at - 1].isLetterOrNumber()) score += 8;
    after = at;
  }
  if (path.sliced(name).startsWith(pattern, Qt::CaseInsensitive)) score += 60;
  return std::max<int>(1, score - static_cast<int>(path.size()) / 4);
}

QStringList fuzzyBest(const QString& pattern, const QStringList& paths, int limit) {
  std::vector<std::pair<int, const QString*>> ranked;
  for (const QString& path : paths)
    if (const int score = fuzzyScore(pattern, path); score > 0) ranked.emplace_back(score, &path);
  std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) { return a.first > b.first; });
  QStringList best;
  for (const auto& [score, path] : ranked) {
    if (best.size() == limit) break;
    best << *path;
  }
  return best;
}

}  // namespace strata::ui
