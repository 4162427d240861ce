// SPDX-License-Identifier: Apache-2.0
#include "ui/change_flow.h"

#include <QApplication>
#include <QMenu>

#include "ui/agent/run_view.h"
#include "ui/code/code_tabs.h"
#include "ui/conversation/conversation_view.h"
#include "ui/look.h"
#include "ui/message_strip.h"
#include "ui/review/review_bar.h"
#include "ui/review/review_page.h"
#include "ui/review/review_view.h"

namespace strata::ui {
namespace {

constexpr qsizetype kTitleLength = 40;  // of a run, in a menu

QString shortened(QString title) {
  if (title.size() > kTitleLength) title = title.first(kTitleLength - 1) + u'…';
  return title.replace(u'&', QStringLiteral("&&"));
}

}  // namespace

ChangeFlow::ChangeFlow(AgentController* agent, ReviewController* review, const Views& views, QObject* parent)
    : QObject(parent), agent_(agent), review_(review), views_(views), page_(new ReviewPage(review)) {
  connectAgent();
  connectReview();
}

// The page has no parent while its tab is closed.
ChangeFlow::~ChangeFlow() {
  if (!page_->parent()) delete page_;
}

void ChangeFlow::setRepository(const QString& root) {
  root_ = root;
  if (working_) {
    agent_->stop();
    ++left_;
    working_ = nullptr;
  }
  views_.conversation->clearRuns();
  page_->showList();
  review_->setRepository(root);
}

void ChangeFlow::addActions(QMenu* menu) {
  const auto add = [&](const QString& text, const char* name, const QKeySequence& keys) {
    QAction* action = menu->addAction(text);
    action->setObjectName(QLatin1String(name));
    action->setShortcut(keys);
    return action;
  };
  connect(add(tr("Have Something &Changed"), "actionChange", Qt::CTRL | Qt::Key_K), &QAction::triggered, this,
          [this] { views_.conversation->focusInstruction(); });
  connect(add(tr("&Review"), "actionReview", Qt::CTRL | Qt::SHIFT | Qt::Key_R), &QAction::triggered, this, [this] {
    showReview();
    page_->focusReview();
  });
  connect(add(tr("Review &Working Tree Changes"), "actionReviewWorkTree", {}), &QAction::triggered, review_,
          &ReviewController::openWorkTree);
  menu->addSeparator();
  menu->addActions(page_->view()->actionList());
  menu->addSeparator();
  undo_ = add(tr("Undo"), "actionUndoRun", Qt::CTRL | Qt::ALT | Qt::Key_Z);
  redo_ = add(tr("Redo"), "actionRedoRun", Qt::CTRL | Qt::ALT | Qt::SHIFT | Qt::Key_Z);
  undo_->setEnabled(false);
  redo_->setEnabled(false);
  connect(undo_, &QAction::triggered, review_, [this] { review_->undo(); });
  connect(redo_, &QAction::triggered, review_, [this] { review_->redo(); });
  connect(review_, &ReviewController::historyChanged, this, [this](const History& history) {
    undo_->setText(history.undo.isEmpty() ? tr("&Undo") : tr("&Undo “%1”").arg(shortened(history.undo)));
    redo_->setText(history.redo.isEmpty() ? tr("Re&do") : tr("Re&do “%1”").arg(shortened(history.redo)));
    undo_->setEnabled(!history.undo.isEmpty());
    redo_->setEnabled(!history.redo.isEmpty());
  });
}

void ChangeFlow::connectAgent() {
  // What the user asks for.
  connect(views_.conversation, &ConversationView::instructed, this, &ChangeFlow::begin);
  connect(views_.conversation, &ConversationView::stopRequested, agent_, &AgentController::stop);
  // What a run reports. What comes of a run whose repository was left meanwhile is in the list of runs there.
  connect(agent_, &AgentController::started, this, [this](qint64 run) {
    if (working_ && left_ == 0) working_->setRun(run);
  });
  connect(agent_, &AgentController::happened, this, [this](const agent::RunEvent& event) {
    if (working_ && left_ == 0) working_->addEvent(event);
  });
  connect(agent_, &AgentController::wrote, this, [this](const QString& piece) {
    if (working_ && left_ == 0) working_->addText(piece);
  });
  connect(agent_, &AgentController::remarked, this, [this](const QString& text) {
    if (working_ && left_ == 0) working_->addRemark(text);
  });
  connect(agent_, &AgentController::approvalAsked, this, [this](const agent::ApprovalRequest& request) {
    if (working_ && left_ == 0) working_->ask(request);
  });
  connect(agent_, &AgentController::trustAsked, this, [this](const agent::Instructions& instructions) {
    if (working_ && left_ == 0) working_->ask(instructions);
  });
  connect(agent_, &AgentController::ended, this, &ChangeFlow::ended);
  connect(agent_, &AgentController::failed, this, [this](const QString& message) {
    if (left_ > 0) return void(--left_);
    if (!working_) return;
    working_->showFailure(message);
    working_ = nullptr;
    views_.conversation->setWorking(false);
    review_->listRuns();
  });
}

void ChangeFlow::connectReview() {
  connect(page_, &ReviewPage::shownAnew, this, [this] {
    showReview();
    page_->focusReview();
  });
  connect(page_->view(), &ReviewView::placeClicked, views_.code, &CodeTabs::open);
  connect(page_->view(), &ReviewView::commentsSent, this, [this](qint64 run) {
    if (working_) return views_.message->showMessage(tr("A run is working; send the comments when it has ended."));
    RunView* view = views_.conversation->newestRun();
    goOn(view && view->run() == run ? view : addRun(tr("Comments on run %1").arg(run), run), run);
  });
  connect(review_, &ReviewController::notice, views_.message, &MessageStrip::showMessage);
  connect(review_, &ReviewController::waiting, this, [this](const WaitingRun& waiting) {
    if (working_) return;
    RunView* view = addRun(QString::fromStdString(waiting.run.instruction), waiting.run.id);
    for (const agent::RunEvent& event : waiting.events) view->addEvent(event);
    view->showWaiting(waiting.interrupted);
  });
  connect(review_, &ReviewController::written, this, &ChangeFlow::tell);
  connect(review_, &ReviewController::writeFailed, this, [this](const QString& message) {
    if (!page_->isVisible()) views_.message->showMessage(message);
  });
}

void ChangeFlow::begin(const QString& instruction) {
  if (working_) {
    agent_->say(instruction);
    return working_->addRemark(tr("You: %1").arg(instruction));
  }
  working_ = addRun(instruction, 0);
  views_.conversation->setWorking(true);
  agent_->start(root_, instruction);
}

RunView* ChangeFlow::addRun(const QString& instruction, qint64 run) {
  RunView* view = views_.conversation->addRun(instruction);
  view->setRun(run);
  connect(view, &RunView::answered, agent_, &AgentController::answer);
  connect(view, &RunView::trustAnswered, agent_, &AgentController::answerTrust);
  connect(view, &RunView::reviewRequested, review_, &ReviewController::openRun);
  connect(view, &RunView::resumeRequested, this, [this, view](qint64 id) {
    if (!working_) goOn(view, id);
  });
  return view;
}

void ChangeFlow::goOn(RunView* view, qint64 run) {
  working_ = view;
  view->beginAgain();
  views_.conversation->setWorking(true);
  agent_->resume(run);
}

void ChangeFlow::ended(const RunEnd& end) {
  if (left_ > 0) return void(--left_);
  if (!working_) return;
  working_->showEnd(end);
  working_ = nullptr;
  views_.conversation->setWorking(false);
  review_->listRuns();
  if (end.hunks > 0 && end.status == agent::RunStatus::kDone) review_->openRun(end.run);
}

void ChangeFlow::showReview() {
  views_.code->showPage(page_, tr("Review"), lineIcon(QStringLiteral("edit"), &Colours::accent));
}

// The review tells it in place; the conversation keeps a line of it, and without a review it is told above.
void ChangeFlow::tell(const Written& written) {
  const bool conflict = !written.report.conflicts.empty();
  if (conflict)
    showReview();
  else if (RunView* run = views_.conversation->newestRun(); run && run->run() == written.report.run)
    run->showOutcome(describe(written));
  if (!conflict && !page_->isVisible()) views_.message->showMessage(describe(written));
}

}  // namespace strata::ui
