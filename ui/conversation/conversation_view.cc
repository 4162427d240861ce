// SPDX-License-Identifier: Apache-2.0
#include "ui/conversation/conversation_view.h"

#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

#include "ui/agent/run_view.h"
#include "ui/conversation/exchange_view.h"
#include "ui/look.h"

namespace strata::ui {

ConversationView::ConversationView(QWidget* parent)
    : QWidget(parent), scroll_(new QScrollArea(this)), empty_(new QLabel(this)), box_(new QuestionBox(this)) {
  auto* content = new QWidget;
  exchanges_ = new QVBoxLayout(content);
  exchanges_->setContentsMargins(14, 14, 14, 14);
  exchanges_->setSpacing(22);
  exchanges_->addStretch(1);
  scroll_->setWidget(content);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setAccessibleName(tr("Conversation"));
  empty_->setText(
      tr("Ask where something is done, what a value is, who calls a function or how a part works.\n\n"
         "Answers name the lines they rest on. There is no need to wait until everything has been read.\n\n"
         "Or have something changed: the agent works in a private copy, and nothing of yours is touched before you "
         "have reviewed it."));
  empty_->setTextFormat(Qt::PlainText);
  empty_->setWordWrap(true);
  empty_->setProperty("muted", true);
  exchanges_->insertWidget(0, empty_);

  auto* bottom = new QVBoxLayout;
  bottom->setContentsMargins(12, 4, 12, 12);
  bottom->addWidget(box_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(scroll_, 1);
  layout->addLayout(bottom);

  // Follows the answer unless the user scrolled away from its end.
  connect(scroll_->verticalScrollBar(), &QScrollBar::rangeChanged, this, [this](int, int maximum) {
    if (follow_) scroll_->verticalScrollBar()->setValue(maximum);
  });
  connect(scroll_->verticalScrollBar(), &QScrollBar::valueChanged, this,
          [this](int value) { follow_ = value >= scroll_->verticalScrollBar()->maximum() - 30; });
  connect(box_, &QuestionBox::submitted, this, &ConversationView::submit);
  connect(box_, &QuestionBox::stopRequested, this,
          [this](QuestionBox::Mode mode) { mode == QuestionBox::Mode::kAsk ? cancelRequested() : stopRequested(); });
  setReady(false);
}

void ConversationView::setReady(bool ready) {
  ready_ = ready;
  if (!ready) setAnswering(false);
  box_->setReady(ready);
  showOrHideHint();
}

void ConversationView::showOrHideHint() { empty_->setVisible(ready_ && count() == 0 && !run_); }

ExchangeView* ConversationView::add(int row, const QString& question) {
  auto* view = new ExchangeView(question);
  connect(view, &ExchangeView::placeClicked, this, &ConversationView::placeClicked);
  connect(view, &ExchangeView::buttonsAdded, this, &ConversationView::orderFocus);
  exchanges_->insertWidget(row, view);
  empty_->hide();
  return view;
}

RunView* ConversationView::addRun(const QString& instruction) {
  run_ = new RunView(instruction);
  connect(run_, &RunView::buttonsAdded, this, &ConversationView::orderFocus);
  exchanges_->insertWidget(exchanges_->count() - 1, run_);
  follow_ = true;
  showOrHideHint();
  return run_;
}

void ConversationView::clearRuns() {
  qDeleteAll(scroll_->widget()->findChildren<RunView*>(Qt::FindDirectChildrenOnly));
  run_ = nullptr;
  setWorking(false);
  showOrHideHint();
}

void ConversationView::showConversation(const std::vector<agent::Exchange>& exchanges) {
  qDeleteAll(scroll_->widget()->findChildren<ExchangeView*>(Qt::FindDirectChildrenOnly));
  current_ = nullptr;
  follow_ = true;
  int row = 1;  // behind the hint; a run that waits stays below
  for (const agent::Exchange& exchange : exchanges)
    add(row++, QString::fromStdString(exchange.question))->showAnswer(exchange.answer);
  setAnswering(false);
  showOrHideHint();
}

// Tab goes through the answers as they stand, then to the question. Widgets made later would come last.
void ConversationView::orderFocus() {
  QWidget* before = scroll_;
  for (int row = 0; row < exchanges_->count(); ++row)
    if (QWidget* exchange = exchanges_->itemAt(row)->widget())
      for (QWidget* widget : exchange->findChildren<QWidget*>())
        if (widget->focusPolicy() & Qt::TabFocus) {
          setTabOrder(before, widget);
          before = widget;
        }
  setTabOrder(before, box_->first());
  box_->orderFocus();
}

int ConversationView::count() const {
  return static_cast<int>(scroll_->widget()->findChildren<ExchangeView*>(Qt::FindDirectChildrenOnly).size());
}

void ConversationView::submit(const QString& text, QuestionBox::Mode mode) {
  follow_ = true;
  if (mode == QuestionBox::Mode::kChange) return emit instructed(text);
  current_ = add(exchanges_->count() - 1, text);
  setAnswering(true);
  emit asked(text);
}

void ConversationView::showPassages(const std::vector<agent::RankedPassage>& passages) {
  if (current_) current_->showRanking(passages);
}

void ConversationView::appendText(const QString& piece) {
  if (current_) current_->appendText(piece);
}

void ConversationView::showAnswer(const agent::Answer& answer) {
  if (current_) current_->showAnswer(answer);
  current_ = nullptr;
  setAnswering(false);
}

void ConversationView::showFailure(const QString& message, bool cancelled) {
  if (current_) {
    current_->showFailure(message, cancelled);
    box_->giveBack(current_->question());
  }
  current_ = nullptr;
  setAnswering(false);
}

void ConversationView::focusQuestion() {
  box_->setMode(QuestionBox::Mode::kAsk);
  box_->focusText();
}

void ConversationView::focusInstruction(const QString& text) {
  box_->setMode(QuestionBox::Mode::kChange);
  box_->giveBack(text);
  box_->focusText();
}

}  // namespace strata::ui
