// SPDX-License-Identifier: Apache-2.0
// The repository as a tree of folders and files with the reading state of each file. A state change touches the file's
// row and the counts of its folders, never anything else. Filtering builds the tree anew from the files that fit: with
// 50,000 files that takes a twentieth of a second, a recursive QSortFilterProxyModel four.
#pragma once

#include <QAbstractItemModel>
#include <QHash>
#include <QStringList>
#include <memory>
#include <vector>

#include "agent/ingestion.h"

namespace strata::ui {

class RepositoryModel : public QAbstractItemModel {
  Q_OBJECT
 public:
  enum Role { kPathRole = Qt::UserRole, kStateRole, kIsFolderRole, kReadFractionRole };

  explicit RepositoryModel(QObject* parent = nullptr);
  ~RepositoryModel() override;

  void setFiles(const QStringList& paths);
  // Shows only the files whose path contains `text`; empty: all.
  void setFilter(const QString& text);
  const QString& filter() const { return filter_; }
  int shownFiles() const;
  // `reason`: why it could not be read.
  void setState(const QString& path, strata::agent::FileState state, const QString& reason = {});
  QModelIndex indexOf(const QString& path) const;  // of a file or folder
  const QStringList& files() const { return files_; }

  QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
  QModelIndex parent(const QModelIndex& child) const override;
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

 private:
  struct Node;
  struct State {
    strata::agent::FileState state = strata::agent::FileState::kWaiting;
    QString reason;
  };
  static QString describe(const State& state);
  void build();
  Node* nodeOf(const QModelIndex& index) const;
  QModelIndex indexOf(const Node* node) const;

  QStringList files_;
  QString filter_;
  QHash<QString, State> states_;  // of every file, shown or not
  std::unique_ptr<Node> root_;
  QHash<QString, Node*> nodes_;  // files and folders by path
};

}  // namespace strata::ui
