// SPDX-License-Identifier: Apache-2.0
// The files of a review: what changed in each, and how far it has been decided.
#pragma once

#include <QTreeWidget>

#include "ui/review/review.h"

namespace strata::ui {

class FileList : public QTreeWidget {
  Q_OBJECT
 public:
  explicit FileList(QWidget* parent = nullptr);

  void setReview(const Review& review);
  void refresh(const Review& review);  // the same files
  void selectFile(int file);           // by its place in the proposal

 signals:
  void fileChosen(int file);
};

}  // namespace strata::ui
