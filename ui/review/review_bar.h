// SPDX-License-Identifier: Apache-2.0
// Below a review: how far it is, what would be written, and after that what was, with the way back.
#pragma once

#include <QWidget>

#include "ui/review/review.h"

class QLabel;
class QPushButton;

namespace strata::ui {

class ReviewBar : public QWidget {
  Q_OBJECT
 public:
  explicit ReviewBar(QWidget* parent = nullptr);

  void showCounts(const Review& review);
  void showWriting();
  void showChecking();
  void showChecked(const Checked& checked);
  void showWritten(const Written& written);
  void showError(const QString& message);
  void hideStrip();

 signals:
  void acceptAllRequested();
  void commentsRequested();  // to be sent to the agent
  void checkRequested();     // of what is accepted
  void writeRequested();
  void undoRequested(const strata::agent::JournalAddress& address);
  void redoRequested();

 private:
  void showStrip(const QString& text, bool problem);

  QWidget* strip_;
  QLabel* strip_text_;
  QPushButton* back_;  // Undo, or Redo
  agent::JournalAddress address_;
  bool undone_ = false;
  QLabel* text_;
  QPushButton* accept_all_;
  QPushButton* comments_;
  QPushButton* check_;
  QPushButton* write_;
};

// "Applied 3 hunks in 2 files."
QString describe(const Written& written);

}  // namespace strata::ui
