// SPDX-License-Identifier: Apache-2.0
#include "ui/conversation/answer_text.h"

#include <QAbstractTextDocumentLayout>
#include <QResizeEvent>
#include <QTextBlock>
#include <QUrlQuery>
#include <QWheelEvent>

#include "ui/look.h"

namespace strata::ui {
namespace {

const QString kScheme = QStringLiteral("strata");

QUrl citationUrl(const agent::Citation& citation) {
  QUrl url;
  url.setScheme(kScheme);
  QUrlQuery query;
  query.addQueryItem(QStringLiteral("file"),
                     QString::fromLatin1(QUrl::toPercentEncoding(QString::fromStdString(citation.file))));
  query.addQueryItem(QStringLiteral("first"), QString::number(citation.start_line));
  query.addQueryItem(QStringLiteral("last"), QString::number(citation.end_line));
  url.setQuery(query);
  return url;
}

// Links a model wrote lead nowhere: they become plain text. Code gets a quiet background.
void tidy(QTextDocument* document) {
  QTextCharFormat code;
  code.setBackground(colours().raised);
  code.setFontFamilies(codeFont().families());
  QTextBlockFormat code_block;
  code_block.setBackground(colours().raised);
  for (QTextBlock block = document->begin(); block.isValid(); block = block.next()) {
    const bool fenced = block.blockFormat().hasProperty(QTextFormat::BlockCodeFence) ||
                        block.blockFormat().hasProperty(QTextFormat::BlockCodeLanguage);
    if (fenced) QTextCursor(block).mergeBlockFormat(code_block);
    std::vector<std::pair<int, int>> links, codes;
    for (auto it = block.begin(); !it.atEnd(); ++it) {
      const QTextFragment fragment = it.fragment();
      if (fragment.charFormat().isAnchor()) links.emplace_back(fragment.position(), fragment.length());
      if (fragment.charFormat().fontFixedPitch()) codes.emplace_back(fragment.position(), fragment.length());
    }
    const auto select = [&](const std::pair<int, int>& range) {
      QTextCursor cursor(document);
      cursor.setPosition(range.first);
      cursor.setPosition(range.first + range.second, QTextCursor::KeepAnchor);
      return cursor;
    };
    for (const auto& range : links) select(range).setCharFormat({});
    for (const auto& range : codes) select(range).mergeCharFormat(code);
  }
}

void link(QTextDocument* document, const agent::Citation& citation) {
  QTextCharFormat format;
  format.setAnchor(true);
  format.setToolTip(Qt::convertFromPlainText(describe(citation)));
  format.setAnchorHref(citationUrl(citation).toString(QUrl::FullyEncoded));
  format.setForeground(citation.verified ? colours().accent : colours().warn);
  format.setUnderlineStyle(citation.verified ? QTextCharFormat::SingleUnderline : QTextCharFormat::DashUnderline);
  const QString file = QString::fromStdString(citation.file);
  const QString range = QStringLiteral("%1:%2-%3").arg(file).arg(citation.start_line).arg(citation.end_line);
  for (const QString& text : {range, citationText(citation)})
    for (QTextCursor found = document->find(text); !found.isNull(); found = document->find(text, found))
      found.mergeCharFormat(format);
}

}  // namespace

QString citationText(const agent::Citation& citation) {
  const QString file = QString::fromStdString(citation.file);
  if (citation.end_line <= citation.start_line) return QStringLiteral("%1:%2").arg(file).arg(citation.start_line);
  return QStringLiteral("%1:%2-%3").arg(file).arg(citation.start_line).arg(citation.end_line);
}

QString describe(const agent::Citation& citation) {
  const QString symbol = QString::fromStdString(citation.symbol);
  const QString place =
      symbol.isEmpty() ? citationText(citation) : citationText(citation) + QStringLiteral(" · ") + symbol;
  return place + u'\n' +
         (!citation.verified ? AnswerText::tr("Not verified: the model wrote this place by itself")
          : symbol.isEmpty() ? AnswerText::tr("Verified: these lines exist")
                             : AnswerText::tr("Verified: these lines exist and the symbol stands there"));
}

QString withoutPlaces(const QString& markdown, const std::vector<agent::Citation>& citations) {
  QStringList paragraphs = markdown.split(QStringLiteral("\n\n"));
  paragraphs.removeIf([&](QString paragraph) {
    if (!paragraph.startsWith(QStringLiteral("See `"))) return false;
    paragraph.remove(0, 4).remove(QStringLiteral(" (not verified)"));
    for (const agent::Citation& citation : citations)
      paragraph.remove(u'`' + citationText(citation) + u'`')
          .remove(QStringLiteral(" (`%1`)").arg(QString::fromStdString(citation.symbol)));
    return paragraph.remove(QStringLiteral(", ")).isEmpty();
  });
  return paragraphs.join(QStringLiteral("\n\n"));
}

AnswerText::AnswerText(QWidget* parent) : QTextBrowser(parent) {
  setOpenLinks(false);
  setFrameShape(NoFrame);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Answer"));
  setObjectName(QStringLiteral("answer"));
  document()->setDocumentMargin(0);
  document()->setIndentWidth(20);
  setFixedHeight(0);
  render_soon_.setSingleShot(true);
  render_soon_.setInterval(40);
  connect(&render_soon_, &QTimer::timeout, this, &AnswerText::render);
  connect(this, &QTextBrowser::anchorClicked, this, [this](const QUrl& url) {
    if (url.scheme() != kScheme) return;
    const QUrlQuery query(url);
    emit citationClicked(query.queryItemValue(QStringLiteral("file"), QUrl::FullyDecoded),
                         query.queryItemValue(QStringLiteral("first")).toInt(),
                         query.queryItemValue(QStringLiteral("last")).toInt());
  });
}

void AnswerText::append(const QString& piece) {
  markdown_ += piece;
  if (!render_soon_.isActive()) render_soon_.start();
}

void AnswerText::setAnswer(const QString& markdown, const std::vector<agent::Citation>& citations) {
  render_soon_.stop();
  markdown_ = markdown;
  citations_ = citations;
  render();
}

void AnswerText::render() {
  document()->setMarkdown(
      markdown_, QTextDocument::MarkdownFeatures(QTextDocument::MarkdownDialectGitHub) | QTextDocument::MarkdownNoHTML);
  tidy(document());
  for (const agent::Citation& citation : citations_) link(document(), citation);
  fitHeight();
}

QVariant AnswerText::loadResource(int, const QUrl&) { return {}; }

void AnswerText::resizeEvent(QResizeEvent* event) {
  QTextBrowser::resizeEvent(event);
  // Later: a scroll area that is resized while it is being resized leaves its viewport as it was, and the text unseen.
  if (event->oldSize().width() != event->size().width())
    QMetaObject::invokeMethod(this, &AnswerText::fitHeight, Qt::QueuedConnection);
}

// Colours are part of the document.
void AnswerText::changeEvent(QEvent* event) {
  QTextBrowser::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) render();
}

// The conversation scrolls, not the answer in it.
void AnswerText::wheelEvent(QWheelEvent* event) { event->ignore(); }

void AnswerText::fitHeight() {
  document()->setTextWidth(viewport()->width());
  setFixedHeight(markdown_.isEmpty() ? 0 : static_cast<int>(document()->size().height()) + 4);
}

}  // namespace strata::ui
