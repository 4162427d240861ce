// SPDX-License-Identifier: Apache-2.0
// A review: all files with their hunks below each other, a list of the files beside (or above, where it is narrow),
// what the checks said, and what the user decides, by mouse or keys. It changes nothing itself: it says what is wanted.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "ui/review/review.h"

class QAction;
class QLabel;
class QScrollArea;
class QSplitter;
class QToolButton;
class QVBoxLayout;

namespace KSyntaxHighlighting {
class Repository;
}

namespace strata::ui {

class ConflictBox;
class DiffColours;
class ElidedLabel;
class FileList;
class HunkCard;
class LeftAloneBox;
class ReviewBar;

class ReviewView : public QWidget {
  Q_OBJECT
 public:
  explicit ReviewView(QWidget* parent = nullptr);
  ~ReviewView() override;

  // Another one, or the same anew: then the place and an open message stay.
  void showReview(const Review& review);
  const Review& review() const { return review_; }
  void showWritten(const Written& written);
  void showChecked(const Checked& checked);
  void showError(const QString& message);

  // Decisions by key and menu: next, previous, accept, reject, undecided again, edit, comment, accept the file, accept
  // all, apply.
  QList<QAction*> actionList() const { return actions_; }
  // Asked or not, the keyboard is on the hunk that is next.
  void focusHunk();

 signals:
  void listRequested();  // of all runs
  void decided(qint64 run, const strata::agent::Hunk& hunk, bool all_rejected);
  void writeRequested(const strata::ui::Review& review);
  void undoRequested(const strata::agent::JournalAddress& address, bool merge);
  void redoRequested(bool merge);
  void placeClicked(const QString& path, int first, int last);
  void commentsSent(qint64 run);                          // the run is to go on with what they say
  void checkRequested(const strata::ui::Review& review);  // of what is accepted

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void makeActions();
  void addFile(size_t file);
  void fillVisible();
  void refresh();
  void setCurrent(int number, bool scroll);
  void goTo(int number);
  void decide(const std::vector<int>& numbers, agent::HunkState state, bool go_on);
  void change(int number, const std::function<void(agent::Hunk&)>& change);
  HunkCard* card(int number) const;
  QString details() const;

  std::unique_ptr<KSyntaxHighlighting::Repository> syntax_;
  Review review_;
  std::optional<Written> conflict_;
  int current_ = 0;  // number of the hunk that keys decide; 0: none
  ElidedLabel* title_;
  QLabel* details_;
  QToolButton* list_;
  QSplitter* split_;
  FileList* files_;
  QScrollArea* scroll_;
  QVBoxLayout* rows_;
  ConflictBox* conflicts_;
  LeftAloneBox* left_alone_;
  ReviewBar* bar_;
  std::vector<std::unique_ptr<DiffColours>> colours_;  // by file
  std::vector<QWidget*> headings_;                     // by file
  std::vector<HunkCard*> cards_;                       // by number - 1
  QList<QAction*> actions_;
};

}  // namespace strata::ui
