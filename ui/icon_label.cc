// SPDX-License-Identifier: Apache-2.0
#include "ui/icon_label.h"

#include <QPainter>

namespace strata::ui {

IconLabel::IconLabel(int side, QWidget* parent) : QWidget(parent) { setFixedSize(side, side); }

void IconLabel::setIcon(const QIcon& icon) {
  icon_ = icon;
  update();
}

void IconLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  icon_.paint(&painter, rect());
}

}  // namespace strata::ui
