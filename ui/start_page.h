// SPDX-License-Identifier: Apache-2.0
// What the window shows before a repository is open.
#pragma once

#include <QWidget>

class QListWidget;
class QLabel;

namespace strata::ui {

class StartPage : public QWidget {
  Q_OBJECT
 public:
  explicit StartPage(QWidget* parent = nullptr);
  void setRecent(const QStringList& folders);

 signals:
  void openRequested();
  void repositoryChosen(const QString& folder);

 private:
  QLabel* recent_title_;
  QListWidget* recent_;
};

}  // namespace strata::ui
