// SPDX-License-Identifier: Apache-2.0
// What there is to review: the working tree's own changes, and the runs of the agent in this repository.
#pragma once

#include <QWidget>

#include "agent/changes/run_database.h"

class QLabel;
class QPushButton;
class QTreeWidget;

namespace strata::ui {

class RunsPage : public QWidget {
  Q_OBJECT
 public:
  explicit RunsPage(QWidget* parent = nullptr);

  void showRuns(const std::vector<agent::Run>& runs);
  void showMessage(const QString& message);  // why nothing could be opened; empty: nothing to say

 signals:
  void workTreeRequested();
  void runRequested(qint64 run);

 private:
  QPushButton* work_tree_;
  QLabel* message_;
  QLabel* empty_;
  QTreeWidget* runs_;
};

}  // namespace strata::ui
