// SPDX-License-Identifier: Apache-2.0
// One question with its answer: what was looked at, the text, the citations as buttons, what it took.
#pragma once

#include <QWidget>

#include "agent/ask.h"

class QLabel;
class QToolButton;
class QVBoxLayout;

namespace strata::ui {

class AnswerText;

class ExchangeView : public QWidget {
  Q_OBJECT
 public:
  explicit ExchangeView(const QString& question, QWidget* parent = nullptr);

  // What was found, before the model has said a word.
  void showRanking(const std::vector<agent::RankedPassage>& passages);
  void appendText(const QString& piece);
  void showAnswer(const agent::Answer& answer);
  void showFailure(const QString& message, bool cancelled);
  QString question() const { return question_; }

 signals:
  void placeClicked(const QString& path, int first, int last);
  void buttonsAdded();

 private:
  void showPassages(const std::vector<agent::RankedPassage>& passages);
  void addPassageRows();
  void addChip(const agent::Citation& citation);

  QString question_;
  QLabel* status_;
  QToolButton* looked_at_;
  QWidget* passages_;
  QVBoxLayout* passage_rows_;  // made when they are looked at
  std::vector<agent::RankedPassage> ranked_;
  AnswerText* text_;
  QWidget* citations_;
  QLabel* timing_;
};

// "First word 0.8 s, done 6.2 s · 1,480 tokens reused, 96 computed"
QString describe(const agent::Answer& answer);

}  // namespace strata::ui
