// SPDX-License-Identifier: Apache-2.0
#include "ui/start_page.h"

#include <QDir>
#include <QLabel>
#include <QListWidget>
#include <QPainter>
#include <QPushButton>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "ui/look.h"

namespace strata::ui {

namespace {

constexpr int kFolderRole = Qt::UserRole;

// The name, and quietly below it where it lies.
class RecentDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
    return {0, option.fontMetrics.lineSpacing() * 2 + 14};
  }
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    item.text.clear();
    option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &item, painter, option.widget);

    QString place = index.data(kFolderRole).toString();
    if (place.startsWith(QDir::homePath() + u'/')) place.replace(0, QDir::homePath().size(), QStringLiteral("~"));
    const QRect rows = option.rect.adjusted(38, 7, -8, -7);
    lineIcon(QStringLiteral("folder"), &Colours::accent)
        .paint(painter, QRect(option.rect.left() + 10, option.rect.center().y() - 7, 16, 16));
    painter->save();
    painter->setFont(option.font);
    painter->setPen(colours().text);
    painter->drawText(rows, Qt::AlignTop,
                      option.fontMetrics.elidedText(item.index.data().toString(), Qt::ElideRight, rows.width()));
    painter->setFont(smallFont());
    painter->setPen(colours().muted);
    painter->drawText(rows, Qt::AlignBottom,
                      QFontMetrics(smallFont()).elidedText(place, Qt::ElideMiddle, rows.width()));
    painter->restore();
  }
};

}  // namespace

StartPage::StartPage(QWidget* parent)
    : QWidget(parent), recent_title_(new QLabel(tr("Recent"), this)), recent_(new QListWidget(this)) {
  auto* icon = new QLabel(this);
  icon->setPixmap(applicationIcon().pixmap(QSize(72, 72), devicePixelRatioF()));
  auto* title = new QLabel(tr("Strata"), this);
  QFont big = title->font();
  big.setPointSizeF(big.pointSizeF() * 2.4);
  big.setWeight(QFont::DemiBold);
  title->setFont(big);
  auto* tagline = new QLabel(
      tr("Reads a whole repository once, keeps what it read,\nand answers questions about it on this machine."), this);
  tagline->setProperty("muted", true);
  auto* open = new QPushButton(tr("Open Repository…"), this);
  open->setObjectName(QStringLiteral("openRepository"));
  open->setProperty("primary", true);
  open->setDefault(true);
  auto* hint = new QLabel(tr("or drop a folder here"), this);
  hint->setProperty("muted", true);
  hint->setFont(smallFont());
  QFont bold = recent_title_->font();
  bold.setWeight(QFont::DemiBold);
  recent_title_->setFont(bold);
  recent_->setAccessibleName(tr("Recent repositories"));
  recent_->setObjectName(QStringLiteral("recentRepositories"));
  recent_->setMaximumHeight(300);
  recent_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  recent_->setItemDelegate(new RecentDelegate(recent_));
  setFocusProxy(open);

  auto* column = new QWidget(this);
  column->setMaximumWidth(460);
  auto* rows = new QVBoxLayout(column);
  rows->setSpacing(10);
  rows->addStretch(2);
  rows->addWidget(icon);
  rows->addWidget(title);
  rows->addWidget(tagline);
  rows->addSpacing(12);
  auto* actions = new QHBoxLayout;
  actions->addWidget(open);
  actions->addSpacing(6);
  actions->addWidget(hint);
  actions->addStretch(1);
  rows->addLayout(actions);
  rows->addSpacing(18);
  rows->addWidget(recent_title_);
  rows->addWidget(recent_);
  rows->addStretch(3);
  auto* layout = new QHBoxLayout(this);
  layout->addStretch(1);
  layout->addWidget(column, 1000);  // as wide as it may be
  layout->addStretch(1);
  connect(open, &QPushButton::clicked, this, &StartPage::openRequested);
  const auto choose = [this](const QListWidgetItem* item) {
    emit repositoryChosen(item->data(kFolderRole).toString());
  };
  connect(recent_, &QListWidget::itemActivated, this, choose);
  connect(recent_, &QListWidget::itemClicked, this, choose);
  setRecent({});
}

void StartPage::setRecent(const QStringList& folders) {
  recent_->clear();
  for (const QString& folder : folders) {
    auto* item = new QListWidgetItem(QDir(folder).dirName(), recent_);
    item->setData(kFolderRole, folder);
    item->setData(Qt::AccessibleDescriptionRole, folder);
  }
  recent_title_->setVisible(!folders.isEmpty());
  recent_->setVisible(!folders.isEmpty());
}

}  // namespace strata::ui
