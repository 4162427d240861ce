// SPDX-License-Identifier: Apache-2.0
// What the window can ask about changes, and what comes of it. The work is done by a ReviewDesk in a thread of its own,
// one call after the other; every call returns at once and every outcome is a signal in the GUI thread.
#pragma once

#include <QObject>
#include <QThread>
#include <memory>
#include <optional>

#include "ui/review/review_desk.h"

namespace strata::ui {

class ReviewController : public QObject {
  Q_OBJECT
 public:
  explicit ReviewController(QObject* parent = nullptr);
  ~ReviewController() override;  // waits for a write that has begun

  // What is asked from now on is about this repository. Tells its runs, its history and what waits in it.
  void setRepository(const QString& root);
  void openRun(qint64 run);
  void openWorkTree();
  void listRuns();
  void decide(qint64 run, const agent::Hunk& hunk, bool all_rejected);
  void write(const Review& review);
  void check(const Review& review);  // of what is accepted, before it is written
  // With conflicts nothing is written; `merge` keeps the edits made since and joins the two, if they can be joined.
  void undo(std::optional<agent::JournalAddress> address = {}, bool merge = false);
  void redo(bool merge = false);

 signals:
  void opened(const strata::ui::Review& review);
  void openFailed(const QString& message);
  void runsListed(const std::vector<strata::agent::Run>& runs);
  void waiting(const strata::ui::WaitingRun& run);
  void written(const strata::ui::Written& written);
  void writeFailed(const QString& message);
  void checked(const strata::ui::Checked& checked);
  void historyChanged(const strata::ui::History& history);
  void notice(const QString& message);

 private:
  template <typename Call>
  void post(Call call);
  void tellHistory(ReviewDesk& desk);
  void tell(const Result<Review>& review);
  void tell(ReviewDesk& desk, const Result<Written>& written);

  QThread thread_;
  QObject* worker_;                   // lives in thread_; deleted when it finishes
  std::unique_ptr<ReviewDesk> desk_;  // only used there
  Cancel cancel_;                     // of a check, when the window closes
};

}  // namespace strata::ui
