// SPDX-License-Identifier: Apache-2.0
// Which paths a few typed letters mean.
#pragma once

#include <QStringList>

namespace strata::ui {

// 0 if the letters of `pattern` do not stand in `path` in this order, else higher for better: runs, starts of words,
// the file's name rather than its folders, short paths.
int fuzzyScore(const QString& pattern, const QString& path);
QStringList fuzzyBest(const QString& pattern, const QStringList& paths, int limit);

}  // namespace strata::ui
