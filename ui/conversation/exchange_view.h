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

  void showPassages(const std::vector<agent::RankedPassage>& passages);
  void appendText(const QString& piece);
  void showAnswer(const agent::Answer& answer);
  void showFailure(const QString& message);
  AnswerText* answerText() const { return text_; }

 signals:
  void placeClicked(const QString& path, int first, int last);

 private:
  QLabel* status_;
  QToolButton* looked_at_;
  QWidget* passages_;
  QVBoxLayout* passage_rows_;
  AnswerText* text_;
  QWidget* citations_;
  QLabel* timing_;
};

// "First word after 0.8 s, done in 6.2 s · 1,480 tokens reused, 96 computed"
QString describe(const agent::Answer& answer);

}  // namespace strata::ui
