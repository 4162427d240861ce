// SPDX-License-Identifier: Apache-2.0
#include "ui/code/quick_open.h"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/code/fuzzy_match.h"

namespace strata::ui {

QuickOpen::QuickOpen(const QStringList& files, QWidget* parent)
    : QDialog(parent), files_(files), pattern_(new QLineEdit(this)), list_(new QListWidget(this)) {
  setObjectName(QStringLiteral("quickOpen"));
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowFlag(Qt::FramelessWindowHint);
  setWindowTitle(tr("Go to file"));
  const QSize size(std::min(620, parent->width() - 40), std::min(420, parent->height() - 80));
  resize(size);
  move(parent->mapToGlobal(QPoint((parent->width() - size.width()) / 2, 60)));
  pattern_->setPlaceholderText(tr("Letters of the file's path"));
  pattern_->setAccessibleName(tr("Go to file"));
  pattern_->setObjectName(QStringLiteral("quickOpenPattern"));
  pattern_->installEventFilter(this);
  list_->setAccessibleName(tr("Matching files"));
  list_->setObjectName(QStringLiteral("matchingFiles"));
  list_->setUniformItemSizes(true);
  list_->setTextElideMode(Qt::ElideMiddle);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(pattern_);
  layout->addWidget(list_);
  connect(pattern_, &QLineEdit::textChanged, this, &QuickOpen::filter);
  connect(pattern_, &QLineEdit::returnPressed, this, &QuickOpen::choose);
  connect(list_, &QListWidget::itemActivated, this, &QuickOpen::choose);
  connect(list_, &QListWidget::itemClicked, this, &QuickOpen::choose);
  filter();
}

void QuickOpen::filter() {
  list_->clear();
  list_->addItems(fuzzyBest(pattern_->text(), files_, 200));
  list_->setCurrentRow(0);
}

void QuickOpen::choose() {
  const QListWidgetItem* item = list_->currentItem();
  if (!item) return;
  emit fileChosen(item->text());
  accept();
}

// Up and down move in the list while the letters are typed.
bool QuickOpen::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp || key == Qt::Key_PageDown)
      return QCoreApplication::sendEvent(list_, event);
  }
  return QDialog::eventFilter(object, event);
}

}  // namespace strata::ui
