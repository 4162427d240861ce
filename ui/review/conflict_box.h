// SPDX-License-Identifier: Apache-2.0
// Why nothing was written: where the user edited the same lines meanwhile. Both versions are shown; neither is lost.
#pragma once

#include <QFrame>

#include "ui/review/review.h"

class QVBoxLayout;

namespace strata::ui {

class ConflictBox : public QFrame {
  Q_OBJECT
 public:
  explicit ConflictBox(QWidget* parent = nullptr);

  void showConflicts(const Written& written);

 signals:
  void rejectRequested(const std::vector<int>& hunks);
  void mergeRequested();  // of an undo or redo
  void fileRequested(const QString& path);

 private:
  QVBoxLayout* rows_;
};

}  // namespace strata::ui
