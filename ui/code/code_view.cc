// SPDX-License-Identifier: Apache-2.0
#include "ui/code/code_view.h"

#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/Repository>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>
#include <algorithm>

#include "ui/code/code_colours.h"
#include "ui/look.h"

namespace strata::ui {
namespace {

constexpr qsizetype kLargestColoured = 1 << 19;  // characters

class Margin : public QWidget {
 public:
  explicit Margin(CodeView* view) : QWidget(view), view_(view) {}
  QSize sizeHint() const override { return {view_->marginWidth(), 0}; }

 protected:
  void paintEvent(QPaintEvent* event) override { view_->paintMargin(event); }

 private:
  CodeView* view_;
};

}  // namespace

CodeView::CodeView(KSyntaxHighlighting::Repository& syntax, QWidget* parent)
    : QPlainTextEdit(parent),
      syntax_(syntax),
      highlighter_(new CodeHighlighter(document())),
      margin_(new Margin(this)) {
  setReadOnly(true);
  setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  setLineWrapMode(NoWrap);
  setFrameShape(NoFrame);
  setFont(codeFont());
  setTabStopDistance(fontMetrics().horizontalAdvance(u' ') * 4);
  document()->setDocumentMargin(0);  // so that marked lines reach from edge to edge
  connect(this, &QPlainTextEdit::updateRequest, margin_, [this](const QRect& rect, int dy) {
    if (dy)
      margin_->scroll(0, dy);
    else
      margin_->update(0, rect.y(), margin_->width(), rect.height());
  });
  connect(this, &QPlainTextEdit::blockCountChanged, this, [this] { setViewportMargins(marginWidth(), 0, 0, 0); });
  followLook();
}

CodeView::~CodeView() = default;

void CodeView::showFile(const QString& path, const QString& text) {
  path_ = path;
  setAccessibleName(tr("Text of %1").arg(path));
  // Colouring is done at once and in this thread: a quarter of a second for half a megabyte.
  const bool plain = text.size() > kLargestColoured;
  highlighter_->setDefinition(plain ? KSyntaxHighlighting::Definition() : syntax_.definitionForFileName(path));
  setPlainText(text);
  setViewportMargins(marginWidth(), 0, 0, 0);
}

void CodeView::replaceText(const QString& text) {
  if (text == toPlainText()) return;
  const int scrolled = verticalScrollBar()->value();
  const int position = textCursor().position();
  showFile(path_, text);
  QTextCursor cursor = textCursor();
  cursor.setPosition(std::min(position, document()->characterCount() - 1));
  setTextCursor(cursor);
  verticalScrollBar()->setValue(scrolled);
  last_marked_ = std::min(last_marked_, blockCount());
  markLines();
}

void CodeView::followLook() {
  highlighter_->setTheme(codeTheme(syntax_));
  highlighter_->rehighlight();
  markLines();
}

void CodeView::changeEvent(QEvent* event) {
  QPlainTextEdit::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) followLook();
}

void CodeView::showLines(int first, int last) {
  first_marked_ = std::clamp(first, 1, blockCount());
  last_marked_ = std::clamp(last, first_marked_, blockCount());
  markLines();
  setTextCursor(QTextCursor(document()->findBlockByNumber(first_marked_ - 1)));
  // All of them if they fit, else their beginning, with something before it.
  const int rows = viewport()->height() / std::max(1, fontMetrics().lineSpacing());
  const int spare = rows - (last_marked_ - first_marked_ + 1);
  verticalScrollBar()->setValue(first_marked_ - 1 - std::max(spare / 2, rows / 6));
}

void CodeView::markLines() {
  QList<QTextEdit::ExtraSelection> selections;
  for (int line = first_marked_; line > 0 && line <= last_marked_; ++line) {
    QTextEdit::ExtraSelection selection;
    selection.format.setBackground(colours().cited);
    selection.format.setProperty(QTextFormat::FullWidthSelection, true);
    selection.cursor = QTextCursor(document()->findBlockByNumber(line - 1));
    selections << selection;
  }
  setExtraSelections(selections);
  margin_->update();
}

bool CodeView::findText(const QString& text, bool backwards) {
  if (text.isEmpty()) return false;
  const QTextDocument::FindFlags flags = backwards ? QTextDocument::FindBackward : QTextDocument::FindFlags();
  if (find(text, flags)) return true;
  const QTextCursor before = textCursor();
  moveCursor(backwards ? QTextCursor::End : QTextCursor::Start);
  if (find(text, flags)) return true;
  setTextCursor(before);
  return false;
}

int CodeView::marginWidth() const {
  const int digits = std::max<int>(3, static_cast<int>(QString::number(blockCount()).size()));
  return 22 + fontMetrics().horizontalAdvance(u'9') * digits;
}

void CodeView::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  const QRect area = contentsRect();
  margin_->setGeometry(area.left(), area.top(), marginWidth(), area.height());
}

void CodeView::paintMargin(QPaintEvent* event) {
  const Colours& c = colours();
  QPainter painter(margin_);
  painter.fillRect(event->rect(), c.base);
  painter.setFont(font());
  for (QTextBlock block = firstVisibleBlock(); block.isValid(); block = block.next()) {
    const QRectF place = blockBoundingGeometry(block).translated(contentOffset());
    if (place.top() > event->rect().bottom()) break;
    const int line = block.blockNumber() + 1;
    const bool marked = line >= first_marked_ && line <= last_marked_;
    const QRectF row(0, place.top(), margin_->width(), place.height());
    if (marked) {
      painter.fillRect(row, c.cited);
      painter.fillRect(QRectF(0, place.top(), 3, place.height()), c.warn);
    }
    painter.setPen(marked ? c.text : c.muted);
    painter.drawText(row.adjusted(0, 0, -12, 0), Qt::AlignRight | Qt::AlignVCenter, QString::number(line));
  }
}

}  // namespace strata::ui
