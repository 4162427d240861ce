// SPDX-License-Identifier: Apache-2.0
#include "ui/review/conflict_box.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/look.h"

namespace strata::ui {
namespace {

constexpr int kShownRows = 16;

QLabel* plain(const QString& text, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  return label;
}

QString headline(const Written& written) {
  switch (written.what) {
    case Written::What::kApplied: return ConflictBox::tr("Nothing was applied: you have edited the same lines.");
    case Written::What::kTakenBack: return ConflictBox::tr("Nothing was taken back: the files changed meanwhile.");
    case Written::What::kUndone: return ConflictBox::tr("Not undone: you have edited these files since.");
    case Written::What::kRedone: return ConflictBox::tr("Not done again: you have edited these files since.");
  }
  return {};
}

// Of a text with markers, the part around the first conflict.
QString aroundConflict(const std::string& marked) {
  const QStringList lines = QString::fromStdString(marked).split(u'\n');
  qsizetype first = 0;
  while (first < lines.size() && !lines[first].startsWith(QStringLiteral("<<<<<<<"))) ++first;
  return lines.mid(std::max<qsizetype>(0, first - 3)).join(u'\n');
}

}  // namespace

ConflictBox::ConflictBox(QWidget* parent) : QFrame(parent), rows_(new QVBoxLayout(this)) {
  setObjectName(QStringLiteral("conflicts"));
  setAttribute(Qt::WA_StyledBackground);
  rows_->setContentsMargins(12, 10, 12, 10);
  rows_->setSpacing(6);
  hide();
}

void ConflictBox::showConflicts(const Written& written) {
  qDeleteAll(findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
  auto* title = plain(headline(written), this);
  QFont bold = title->font();
  bold.setWeight(QFont::DemiBold);
  title->setFont(bold);
  rows_->addWidget(title);
  std::vector<int> hunks;
  for (const agent::Conflict& conflict : written.report.conflicts) {
    const QString path = QString::fromStdString(conflict.path);
    rows_->addWidget(plain(tr("%1: %2").arg(path, QString::fromStdString(conflict.reason)), this));
    hunks.insert(hunks.end(), conflict.hunks.begin(), conflict.hunks.end());
    if (conflict.text.empty()) continue;
    auto* text = new QPlainTextEdit(aroundConflict(conflict.text), this);
    text->setReadOnly(true);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    text->setTabChangesFocus(true);
    text->setFont(codeFont());
    text->setLineWrapMode(QPlainTextEdit::NoWrap);
    text->setFrameShape(QFrame::NoFrame);
    text->setAccessibleName(tr("Both versions of %1").arg(path));
    text->setFixedHeight(std::min(kShownRows, text->blockCount() + 1) * text->fontMetrics().lineSpacing() + 12);
    rows_->addWidget(text);
  }
  auto* buttons = new QWidget(this);
  auto* row = new QHBoxLayout(buttons);
  row->setContentsMargins(0, 0, 0, 0);
  const bool applying = written.what == Written::What::kApplied;
  if (applying && !hunks.empty()) {
    auto* reject =
        new QPushButton(hunks.size() == 1 ? tr("Reject This Hunk") : tr("Reject These %1 Hunks").arg(hunks.size()));
    reject->setObjectName(QStringLiteral("rejectConflicting"));
    connect(reject, &QPushButton::clicked, this, [this, hunks] {
      hide();
      emit rejectRequested(hunks);
    });
    row->addWidget(reject);
  } else if (!applying && written.what != Written::What::kTakenBack) {
    auto* merge = new QPushButton(tr("Keep My Edits and Merge"), this);
    merge->setObjectName(QStringLiteral("mergeConflicting"));
    connect(merge, &QPushButton::clicked, this, [this] {
      hide();
      emit mergeRequested();
    });
    row->addWidget(merge);
  }
  auto* open = new QPushButton(tr("Open the File"), this);
  connect(open, &QPushButton::clicked, this,
          [this, path = written.report.conflicts.front().path] { emit fileRequested(QString::fromStdString(path)); });
  auto* close = new QPushButton(tr("Close"), this);
  connect(close, &QPushButton::clicked, this, &QWidget::hide);
  row->addWidget(open);
  row->addWidget(close);
  row->addStretch(1);
  rows_->addWidget(buttons);
  show();
  setAccessibleName(title->text());
  QAccessibleEvent alert(this, QAccessible::Alert);
  QAccessible::updateAccessibility(&alert);
}

}  // namespace strata::ui
