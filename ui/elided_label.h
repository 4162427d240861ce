// SPDX-License-Identifier: Apache-2.0
// A line of text that is shortened when there is no room for it, instead of keeping the window wide. What is cut off is
// in the tooltip.
#pragma once

#include <QLabel>

namespace strata::ui {

class ElidedLabel : public QLabel {
  Q_OBJECT
 public:
  // Keeps room for `least` characters.
  explicit ElidedLabel(int least, QWidget* parent = nullptr);
  QSize minimumSizeHint() const override;

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  int least_;
  QString shown() const;
};

}  // namespace strata::ui
