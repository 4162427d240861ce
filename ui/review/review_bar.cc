// SPDX-License-Identifier: Apache-2.0
#include "ui/review/review_bar.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/elided_label.h"
#include "ui/look.h"

namespace strata::ui {
namespace {

constexpr qsizetype kShownOutput = 800;  // of a failing check: its end

QString hunks(int count) { return count == 1 ? ReviewBar::tr("one hunk") : ReviewBar::tr("%1 hunks").arg(count); }
QString files(size_t count) { return count == 1 ? ReviewBar::tr("one file") : ReviewBar::tr("%1 files").arg(count); }

}  // namespace

QString describe(const Written& written) {
  const QString what = hunks(written.report.hunks), where = files(written.report.written.size());
  switch (written.what) {
    case Written::What::kApplied: return ReviewBar::tr("Applied %1 in %2.").arg(what, where);
    case Written::What::kTakenBack: return ReviewBar::tr("Took back %1 in %2.").arg(what, where);
    case Written::What::kUndone: return ReviewBar::tr("Undone: %1 in %2 taken out again.").arg(what, where);
    case Written::What::kRedone: return ReviewBar::tr("Done again: %1 in %2.").arg(what, where);
  }
  return {};
}

ReviewBar::ReviewBar(QWidget* parent)
    : QWidget(parent),
      strip_(new QWidget(this)),
      strip_text_(new QLabel(strip_)),
      back_(new QPushButton(strip_)),
      text_(new ElidedLabel(8, this)),
      accept_all_(new QPushButton(tr("Accept All"), this)),
      comments_(new QPushButton(this)),
      check_(new QPushButton(tr("Check Accepted"), this)),
      write_(new QPushButton(this)) {
  strip_->setObjectName(QStringLiteral("writtenStrip"));
  strip_->setAttribute(Qt::WA_StyledBackground);
  strip_text_->setTextFormat(Qt::PlainText);
  strip_text_->setWordWrap(true);
  strip_text_->setObjectName(QStringLiteral("writtenText"));
  back_->setObjectName(QStringLiteral("undoWritten"));
  auto* close = new QToolButton(strip_);
  close->setIcon(lineIcon(QStringLiteral("close")));
  close->setToolTip(tr("Close"));
  close->setAccessibleName(tr("Close the message"));
  auto* strip = new QHBoxLayout(strip_);
  strip->setContentsMargins(14, 6, 8, 6);
  strip->addWidget(strip_text_, 1);
  strip->addWidget(back_);
  strip->addWidget(close);
  strip_->hide();

  auto* bar = new QWidget(this);
  bar->setObjectName(QStringLiteral("reviewBar"));
  bar->setAttribute(Qt::WA_StyledBackground);
  text_->setObjectName(QStringLiteral("reviewCounts"));
  text_->setProperty("muted", true);
  text_->setFont(smallFont());
  accept_all_->setObjectName(QStringLiteral("acceptAll"));
  comments_->setObjectName(QStringLiteral("sendComments"));
  check_->setObjectName(QStringLiteral("checkAccepted"));
  check_->setToolTip(tr("Builds and tests a private copy of your tree with just what you accepted"));
  write_->setObjectName(QStringLiteral("writeHunks"));
  write_->setProperty("primary", true);
  auto* row = new QHBoxLayout(bar);
  row->setContentsMargins(14, 8, 12, 8);
  row->setSpacing(8);
  row->addWidget(text_, 1);
  row->addWidget(comments_);
  row->addWidget(check_);
  row->addWidget(accept_all_);
  row->addWidget(write_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, 0, 0, 0);
  rows->setSpacing(0);
  rows->addWidget(strip_);
  rows->addWidget(bar);

  connect(accept_all_, &QPushButton::clicked, this, &ReviewBar::acceptAllRequested);
  connect(comments_, &QPushButton::clicked, this, &ReviewBar::commentsRequested);
  connect(check_, &QPushButton::clicked, this, &ReviewBar::checkRequested);
  connect(write_, &QPushButton::clicked, this, &ReviewBar::writeRequested);
  connect(close, &QToolButton::clicked, strip_, &QWidget::hide);
  connect(back_, &QPushButton::clicked, this,
          [this] { undone_ ? emit redoRequested() : emit undoRequested(address_); });
}

void ReviewBar::showCounts(const Review& review) {
  const Counts c = count(review);
  QStringList parts;
  const auto add = [&](int number, const QString& text) {
    if (number > 0) parts << text.arg(number);
  };
  add(c.applied, tr("%1 applied"));
  add(c.accepted, review.ofWorkTree() ? tr("%1 kept") : tr("%1 accepted"));
  add(c.rejected, tr("%1 rejected"));
  add(c.pending, review.ofWorkTree() ? tr("%1 not looked at") : tr("%1 pending"));
  text_->setText(parts.join(QStringLiteral(" · ")));
  accept_all_->setText(review.ofWorkTree() ? tr("Keep All") : tr("Accept All"));
  accept_all_->setVisible(c.pending > 0);
  comments_->setText(c.comments == 1 ? tr("Send One Comment") : tr("Send %1 Comments").arg(c.comments));
  comments_->setVisible(c.comments > 0 && !review.ofWorkTree());
  comments_->setToolTip(tr("The run goes on with what they say"));
  check_->setVisible(c.to_write > 0 && !review.ofWorkTree());
  check_->setEnabled(true);
  if (review.ofWorkTree())
    write_->setText(c.to_write == 0   ? tr("Take Back")
                    : c.to_write == 1 ? tr("Take Back One Hunk")
                                      : tr("Take Back %1 Hunks").arg(c.to_write));
  else
    write_->setText(c.to_write == 0   ? tr("Apply")
                    : c.to_write == 1 ? tr("Apply One Hunk")
                                      : tr("Apply %1 Hunks").arg(c.to_write));
  write_->setVisible(c.to_write > 0 || c.applied < c.hunks);
  write_->setEnabled(c.to_write > 0);
}

void ReviewBar::showWriting() { write_->setEnabled(false); }

void ReviewBar::showChecking() {
  check_->setEnabled(false);
  back_->hide();
  showStrip(tr("Checking what you accepted, in a private copy…"), false);
}

void ReviewBar::showChecked(const Checked& checked) {
  check_->setEnabled(true);
  back_->hide();
  const agent::CheckResult& result = checked.result;
  const QString what = hunks(checked.hunks);
  QString text = result.good
                     ? tr("With %1 accepted, the check passes (%2 s).").arg(what).arg(result.seconds, 0, 'f', 1)
                     : tr("With %1 accepted, the check fails (%2).").arg(what, QString::fromStdString(result.command));
  if (!result.good) text += u'\n' + QString::fromStdString(result.output).trimmed().right(kShownOutput);
  showStrip(text, !result.good);
}

void ReviewBar::showWritten(const Written& written) {
  undone_ = written.what == Written::What::kUndone;
  address_ = {written.report.run, written.report.step, 0};
  back_->setText(undone_ ? tr("Redo") : tr("Undo"));
  back_->setVisible(written.report.step > 0);
  showStrip(written.report.step > 0 ? describe(written) : tr("Your tree has all of this already."), false);
}

void ReviewBar::showError(const QString& message) {
  check_->setEnabled(true);
  back_->hide();
  showStrip(message, true);
}

void ReviewBar::showStrip(const QString& text, bool problem) {
  strip_text_->setText(text);
  strip_text_->setProperty("problem", problem);
  strip_text_->style()->polish(strip_text_);
  strip_->show();
  QAccessibleEvent alert(strip_text_, QAccessible::Alert);
  QAccessible::updateAccessibility(&alert);
}

void ReviewBar::hideStrip() { strip_->hide(); }

}  // namespace strata::ui
