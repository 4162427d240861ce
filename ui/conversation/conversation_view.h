// SPDX-License-Identifier: Apache-2.0
// The conversation about the open repository: questions with their answers, runs of the agent, and the place to write
// the next one.
#pragma once

#include <QWidget>
#include <vector>

#include "agent/conversation_store.h"
#include "ui/conversation/question_box.h"

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace strata::ui {

class ExchangeView;
class RunView;

class ConversationView : public QWidget {
  Q_OBJECT
 public:
  explicit ConversationView(QWidget* parent = nullptr);

  void setReady(bool ready);  // is a repository open?
  void showConversation(const std::vector<agent::Exchange>& exchanges);
  void showPassages(const std::vector<agent::RankedPassage>& passages);
  void appendText(const QString& piece);
  void showAnswer(const agent::Answer& answer);
  void showFailure(const QString& message, bool cancelled);
  void focusQuestion();  // to ask
  // Puts `text` into the line, to be sent as an instruction.
  void focusInstruction(const QString& text = {});
  bool answering() const { return box_->busy(QuestionBox::Mode::kAsk); }
  int count() const;  // of exchanges

  // A run, below everything else.
  RunView* addRun(const QString& instruction);
  // Does the newest run work?
  void setWorking(bool working) { box_->setBusy(QuestionBox::Mode::kChange, working); }
  bool working() const { return box_->busy(QuestionBox::Mode::kChange); }
  RunView* newestRun() const { return run_; }
  void clearRuns();

 signals:
  void asked(const QString& question);
  void cancelRequested();
  void instructed(const QString& instruction);  // while a run works: a message to it
  void stopRequested();
  void placeClicked(const QString& path, int first, int last);

 private:
  ExchangeView* add(int row, const QString& question);
  void submit(const QString& text, QuestionBox::Mode mode);
  void orderFocus();
  void setAnswering(bool answering) { box_->setBusy(QuestionBox::Mode::kAsk, answering); }
  void showOrHideHint();

  QScrollArea* scroll_;
  QVBoxLayout* exchanges_;
  QLabel* empty_;
  QuestionBox* box_;
  ExchangeView* current_ = nullptr;
  RunView* run_ = nullptr;
  bool ready_ = false, follow_ = true;
};

}  // namespace strata::ui
