// SPDX-License-Identifier: Apache-2.0
#include "ui/code/source_text.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStringDecoder>

namespace strata::ui {
namespace {

constexpr qint64 kLargestShown = 8 << 20;

std::unexpected<Error> refuse(ErrorKind kind, const QString& message) { return fail(kind, message.toStdString()); }
QString tr(const char* text) { return QCoreApplication::translate("strata::ui::readSource", text); }

}  // namespace

Result<QString> readSource(const QString& root, const QString& path) {
  const QString real_root = QFileInfo(root).canonicalFilePath();
  const QFileInfo info(QDir(root).filePath(path));
  const QString real = info.canonicalFilePath();
  if (real.isEmpty()) return refuse(ErrorKind::kNotFound, tr("%1 does not exist any more.").arg(path));
  if (real_root.isEmpty() || !real.startsWith(real_root + u'/'))
    return refuse(ErrorKind::kInvalid, tr("%1 lies outside the repository.").arg(path));
  if (!info.isFile()) return refuse(ErrorKind::kUnsupported, tr("%1 is not a regular file.").arg(path));
  if (info.size() > kLargestShown) return refuse(ErrorKind::kUnsupported, tr("%1 is too large to be shown.").arg(path));
  QFile file(real);
  if (!file.open(QIODevice::ReadOnly)) return refuse(ErrorKind::kIo, path + QStringLiteral(": ") + file.errorString());
  const QByteArray bytes = file.readAll();
  QStringDecoder utf8(QStringDecoder::Utf8);
  QString text = utf8(bytes);
  if (utf8.hasError()) text = QString::fromLatin1(bytes);
  text.replace(QStringLiteral("\r\n"), QStringLiteral("\n"));
  text.replace(QChar(u'\0'), QChar(u'\uFFFD'));
  return text;
}

}  // namespace strata::ui
