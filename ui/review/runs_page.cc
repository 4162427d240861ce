// SPDX-License-Identifier: Apache-2.0
#include "ui/review/runs_page.h"

#include <QDateTime>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "ui/look.h"

namespace strata::ui {
namespace {

enum Column { kInstruction, kState, kTime };

// The words of RunDatabase's statuses, for people.
QString describe(const std::string& status) {
  if (status == "done") return RunsPage::tr("waits for review");
  if (status == "applied") return RunsPage::tr("applied");
  if (status == "rejected") return RunsPage::tr("rejected");
  if (status == "reviewed") return RunsPage::tr("reviewed");
  if (status == "running") return RunsPage::tr("interrupted");
  if (status == "cancelled") return RunsPage::tr("stopped");
  if (status == "guard" || status == "budget") return RunsPage::tr("stopped by Strata");
  if (status == "refused") return RunsPage::tr("refused");
  if (status == "failed") return RunsPage::tr("failed");
  return RunsPage::tr("not done");
}

}  // namespace

RunsPage::RunsPage(QWidget* parent)
    : QWidget(parent),
      work_tree_(new QPushButton(tr("Review Working Tree Changes"), this)),
      message_(new QLabel(this)),
      empty_(new QLabel(tr("The agent has not changed anything in this repository yet. Choose “Change” below the "
                           "conversation and say what is to be done."),
                        this)),
      runs_(new QTreeWidget(this)) {
  auto* title = new QLabel(tr("Changes"), this);
  QFont bold = title->font();
  bold.setWeight(QFont::DemiBold);
  bold.setPointSizeF(bold.pointSizeF() * 1.15);
  title->setFont(bold);
  auto* earlier = new QLabel(tr("By the agent"), this);
  earlier->setProperty("muted", true);
  earlier->setFont(smallFont());
  for (QLabel* label : {message_, empty_}) {
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
  }
  empty_->setProperty("muted", true);
  message_->setProperty("problem", true);
  message_->setObjectName(QStringLiteral("reviewMessage"));
  message_->hide();
  work_tree_->setObjectName(QStringLiteral("reviewWorkTree"));
  runs_->setObjectName(QStringLiteral("runs"));
  runs_->setAccessibleName(tr("Runs of the agent"));
  runs_->setColumnCount(3);
  runs_->setHeaderHidden(true);
  runs_->setRootIsDecorated(false);
  runs_->setUniformRowHeights(true);
  runs_->setAllColumnsShowFocus(true);
  runs_->header()->setStretchLastSection(false);
  runs_->header()->setSectionResizeMode(kInstruction, QHeaderView::Stretch);
  for (const int column : {kState, kTime}) runs_->header()->setSectionResizeMode(column, QHeaderView::ResizeToContents);

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(20, 18, 20, 12);
  layout->setSpacing(8);
  layout->addWidget(title);
  layout->addWidget(message_);
  layout->addWidget(work_tree_, 0, Qt::AlignLeft);
  layout->addSpacing(10);
  layout->addWidget(earlier);
  layout->addWidget(empty_);
  layout->addWidget(runs_, 1);
  layout->addStretch(0);
  showRuns({});

  connect(work_tree_, &QPushButton::clicked, this, &RunsPage::workTreeRequested);
  connect(runs_, &QTreeWidget::itemActivated, this,
          [this](QTreeWidgetItem* item) { emit runRequested(item->data(kInstruction, Qt::UserRole).toLongLong()); });
  connect(runs_, &QTreeWidget::itemClicked, runs_, &QTreeWidget::itemActivated);
}

void RunsPage::showRuns(const std::vector<agent::Run>& runs) {
  runs_->clear();
  for (const agent::Run& run : runs) {
    auto* item = new QTreeWidgetItem(runs_);
    const QString instruction = QString::fromStdString(run.instruction);
    const bool waits = run.status == "done";
    item->setData(kInstruction, Qt::UserRole, static_cast<qlonglong>(run.id));
    item->setIcon(kInstruction, lineIcon(run.status == "applied" ? QStringLiteral("check") : QStringLiteral("edit"),
                                         waits ? &Colours::accent : &Colours::muted));
    item->setText(kInstruction, instruction.section(u'\n', 0, 0));
    item->setToolTip(kInstruction, Qt::convertFromPlainText(instruction));
    item->setText(kState, describe(run.status));
    item->setText(kTime, QLocale().toString(QDateTime::fromSecsSinceEpoch(run.started), QLocale::ShortFormat));
    for (const int column : {kState, kTime}) {
      item->setFont(column, smallFont());
      item->setForeground(column, waits && column == kState ? colours().accent : colours().muted);
      item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    }
  }
  empty_->setVisible(runs.empty());
  runs_->setVisible(!runs.empty());
}

void RunsPage::showMessage(const QString& message) {
  message_->setText(message);
  message_->setVisible(!message.isEmpty());
}

}  // namespace strata::ui
