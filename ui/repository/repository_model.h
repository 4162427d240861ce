// SPDX-License-Identifier: Apache-2.0
// The repository as a tree of folders and files with the reading state of each file. The tree is set once per
// repository; a state change touches the file's row and the counts of its folders, never anything else.
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
  Node* nodeOf(const QModelIndex& index) const;
  QModelIndex indexOf(const Node* node) const;

  QStringList files_;
  std::unique_ptr<Node> root_;
  QHash<QString, Node*> nodes_;
};

// "waiting", "being read", "read", "could not be read"
QString describe(strata::agent::FileState state);

}  // namespace strata::ui
