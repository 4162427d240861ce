// SPDX-License-Identifier: Apache-2.0
#include "ui/repository/repository_model.h"

#include <algorithm>

namespace strata::ui {

using agent::FileState;

struct RepositoryModel::Node {
  Node* parent = nullptr;
  int row = 0;
  QString name, path, reason;
  bool folder = false;
  FileState state = FileState::kWaiting;
  int files = 0, read = 0;  // of a folder, at any depth
  std::vector<std::unique_ptr<Node>> children;
};

namespace {

// Folders first, then names as people sort them.
template <typename Node>
void sortAndNumber(Node& node) {
  std::ranges::sort(node.children, [](const auto& a, const auto& b) {
    if (a->folder != b->folder) return a->folder;
    const int order = a->name.compare(b->name, Qt::CaseInsensitive);
    return order != 0 ? order < 0 : a->name < b->name;
  });
  for (size_t i = 0; i < node.children.size(); ++i) {
    node.children[i]->row = static_cast<int>(i);
    sortAndNumber(*node.children[i]);
  }
}

}  // namespace

QString describe(FileState state) {
  switch (state) {
    case FileState::kWaiting: return RepositoryModel::tr("waiting to be read");
    case FileState::kReading: return RepositoryModel::tr("being read");
    case FileState::kRead: return RepositoryModel::tr("read");
    case FileState::kFailed: return RepositoryModel::tr("could not be read");
  }
  return {};
}

RepositoryModel::RepositoryModel(QObject* parent) : QAbstractItemModel(parent), root_(std::make_unique<Node>()) {}
RepositoryModel::~RepositoryModel() = default;

void RepositoryModel::setFiles(const QStringList& paths) {
  beginResetModel();
  files_ = paths;
  root_ = std::make_unique<Node>();
  nodes_.clear();
  for (const QString& path : paths) {
    Node* parent = root_.get();
    const QStringList parts = path.split(u'/');
    for (qsizetype i = 0; i < parts.size(); ++i) {
      const bool is_file = i + 1 == parts.size();
      const QString part_path = is_file ? path : parts.sliced(0, i + 1).join(u'/');
      if (!is_file) parent->files++;
      if (!is_file && nodes_.contains(part_path)) {
        parent = nodes_[part_path];
        continue;
      }
      auto node = std::make_unique<Node>();
      node->parent = parent;
      node->name = parts[i];
      node->path = part_path;
      node->folder = !is_file;
      Node* added = node.get();
      parent->children.push_back(std::move(node));
      nodes_.insert(part_path, added);
      if (is_file) parent->files++;
      parent = added;
    }
  }
  sortAndNumber(*root_);
  endResetModel();
}

void RepositoryModel::setState(const QString& path, FileState state, const QString& reason) {
  Node* node = nodes_.value(path);
  if (!node || node->folder || (node->state == state && node->reason == reason)) return;
  const int read = (state == FileState::kRead) - (node->state == FileState::kRead);
  node->state = state;
  node->reason = reason;
  emit dataChanged(indexOf(node), indexOf(node));
  if (read == 0) return;
  for (Node* folder = node->parent; folder != root_.get(); folder = folder->parent) {
    folder->read += read;
    emit dataChanged(indexOf(folder), indexOf(folder), {kReadFractionRole, Qt::ToolTipRole});
  }
}

RepositoryModel::Node* RepositoryModel::nodeOf(const QModelIndex& index) const {
  return index.isValid() ? static_cast<Node*>(index.internalPointer()) : root_.get();
}

QModelIndex RepositoryModel::indexOf(const Node* node) const {
  return node == root_.get() ? QModelIndex() : createIndex(node->row, 0, node);
}

QModelIndex RepositoryModel::indexOf(const QString& path) const {
  const Node* node = nodes_.value(path);
  return node ? indexOf(node) : QModelIndex();
}

QModelIndex RepositoryModel::index(int row, int column, const QModelIndex& parent) const {
  if (!hasIndex(row, column, parent)) return {};
  return createIndex(row, column, nodeOf(parent)->children[static_cast<size_t>(row)].get());
}

QModelIndex RepositoryModel::parent(const QModelIndex& child) const {
  return child.isValid() ? indexOf(nodeOf(child)->parent) : QModelIndex();
}

int RepositoryModel::rowCount(const QModelIndex& parent) const {
  return parent.column() > 0 ? 0 : static_cast<int>(nodeOf(parent)->children.size());
}

int RepositoryModel::columnCount(const QModelIndex&) const { return 1; }

QVariant RepositoryModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Node* node = nodeOf(index);
  switch (role) {
    case Qt::DisplayRole: return node->name;
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
      if (node->folder)
        return tr("%1: %2 of %3 files read").arg(node->path.toHtmlEscaped()).arg(node->read).arg(node->files);
      return tr("%1: %2").arg(node->path.toHtmlEscaped(),
                              node->reason.isEmpty() ? describe(node->state) : node->reason.toHtmlEscaped());
    case kPathRole: return node->path;
    case kStateRole: return QVariant::fromValue(node->state);
    case kIsFolderRole: return node->folder;
    case kReadFractionRole: return node->files > 0 ? double(node->read) / node->files : 0.0;
    default: return {};
  }
}

}  // namespace strata::ui
