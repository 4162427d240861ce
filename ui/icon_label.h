// SPDX-License-Identifier: Apache-2.0
// A line icon (look.h) as a widget. It is drawn when it is painted, so it follows a change of the look.
#pragma once

#include <QIcon>
#include <QWidget>

namespace strata::ui {

class IconLabel : public QWidget {
  Q_OBJECT
 public:
  IconLabel(int side, QWidget* parent);

  void setIcon(const QIcon& icon);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QIcon icon_;
};

}  // namespace strata::ui
