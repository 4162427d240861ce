// SPDX-License-Identifier: Apache-2.0
#include "ui/agent/question_card.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/look.h"

namespace strata::ui {

QuestionCard::QuestionCard(const QString& title, const QString& about, QWidget* parent)
    : QFrame(parent), rows_(new QVBoxLayout), answers_(new QHBoxLayout) {
  setProperty("card", true);
  setAttribute(Qt::WA_StyledBackground);
  rows_->setSpacing(6);
  answers_->setSpacing(6);
  answers_->addStretch(1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 10, 12, 10);
  layout->setSpacing(6);
  layout->addLayout(rows_);
  layout->addLayout(answers_);
  setAccessibleName(title);
  setAccessibleDescription(about);
  QAccessibleEvent alert(this, QAccessible::Alert);
  QAccessible::updateAccessibility(&alert);
}

void QuestionCard::addText(const QString& text, const char* property) {
  auto* label = new QLabel(text, this);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  if (property) label->setProperty(property, true);
  add(label);
}

void QuestionCard::addNote(const QString& text) {
  addText(text, "muted");
  rows_->itemAt(rows_->count() - 1)->widget()->setFont(smallFont());
}

void QuestionCard::add(QWidget* widget) { rows_->addWidget(widget); }

QPushButton* QuestionCard::addAnswer(const QString& text, const char* name) {
  auto* button = new QPushButton(text, this);
  button->setObjectName(QLatin1String(name));
  button->setFont(smallFont());
  answers_->insertWidget(answers_->count() - 1, button);
  return button;
}

}  // namespace strata::ui
