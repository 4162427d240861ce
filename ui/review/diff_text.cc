// SPDX-License-Identifier: Apache-2.0
#include "ui/review/diff_text.h"

#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>
#include <QWheelEvent>
#include <algorithm>

#include "ui/look.h"
#include "ui/review/diff_colours.h"

namespace strata::ui {
namespace {

constexpr int kGap = 8;  // between the columns of the margin

QColor background(DiffLine::Kind kind) {
  if (kind == DiffLine::Kind::kAdded) return colours().added;
  if (kind == DiffLine::Kind::kRemoved) return colours().removed;
  return colours().base;
}

class Margin : public QWidget {
 public:
  explicit Margin(DiffText* text) : QWidget(text), text_(text) {}

 protected:
  void paintEvent(QPaintEvent* event) override { text_->paintMargin(event); }

 private:
  DiffText* text_;
};

}  // namespace

DiffText::DiffText(DiffColours& colours, QWidget* parent)
    : QPlainTextEdit(parent), colours_(colours), margin_(new Margin(this)) {
  setObjectName(QStringLiteral("diffText"));
  setReadOnly(true);
  setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  setFocusPolicy(Qt::ClickFocus);  // the hunk is what Tab stops at
  setFrameShape(NoFrame);
  setFont(codeFont());
  setTabStopDistance(fontMetrics().horizontalAdvance(u' ') * 4);
  setWordWrapMode(QTextOption::WrapAnywhere);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  document()->setDocumentMargin(0);
}

void DiffText::setLines(std::vector<DiffLine> lines) {
  lines_ = std::move(lines);
  build();
}

void DiffText::build() {
  const Colours& c = colours();
  QTextDocument* text = document();
  text->setUndoRedoEnabled(false);
  clear();
  QTextCursor cursor(text);
  cursor.beginEditBlock();
  for (size_t i = 0; i < lines_.size(); ++i) {
    const DiffLine& line = lines_[i];
    QTextBlockFormat block;
    block.setBackground(background(line.kind));
    if (i == 0)
      cursor.setBlockFormat(block);
    else
      cursor.insertBlock(block);
    const int begin = cursor.position();
    QTextCharFormat plain;
    plain.setForeground(line.kind == DiffLine::Kind::kNote ? c.muted : c.text);
    cursor.insertText(line.text, plain);
    const auto style = [&](int from, int length, const QTextCharFormat& format) {
      QTextCursor part(text);
      part.setPosition(begin + from);
      part.setPosition(begin + std::min<int>(from + length, static_cast<int>(line.text.size())),
                       QTextCursor::KeepAnchor);
      part.mergeCharFormat(format);
    };
    for (const auto& range : colours_.of(line)) style(range.start, range.length, range.format);
    if (line.changed > 0) {
      QTextCharFormat changed;
      changed.setBackground(line.kind == DiffLine::Kind::kAdded ? c.added_part : c.removed_part);
      style(line.changed_from, line.changed, changed);
    }
  }
  cursor.endEditBlock();
  moveCursor(QTextCursor::Start);
  setViewportMargins(marginWidth(), 0, 0, 0);
  fitHeight();
}

void DiffText::fitHeight() {
  // In lines, wrapped ones counted as often as they take; one is spare where the layout has not been asked yet.
  const int rows = std::max(1, static_cast<int>(document()->size().height()));
  setFixedHeight(rows * fontMetrics().lineSpacing() + 2);
  margin_->setGeometry(0, 0, marginWidth(), height());
}

void DiffText::changeEvent(QEvent* event) {
  QPlainTextEdit::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && !lines_.empty()) {
    colours_.forget();
    build();
  }
}

void DiffText::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  fitHeight();
}

// What scrolls is the review around it.
void DiffText::wheelEvent(QWheelEvent* event) { event->ignore(); }

int DiffText::digits(int DiffLine::* number) const {
  int largest = 0;
  for (const DiffLine& line : lines_) largest = std::max(largest, line.*number);
  return largest == 0 ? 0 : std::max(2, static_cast<int>(QString::number(largest).size()));
}

int DiffText::marginWidth() const {
  const int digit = fontMetrics().horizontalAdvance(u'9');
  int width = kGap + digit + kGap;  // the sign
  for (int DiffLine::* number : {&DiffLine::old_line, &DiffLine::new_line})
    if (const int n = digits(number)) width += kGap + n * digit;
  return width;
}

void DiffText::paintMargin(QPaintEvent* event) {
  const Colours& c = colours();
  QPainter painter(margin_);
  painter.fillRect(event->rect(), c.base);
  painter.setFont(font());
  const int digit = fontMetrics().horizontalAdvance(u'9');
  const int old_width = digits(&DiffLine::old_line) * digit, new_width = digits(&DiffLine::new_line) * digit;
  size_t i = 0;
  for (QTextBlock block = document()->begin(); block.isValid() && i < lines_.size(); block = block.next(), ++i) {
    const DiffLine& line = lines_[i];
    const QRectF place = blockBoundingGeometry(block).translated(contentOffset());
    const QRectF row(0, place.top(), margin_->width(), place.height());
    painter.fillRect(row, background(line.kind));
    const QRectF first(0, place.top(), 0, fontMetrics().lineSpacing());
    int x = 0;
    const auto number = [&](int value, int width) {
      if (width == 0) return;
      if (value > 0)
        painter.drawText(first.adjusted(x + kGap, 0, x + kGap + width, 0), Qt::AlignRight | Qt::AlignVCenter,
                         QString::number(value));
      x += kGap + width;
    };
    painter.setPen(readable(c.muted));
    number(line.old_line, old_width);
    number(line.new_line, new_width);
    if (line.kind != DiffLine::Kind::kAdded && line.kind != DiffLine::Kind::kRemoved) continue;
    const bool added = line.kind == DiffLine::Kind::kAdded;
    painter.setPen(readable(added ? c.good : c.bad));
    painter.drawText(first.adjusted(x + kGap, 0, x + kGap + digit, 0), Qt::AlignCenter,
                     added ? QStringLiteral("+") : QStringLiteral("−"));
  }
}

}  // namespace strata::ui
