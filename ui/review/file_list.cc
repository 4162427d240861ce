// SPDX-License-Identifier: Apache-2.0
#include "ui/review/file_list.h"

#include <QHeaderView>
#include <QSignalBlocker>

#include "ui/look.h"

namespace strata::ui {
namespace {

enum Column { kName, kLines, kState };

QString decided(const Review& review, const Counts& c) {
  if (c.applied == c.hunks) return FileList::tr("applied");
  if (c.pending == 0 && c.applied == 0)
    return c.rejected == c.hunks   ? FileList::tr("rejected")
           : c.accepted == c.hunks ? review.ofWorkTree() ? FileList::tr("kept") : FileList::tr("accepted")
                                   : FileList::tr("decided");
  return FileList::tr("%1 of %2").arg(c.hunks - c.pending).arg(c.hunks);
}

}  // namespace

FileList::FileList(QWidget* parent) : QTreeWidget(parent) {
  setObjectName(QStringLiteral("reviewFiles"));
  setAccessibleName(tr("Changed files"));
  setColumnCount(3);
  setHeaderHidden(true);
  setRootIsDecorated(false);
  setUniformRowHeights(true);
  setTextElideMode(Qt::ElideMiddle);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAllColumnsShowFocus(true);
  header()->setStretchLastSection(false);
  header()->setSectionResizeMode(kName, QHeaderView::Stretch);
  header()->setSectionResizeMode(kLines, QHeaderView::ResizeToContents);
  header()->setSectionResizeMode(kState, QHeaderView::ResizeToContents);
  connect(this, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
    if (item) emit fileChosen(indexOfTopLevelItem(item));
  });
}

void FileList::setReview(const Review& review) {
  const QSignalBlocker quiet(this);
  clear();
  for (const agent::ProposalFile& file : review.proposal.files) {
    auto* item = new QTreeWidgetItem(this);
    const QString path = QString::fromStdString(file.path);
    const char* icon = !file.before ? "new" : !file.after ? "deleted" : "file";
    item->setIcon(kName, lineIcon(QLatin1String(icon), !file.before  ? &Colours::good
                                                       : !file.after ? &Colours::bad
                                                                     : &Colours::muted));
    item->setText(kName, path);
    item->setToolTip(kName, file.path == file.old_path
                                ? path.toHtmlEscaped()
                                : tr("%1, was %2").arg(path, QString::fromStdString(file.old_path)).toHtmlEscaped());
    item->setFont(kLines, smallFont());
    item->setFont(kState, smallFont());
    item->setTextAlignment(kLines, Qt::AlignRight | Qt::AlignVCenter);
    item->setTextAlignment(kState, Qt::AlignRight | Qt::AlignVCenter);
  }
  refresh(review);
}

void FileList::refresh(const Review& review) {
  for (int i = 0; i < topLevelItemCount(); ++i) {
    const Counts c = count(review, review.proposal.files[static_cast<size_t>(i)]);
    QTreeWidgetItem* item = topLevelItem(i);
    item->setText(kLines, tr("+%1 −%2").arg(c.added).arg(c.removed));
    item->setText(kState, decided(review, c));
    const bool done = c.pending == 0;
    item->setForeground(kState, done ? (c.rejected == c.hunks ? colours().bad : colours().good) : colours().muted);
    item->setForeground(kLines, colours().muted);
    item->setData(kName, Qt::AccessibleDescriptionRole,
                  tr("%1 lines added, %2 removed, %3").arg(c.added).arg(c.removed).arg(item->text(kState)));
  }
}

void FileList::selectFile(int file) {
  const QSignalBlocker quiet(this);
  setCurrentItem(topLevelItem(file));
}

}  // namespace strata::ui
