// SPDX-License-Identifier: Apache-2.0
#include "ui/repository/repository_view.h"

#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTextDocument>
#include <QTreeView>
#include <QVBoxLayout>

#include "ui/elided_label.h"
#include "ui/look.h"
#include "ui/repository/repository_model.h"

namespace strata::ui {
namespace {

constexpr int kMostExpanded = 500;  // files

// Paints the reading state at the right edge: an open ring waits, a half-filled one is being read, a filled one is
// read, a cross failed; folders have a thin bar of the share that is read.
class StateDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    const bool folder = index.data(RepositoryModel::kIsFolderRole).toBool();
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    item.icon = lineIcon(folder ? QStringLiteral("folder") : QStringLiteral("file"), &Colours::muted);
    item.features |= QStyleOptionViewItem::HasDecoration;
    item.decorationSize = QSize(16, 16);
    item.text = item.fontMetrics.elidedText(item.text, Qt::ElideMiddle, option.rect.width() - kBesideText);
    const QWidget* widget = option.widget;
    widget->style()->drawControl(QStyle::CE_ItemViewItem, &item, painter, widget);
    if (option.state & QStyle::State_HasFocus)
      painter->fillRect(QRect(0, option.rect.top(), 3, option.rect.height()), colours().accent);

    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QRectF edge(option.rect.right() - 20, option.rect.center().y() - 3.5, 8, 8);
    if (folder)
      paintShare(painter, edge, index.data(RepositoryModel::kReadFractionRole).toDouble());
    else
      paintState(painter, edge, index.data(RepositoryModel::kStateRole).value<agent::FileState>());
    painter->restore();
  }

 private:
  static constexpr int kBesideText = 64;  // the icon before it, the state behind it

  static void paintShare(QPainter* painter, const QRectF& edge, double share) {
    const QRectF track(edge.right() - 24, edge.center().y() - 1.5, 24, 3);
    painter->setPen(Qt::NoPen);
    painter->setBrush(colours().border);
    painter->drawRoundedRect(track, 1.5, 1.5);
    painter->setBrush(colours().accent);
    if (share > 0) painter->drawRoundedRect(QRectF(track.topLeft(), QSizeF(track.width() * share, 3)), 1.5, 1.5);
  }
  static void paintState(QPainter* painter, const QRectF& edge, agent::FileState state) {
    const Colours& c = colours();
    switch (state) {
      case agent::FileState::kWaiting:
        painter->setPen(QPen(c.muted, 0.8));
        painter->drawEllipse(edge.adjusted(1, 1, -1, -1));
        break;
      case agent::FileState::kReading:
        painter->setPen(QPen(c.accent, 1.4));
        painter->drawEllipse(edge.adjusted(0.5, 0.5, -0.5, -0.5));
        painter->setBrush(c.accent);
        painter->drawPie(edge.adjusted(1, 1, -1, -1), 90 * 16, -180 * 16);
        break;
      case agent::FileState::kRead:
        painter->setPen(Qt::NoPen);
        painter->setBrush(c.accent);
        painter->drawEllipse(edge.adjusted(1, 1, -1, -1));
        break;
      case agent::FileState::kFailed:
        painter->setPen(QPen(c.bad, 1.6));
        painter->drawLine(edge.topLeft(), edge.bottomRight());
        painter->drawLine(edge.topRight(), edge.bottomLeft());
        break;
    }
  }
};

}  // namespace

RepositoryView::RepositoryView(RepositoryModel* model, QWidget* parent)
    : QWidget(parent),
      model_(model),
      title_(new ElidedLabel(6, this)),
      details_(new QLabel(this)),
      filter_(new QLineEdit(this)),
      tree_(new QTreeView(this)) {
  QFont bold = title_->font();
  bold.setWeight(QFont::DemiBold);
  bold.setPointSizeF(bold.pointSizeF() * 1.15);
  title_->setFont(bold);
  details_->setTextFormat(Qt::PlainText);
  details_->setFont(smallFont());
  details_->setProperty("muted", true);
  details_->setWordWrap(true);

  filter_->setPlaceholderText(tr("Filter files"));
  filter_->setClearButtonEnabled(true);
  filter_->setAccessibleName(tr("Filter files by name"));
  filter_->setObjectName(QStringLiteral("fileFilter"));

  tree_->setModel(model_);
  tree_->setHeaderHidden(true);
  tree_->setUniformRowHeights(true);
  tree_->setItemDelegate(new StateDelegate(tree_));
  tree_->setIndentation(14);
  tree_->setAnimated(false);
  tree_->setTextElideMode(Qt::ElideMiddle);
  tree_->setAccessibleName(tr("Files of the repository and whether they have been read"));
  tree_->setObjectName(QStringLiteral("repositoryTree"));

  auto* head = new QVBoxLayout;
  head->setContentsMargins(14, 12, 12, 8);
  head->setSpacing(3);
  head->addWidget(title_);
  head->addWidget(details_);
  head->addSpacing(6);
  head->addWidget(filter_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(head);
  layout->addWidget(tree_, 1);

  connect(filter_, &QLineEdit::textChanged, model_, [this](const QString& text) { model_->setFilter(text.trimmed()); });
  // Files that came or went on disk leave the tree as the user had it.
  // Whatever rebuilds the tree leaves open what the user opened, and shows what the filter found.
  connect(model_, &QAbstractItemModel::modelAboutToBeReset, this, [this] {
    if (!model_->filter().isEmpty()) return;
    open_folders_.clear();
    rememberOpen({});
  });
  connect(model_, &QAbstractItemModel::modelReset, this, [this] {
    if (model_->filter().isEmpty()) {
      for (const QString& folder : std::as_const(open_folders_)) tree_->expand(model_->indexOf(folder));
      // A folder that is alone has nothing to choose from.
      for (QModelIndex only; model_->rowCount(only) == 1; tree_->expand(only)) only = model_->index(0, 0, only);
    } else if (model_->shownFiles() <= kMostExpanded) {
      tree_->expandAll();
    }
    selectFile(selected_);
  });
  // Enter in the filter goes to the first hit.
  connect(filter_, &QLineEdit::returnPressed, tree_, [this] {
    QModelIndex index = model_->index(0, 0);
    while (index.data(RepositoryModel::kIsFolderRole).toBool()) index = model_->index(0, 0, index);
    activate(index);
  });
  connect(tree_, &QTreeView::activated, this, &RepositoryView::activate);
  connect(tree_, &QTreeView::clicked, this, &RepositoryView::activate);
}

void RepositoryView::setTitle(const QString& name, const QString& details, const QString& more) {
  title_->setText(name);
  details_->setText(details);
  details_->setToolTip(Qt::convertFromPlainText(more));
}

void RepositoryView::focusFilter() {
  filter_->setFocus();
  filter_->selectAll();
}

void RepositoryView::rememberOpen(const QModelIndex& parent) {
  for (int row = 0; row < model_->rowCount(parent); ++row)
    if (const QModelIndex index = model_->index(row, 0, parent); tree_->isExpanded(index)) {
      open_folders_ << index.data(RepositoryModel::kPathRole).toString();
      rememberOpen(index);
    }
}

void RepositoryView::selectFile(const QString& path) {
  selected_ = path;
  const QModelIndex index = model_->indexOf(path);
  if (!index.isValid()) return;
  tree_->setCurrentIndex(index);
  tree_->scrollTo(index);
}

void RepositoryView::activate(const QModelIndex& index) {
  if (index.isValid() && !index.data(RepositoryModel::kIsFolderRole).toBool())
    emit fileActivated(index.data(RepositoryModel::kPathRole).toString());
}

}  // namespace strata::ui
