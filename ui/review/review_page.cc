// SPDX-License-Identifier: Apache-2.0
#include "ui/review/review_page.h"

#include "ui/review/review_view.h"
#include "ui/review/runs_page.h"

namespace strata::ui {

ReviewPage::ReviewPage(ReviewController* controller, QWidget* parent)
    : QStackedWidget(parent), controller_(controller), list_(new RunsPage), view_(new ReviewView) {
  addWidget(list_);
  addWidget(view_);
  // What the user asks for.
  connect(list_, &RunsPage::workTreeRequested, controller_, &ReviewController::openWorkTree);
  connect(list_, &RunsPage::runRequested, controller_, &ReviewController::openRun);
  connect(view_, &ReviewView::listRequested, this, &ReviewPage::showList);
  connect(view_, &ReviewView::decided, controller_, &ReviewController::decide);
  connect(view_, &ReviewView::writeRequested, controller_, &ReviewController::write);
  connect(view_, &ReviewView::checkRequested, controller_, &ReviewController::check);
  connect(view_, &ReviewView::undoRequested, controller_,
          [this](const agent::JournalAddress& address, bool merge) { controller_->undo(address, merge); });
  connect(view_, &ReviewView::redoRequested, controller_, &ReviewController::redo);
  // What the work reports.
  connect(controller_, &ReviewController::runsListed, list_, &RunsPage::showRuns);
  connect(controller_, &ReviewController::opened, this, [this](const Review& review) {
    const bool same = shown() == review.run;
    if (review.proposal.files.empty()) {
      showList();
      list_->showMessage(review.ofWorkTree() ? tr("The working tree has no changes since the last commit.")
                                             : tr("This run changes nothing."));
    } else {
      view_->showReview(review);
      setCurrentWidget(view_);
    }
    if (!same) emit shownAnew();
  });
  connect(controller_, &ReviewController::openFailed, this, [this](const QString& message) {
    showList();
    list_->showMessage(message);
    emit shownAnew();
  });
  connect(controller_, &ReviewController::written, this, [this](const Written& written) {
    view_->showWritten(written);
    if (written.report.conflicts.empty() && shown()) {
      // Which hunks are in the tree has changed.
      *shown() == 0 ? controller_->openWorkTree() : controller_->openRun(*shown());
    }
  });
  connect(controller_, &ReviewController::checked, view_, &ReviewView::showChecked);
  connect(controller_, &ReviewController::writeFailed, view_, &ReviewView::showError);
}

void ReviewPage::showList() {
  list_->showMessage({});
  setCurrentWidget(list_);
  controller_->listRuns();
}

std::optional<qint64> ReviewPage::shown() const {
  if (currentWidget() != view_) return {};
  return view_->review().run;
}

void ReviewPage::focusReview() { currentWidget() == view_ ? view_->focusHunk() : list_->setFocus(); }

}  // namespace strata::ui
