// SPDX-License-Identifier: Apache-2.0
#include "ui/conversation/question_box.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/look.h"

namespace strata::ui {

QuestionBox::QuestionBox(QWidget* parent)
    : QFrame(parent),
      text_(new QPlainTextEdit(this)),
      ask_(new QToolButton(this)),
      change_(new QToolButton(this)),
      button_(new QToolButton(this)) {
  setObjectName(QStringLiteral("questionFrame"));
  text_->setFrameShape(QFrame::NoFrame);
  text_->setObjectName(QStringLiteral("question"));
  text_->setTabChangesFocus(true);
  text_->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
  text_->setFixedHeight(text_->fontMetrics().lineSpacing() * 3 + 14);
  text_->installEventFilter(this);
  button_->setObjectName(QStringLiteral("askButton"));
  button_->setIconSize(QSize(18, 18));

  ask_->setText(tr("Ask"));
  ask_->setToolTip(tr("Ask a question (Ctrl+L)"));
  ask_->setObjectName(QStringLiteral("modeAsk"));
  change_->setText(tr("Change"));
  change_->setToolTip(tr("Have something changed, in a private copy that you review (Ctrl+K)"));
  change_->setObjectName(QStringLiteral("modeChange"));
  auto* modes = new QButtonGroup(this);  // exclusive: one stop of Tab, arrow keys between the two
  for (QToolButton* mode : {ask_, change_}) {
    mode->setCheckable(true);
    mode->setFont(smallFont());
    mode->setProperty("segment", true);
    mode->setFocusPolicy(Qt::StrongFocus);
    modes->addButton(mode);
  }
  ask_->setChecked(true);

  auto* below = new QHBoxLayout;
  below->setContentsMargins(0, 0, 0, 0);
  below->setSpacing(2);
  below->addWidget(ask_);
  below->addWidget(change_);
  below->addStretch(1);
  below->addWidget(button_);
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(6, 4, 6, 5);
  rows->setSpacing(2);
  rows->addWidget(text_);
  rows->addLayout(below);

  connect(ask_, &QToolButton::toggled, this, [this](bool on) { setMode(on ? Mode::kAsk : Mode::kChange); });
  connect(button_, &QToolButton::clicked, this, [this] { busy(mode_) ? emit stopRequested(mode_) : submit(); });
  refresh();
}

void QuestionBox::setReady(bool ready) {
  ready_ = ready;
  refresh();
}

void QuestionBox::setBusy(Mode mode, bool busy) {
  busy_[static_cast<int>(mode)] = busy;
  refresh();
}

void QuestionBox::setMode(Mode mode) {
  mode_ = mode;
  (mode == Mode::kAsk ? ask_ : change_)->setChecked(true);
  refresh();
}

void QuestionBox::refresh() {
  const bool asking = mode_ == Mode::kAsk, stops = busy(mode_);
  for (QWidget* widget : std::initializer_list<QWidget*>{text_, ask_, change_, button_}) widget->setEnabled(ready_);
  // Tab stops at the one that is chosen.
  ask_->setFocusPolicy(asking ? Qt::StrongFocus : Qt::ClickFocus);
  change_->setFocusPolicy(asking ? Qt::ClickFocus : Qt::StrongFocus);
  text_->setPlaceholderText(asking  ? tr("Ask about this repository")
                            : stops ? tr("Tell the agent something")
                                    : tr("Say what to change: “rename parse to read_all”"));
  text_->viewport()->update();  // Qt does not when one placeholder takes the place of another
  text_->setAccessibleName(asking ? tr("Question") : tr("Instruction"));
  button_->setIcon(
      lineIcon(stops ? QStringLiteral("stop") : QStringLiteral("send"), stops ? &Colours::bad : &Colours::accent));
  button_->setToolTip(!stops   ? (asking ? tr("Ask (Enter)") : tr("Start (Enter)"))
                      : asking ? tr("Stop answering (Esc)")
                               : tr("Stop the agent (Esc)"));
  button_->setAccessibleName(!stops   ? (asking ? tr("Ask") : tr("Start the change"))
                             : asking ? tr("Stop answering")
                                      : tr("Stop the agent"));
}

void QuestionBox::submit() {
  const QString text = text_->toPlainText().trimmed();
  // One question at a time; what is written while an agent works is a message to it.
  if (text.isEmpty() || !ready_ || (mode_ == Mode::kAsk && busy(mode_))) return;
  text_->clear();
  emit submitted(text, mode_);
}

void QuestionBox::giveBack(const QString& text) {
  if (!text_->document()->isEmpty()) return;
  text_->setPlainText(text);
  text_->selectAll();
}

void QuestionBox::focusText() {
  text_->setFocus();
  text_->selectAll();
}

QWidget* QuestionBox::first() const { return text_; }

void QuestionBox::orderFocus() {
  setTabOrder(text_, ask_);
  setTabOrder(ask_, change_);
  setTabOrder(change_, button_);
}

bool QuestionBox::eventFilter(QObject* object, QEvent* event) {
  if (object == text_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (enter && !(key->modifiers() & Qt::ShiftModifier)) {
      submit();
      return true;
    }
  }
  return QFrame::eventFilter(object, event);
}

}  // namespace strata::ui
