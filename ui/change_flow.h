// SPDX-License-Identifier: Apache-2.0
// From an instruction to an applied change, and back: wires the conversation, the agent and the review, and has the
// menu of what can be done with changes.
#pragma once

#include <QObject>

#include "ui/agent/agent_controller.h"
#include "ui/review/review_controller.h"

class QAction;
class QMenu;

namespace strata::ui {

class CodeTabs;
class ConversationView;
class MessageStrip;
class ReviewPage;
class RunView;

class ChangeFlow : public QObject {
  Q_OBJECT
 public:
  struct Views {
    CodeTabs* code;
    ConversationView* conversation;
    MessageStrip* message;
  };
  // All outlive it.
  ChangeFlow(AgentController* agent, ReviewController* review, const Views& views, QObject* parent);
  ~ChangeFlow() override;

  // Another repository: a run that works is stopped (and can be resumed), and what waits in the new one is offered.
  void setRepository(const QString& root);
  void addActions(QMenu* menu);
  void stop() { agent_->stop(); }

 private:
  void connectAgent();
  void connectReview();
  void begin(const QString& instruction);
  void goOn(RunView* view, qint64 run);
  RunView* addRun(const QString& instruction, qint64 run);
  void showReview();
  void ended(const RunEnd& end);
  void tell(const Written& written);

  AgentController* agent_;
  ReviewController* review_;
  Views views_;
  ReviewPage* page_;
  QString root_;
  // The view of the run that works; nullptr: none does, or it belongs to a repository that was left.
  RunView* working_ = nullptr;
  int left_ = 0;  // runs of repositories that were left, whose end is still to come
  QAction* undo_ = nullptr;
  QAction* redo_ = nullptr;
};

}  // namespace strata::ui
