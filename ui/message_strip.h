// SPDX-License-Identifier: Apache-2.0
// A line above the code with what went wrong; stays until it is closed or replaced, and never blocks.
#pragma once

#include <QFrame>

class QLabel;

namespace strata::ui {

class MessageStrip : public QFrame {
  Q_OBJECT
 public:
  explicit MessageStrip(QWidget* parent = nullptr);
  void showMessage(const QString& message);
  QString message() const;

 private:
  QLabel* icon_;
  QLabel* text_;
};

}  // namespace strata::ui
