// SPDX-License-Identifier: Apache-2.0
// The tree with its filter line. Says which file the user wants to see.
#pragma once

#include <QStringList>
#include <QWidget>

class QLabel;
class QLineEdit;
class QModelIndex;
class QTreeView;

namespace strata::ui {

class RepositoryModel;

class RepositoryView : public QWidget {
  Q_OBJECT
 public:
  explicit RepositoryView(RepositoryModel* model, QWidget* parent = nullptr);

  void setTitle(const QString& name, const QString& details, const QString& more);
  void focusFilter();
  void selectFile(const QString& path);

 signals:
  void fileActivated(const QString& path);

 private:
  void activate(const QModelIndex& index);
  void rememberOpen(const QModelIndex& parent);

  RepositoryModel* model_;
  QLabel* title_;
  QLabel* details_;
  QLineEdit* filter_;
  QTreeView* tree_;
  QStringList open_folders_;  // while the tree is filtered or rebuilt
  QString selected_;          // path
};

}  // namespace strata::ui
