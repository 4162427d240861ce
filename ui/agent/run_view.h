// SPDX-License-Identifier: Apache-2.0
// A run in the conversation: the instruction, the plan, each step as a line with its result, questions of the agent in
// place, and at the end what can be done with the proposal.
#pragma once

#include <QHash>
#include <QPointer>
#include <QStringList>
#include <QWidget>

#include "ui/agent/agent_controller.h"
#include "ui/agent/run_steps.h"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace strata::ui {

class ElidedLabel;
class IconLabel;
class QuestionCard;

class RunView : public QWidget {
  Q_OBJECT
 public:
  explicit RunView(const QString& instruction, QWidget* parent = nullptr);

  void setRun(qint64 run) { run_ = run; }
  qint64 run() const { return run_; }
  QString instruction() const { return instruction_; }

  void addEvent(const agent::RunEvent& event);
  void addText(const QString& piece);  // of the model, until its turn is an event
  void addRemark(const QString& text);
  void ask(const agent::ApprovalRequest& request);
  void ask(const agent::Instructions& instructions);
  void showEnd(const RunEnd& end);
  void showFailure(const QString& message);
  // An earlier run whose proposal waits (or, with `interrupted`, one that was ended in the middle).
  void showWaiting(bool interrupted);
  void beginAgain();  // resumed
  // What became of its proposal: "Applied 3 hunks".
  void showOutcome(const QString& text);

 signals:
  void answered(strata::agent::Approval answer);
  void trustAnswered(bool follow);
  void reviewRequested(qint64 run);
  void resumeRequested(qint64 run);
  void buttonsAdded();

 private:
  struct Row {
    QWidget* line;
    IconLabel* icon;
    ElidedLabel* text;
    ElidedLabel* result;
  };
  Row addRow(const RunStep& step, const QString& icon);
  void setStatus(const QString& text, const char* property);
  bool isPlan(const QString& text) const;
  void showQuestion(QuestionCard* question);
  void closeQuestion();
  void endWork();
  QPushButton* addButton(const QString& text, const char* name);

  QString instruction_;
  qint64 run_ = 0;
  QLabel* plan_;
  QStringList steps_;       // of the plan
  QPointer<QWidget> said_;  // the newest remark
  QString said_text_;
  QVBoxLayout* rows_;
  QHash<QString, Row> calls_;  // that wait for their results
  QLabel* writing_;
  QLabel* status_;
  QLabel* tokens_;
  QWidget* buttons_;
  QuestionCard* question_ = nullptr;  // that waits for its answer
};

}  // namespace strata::ui
