// SPDX-License-Identifier: Apache-2.0
#include "ui/repository/repository_model.h"

#include <algorithm>

namespace strata::ui {

using agent::FileState;

struct RepositoryModel::Node {
  Node* parent = nullptr;
  int row = 0;
  QString name, path;
  bool folder = false;
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

RepositoryModel::RepositoryModel(QObject* parent) : QAbstractItemModel(parent), root_(std::make_unique<Node>()) {}
RepositoryModel::~RepositoryModel() = default;

void RepositoryModel::setFiles(const QStringList& paths) {
  beginResetModel();
  files_ = paths;
  states_.clear();
  build();
  endResetModel();
}

void RepositoryModel::setFilter(const QString& text) {
  if (text == filter_) return;
  beginResetModel();
  filter_ = text;
  build();
  endResetModel();
}

void RepositoryModel::build() {
  root_ = std::make_unique<Node>();
  nodes_.clear();
  for (const QString& path : files_) {
    if (!path.contains(filter_, Qt::CaseInsensitive)) continue;
    const bool read = states_.value(path).state == FileState::kRead;
    Node* parent = root_.get();
    for (qsizetype end = 0; end >= 0 && end <= path.size();) {
      const qsizetype begin = end == 0 ? 0 : end + 1;
      end = path.indexOf(u'/', begin);
      const bool is_file = end < 0;
      parent->files++;
      parent->read += read;
      const QString part_path = is_file ? path : path.first(end);
      Node*& node = nodes_[part_path];
      if (!node) {
        parent->children.push_back(std::make_unique<Node>());
        node = parent->children.back().get();
        node->parent = parent;
        node->name = part_path.sliced(begin);
        node->path = part_path;
        node->folder = !is_file;
      }
      parent = node;
    }
  }
  sortAndNumber(*root_);
}

int RepositoryModel::shownFiles() const { return root_->files; }

void RepositoryModel::setState(const QString& path, FileState state, const QString& reason) {
  State& known = states_[path];
  if (known.state == state && known.reason == reason) return;
  const int read = (state == FileState::kRead) - (known.state == FileState::kRead);
  known = {state, reason};
  const Node* node = nodes_.value(path);
  if (!node) return;  // not shown
  emit dataChanged(indexOf(node), indexOf(node));
  if (read == 0) return;
  for (Node* folder = node->parent; folder; folder = folder->parent) {
    folder->read += read;
    if (folder != root_.get()) emit dataChanged(indexOf(folder), indexOf(folder), {kReadFractionRole, Qt::ToolTipRole});
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

QString RepositoryModel::describe(const State& state) {
  switch (state.state) {
    case FileState::kWaiting: return tr("waiting to be read");
    case FileState::kReading: return tr("being read");
    case FileState::kRead: return tr("read");
    case FileState::kFailed: return state.reason.isEmpty() ? tr("could not be read") : state.reason.toHtmlEscaped();
  }
  return {};
}

QVariant RepositoryModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Node* node = nodeOf(index);
  switch (role) {
    case Qt::DisplayRole: return node->name;
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
      if (node->folder)
        return tr("%1: %2 of %3 files read").arg(node->path.toHtmlEscaped()).arg(node->read).arg(node->files);
      return tr("%1: %2").arg(node->path.toHtmlEscaped(), describe(states_.value(node->path)));
    case kPathRole: return node->path;
    case kStateRole: return QVariant::fromValue(states_.value(node->path).state);
    case kIsFolderRole: return node->folder;
    case kReadFractionRole: return node->files > 0 ? double(node->read) / node->files : 0.0;
    default: return {};
  }
}

}  // namespace strata::ui
