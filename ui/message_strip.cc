// SPDX-License-Identifier: Apache-2.0
#include "ui/message_strip.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "ui/look.h"

namespace strata::ui {

MessageStrip::MessageStrip(QWidget* parent) : QFrame(parent), icon_(new QLabel(this)), text_(new QLabel(this)) {
  setObjectName(QStringLiteral("messageStrip"));
  setAttribute(Qt::WA_StyledBackground);
  text_->setTextFormat(Qt::PlainText);
  text_->setWordWrap(true);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  text_->setAccessibleName(tr("Message"));
  auto* close = new QToolButton(this);
  close->setIcon(lineIcon(QStringLiteral("close")));
  close->setToolTip(tr("Close"));
  close->setAccessibleName(tr("Close the message"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(12, 6, 8, 6);
  layout->addWidget(icon_);
  layout->addWidget(text_, 1);
  layout->addWidget(close);
  connect(close, &QToolButton::clicked, this, &QWidget::hide);
  hide();
}

void MessageStrip::showMessage(const QString& message) {
  icon_->setPixmap(lineIcon(QStringLiteral("warning"), &Colours::warn).pixmap(QSize(16, 16), devicePixelRatioF()));
  text_->setText(message);
  show();
  QAccessibleEvent alert(text_, QAccessible::Alert);
  QAccessible::updateAccessibility(&alert);
}

QString MessageStrip::message() const { return isHidden() ? QString() : text_->text(); }

}  // namespace strata::ui
