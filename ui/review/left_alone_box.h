// SPDX-License-Identifier: Apache-2.0
// The places an operation was not certain about and left as they are: for the user to look at.
#pragma once

#include <QWidget>

#include "ui/review/review.h"

class QToolButton;
class QVBoxLayout;

namespace strata::ui {

class LeftAloneBox : public QWidget {
  Q_OBJECT
 public:
  explicit LeftAloneBox(QWidget* parent = nullptr);

  void showPlaces(const std::vector<LeftAlone>& places);

 signals:
  void placeClicked(const QString& path, int first, int last);

 private:
  QToolButton* head_;
  QWidget* list_;
  QVBoxLayout* rows_;
};

}  // namespace strata::ui
