// SPDX-License-Identifier: Apache-2.0
#include "ui/conversation/conversation_view.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/conversation/exchange_view.h"
#include "ui/look.h"

namespace strata::ui {

ConversationView::ConversationView(QWidget* parent)
    : QWidget(parent),
      scroll_(new QScrollArea(this)),
      empty_(new QLabel(this)),
      question_(new QPlainTextEdit(this)),
      button_(new QToolButton(this)) {
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
         "Answers name the lines they rest on. There is no need to wait until everything has been read."));
  empty_->setTextFormat(Qt::PlainText);
  empty_->setWordWrap(true);
  empty_->setProperty("muted", true);
  exchanges_->insertWidget(0, empty_);

  auto* frame = new QFrame(this);
  frame->setObjectName(QStringLiteral("questionFrame"));
  question_->setFrameShape(QFrame::NoFrame);
  question_->setPlaceholderText(tr("Ask about this repository"));
  question_->setAccessibleName(tr("Question"));
  question_->setObjectName(QStringLiteral("question"));
  question_->setTabChangesFocus(true);
  question_->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
  question_->setFixedHeight(question_->fontMetrics().lineSpacing() * 3 + 14);
  question_->installEventFilter(this);
  button_->setObjectName(QStringLiteral("askButton"));
  button_->setIconSize(QSize(18, 18));
  auto* row = new QHBoxLayout(frame);
  row->setContentsMargins(6, 4, 6, 4);
  row->addWidget(question_, 1);
  row->addWidget(button_, 0, Qt::AlignBottom);
  auto* bottom = new QVBoxLayout;
  bottom->setContentsMargins(12, 4, 12, 12);
  bottom->addWidget(frame);
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
  connect(button_, &QToolButton::clicked, this, [this] { answering_ ? emit cancelRequested() : submit(); });
  setReady(false);
}

void ConversationView::setReady(bool ready) {
  ready_ = ready;
  question_->setEnabled(ready);
  empty_->setVisible(ready && count() == 0);
  setAnswering(answering_ && ready);
}

void ConversationView::setAnswering(bool answering) {
  answering_ = answering;
  button_->setEnabled(ready_);
  button_->setIcon(lineIcon(answering ? QStringLiteral("stop") : QStringLiteral("send"),
                            answering ? &Colours::bad : &Colours::accent));
  button_->setToolTip(answering ? tr("Stop answering (Esc)") : tr("Ask (Enter)"));
  button_->setAccessibleName(answering ? tr("Stop answering") : tr("Ask"));
}

ExchangeView* ConversationView::add(const QString& question) {
  auto* view = new ExchangeView(question);
  connect(view, &ExchangeView::placeClicked, this, &ConversationView::placeClicked);
  connect(view, &ExchangeView::buttonsAdded, this, &ConversationView::orderFocus);
  exchanges_->insertWidget(exchanges_->count() - 1, view);
  empty_->hide();
  return view;
}

void ConversationView::showConversation(const std::vector<agent::Exchange>& exchanges) {
  qDeleteAll(scroll_->widget()->findChildren<ExchangeView*>(Qt::FindDirectChildrenOnly));
  current_ = nullptr;
  empty_->setVisible(exchanges.empty() && ready_);
  follow_ = true;
  for (const agent::Exchange& exchange : exchanges)
    add(QString::fromStdString(exchange.question))->showAnswer(exchange.answer);
  setAnswering(false);
}

// Tab goes through the answers as they stand, then to the question. Widgets made later would come last.
void ConversationView::orderFocus() {
  QWidget* before = scroll_;
  for (QWidget* widget : scroll_->widget()->findChildren<QWidget*>())
    if (widget->focusPolicy() & Qt::TabFocus) {
      setTabOrder(before, widget);
      before = widget;
    }
  setTabOrder(before, question_);
  setTabOrder(question_, button_);
}

int ConversationView::count() const { return exchanges_->count() - 2; }  // beside empty_ and the stretch

void ConversationView::submit() {
  const QString question = question_->toPlainText().trimmed();
  if (question.isEmpty() || answering_ || !ready_) return;
  question_->clear();
  follow_ = true;
  current_ = add(question);
  setAnswering(true);
  emit asked(question);
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
    if (question_->document()->isEmpty()) {  // asked again, changed, or typed over
      question_->setPlainText(current_->question());
      question_->selectAll();
    }
  }
  current_ = nullptr;
  setAnswering(false);
}

void ConversationView::focusQuestion() {
  question_->setFocus();
  question_->selectAll();
}

bool ConversationView::eventFilter(QObject* object, QEvent* event) {
  if (object == question_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (enter && !(key->modifiers() & Qt::ShiftModifier)) {
      submit();
      return true;
    }
  }
  return QWidget::eventFilter(object, event);
}

}  // namespace strata::ui
