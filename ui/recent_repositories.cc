// SPDX-License-Identifier: Apache-2.0
#include "ui/recent_repositories.h"

#include <QFileInfo>
#include <QSettings>

namespace strata::ui {
namespace {

const char* const kKey = "recent/repositories";
constexpr qsizetype kKept = 10;

}  // namespace

QStringList recentRepositories() {
  QStringList folders = QSettings().value(kKey).toStringList();
  folders.removeIf([](const QString& folder) { return !QFileInfo(folder).isDir(); });
  return folders;
}

void rememberRepository(const QString& folder) {
  QStringList folders = QSettings().value(kKey).toStringList();
  folders.removeAll(folder);
  folders.prepend(folder);
  QSettings().setValue(kKey, QStringList(folders.first(std::min(kKept, folders.size()))));
}

}  // namespace strata::ui
