// SPDX-License-Identifier: Apache-2.0
#include "ui/code/source_text.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStringDecoder>

namespace strata::ui {
namespace {

constexpr qint64 kLargestShown = 4 << 20;
constexpr qsizetype kLongestShown = 10'000;  // characters of a line

std::unexpected<Error> refuse(ErrorKind kind, const QString& message) { return fail(kind, message.toStdString()); }
QString tr(const char* text) { return QCoreApplication::translate("strata::ui::readSource", text); }

// Qt lays out a line as a whole: a megabyte without a break stops the window for seconds.
void cutLongLines(QString& text) {
  QString cut;
  qsizetype copied = 0;
  for (qsizetype begin = 0; begin < text.size();) {
    qsizetype end = text.indexOf(u'\n', begin);
    if (end < 0) end = text.size();
    if (end - begin > kLongestShown) {
      cut += QStringView(text).sliced(copied, begin + kLongestShown - copied);
      cut += tr(" … (%1 more characters)").arg(end - begin - kLongestShown);
      copied = end;
    }
    begin = end + 1;
  }
  if (copied > 0) text = cut.append(QStringView(text).sliced(copied));
}

// Only line feeds end lines in the index; Qt takes more for the end of one, and citations would open the wrong lines.
void hideOtherLineEnds(QString& text) {
  for (QChar& c : text)
    if (c == u'\r' || c == QChar::ParagraphSeparator || c == QChar(u'\0') || c == QChar(0xfdd0) || c == QChar(0xfdd1))
      c = QChar::ReplacementCharacter;
}

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
  cutLongLines(text);
  hideOtherLineEnds(text);
  return text;
}

}  // namespace strata::ui
