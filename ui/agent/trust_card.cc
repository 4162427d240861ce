// SPDX-License-Identifier: Apache-2.0
#include "ui/agent/trust_card.h"

#include <QPlainTextEdit>
#include <QPushButton>
#include <algorithm>

#include "ui/look.h"

namespace strata::ui {
namespace {

constexpr int kMostRows = 12;  // before it scrolls

}  // namespace

TrustCard::TrustCard(const agent::Instructions& instructions, QWidget* parent)
    : QuestionCard(tr("Instructions of the repository"), QString::fromStdString(instructions.path), parent) {
  setObjectName(QStringLiteral("trust"));
  const QString path = QString::fromStdString(instructions.path);
  addText(tr("%1 in this repository tells agents what to do. Should it be followed?").arg(path));
  auto* text = new QPlainTextEdit(QString::fromStdString(instructions.text), this);
  text->setObjectName(QStringLiteral("instructionsText"));
  text->setAccessibleName(tr("Text of %1").arg(path));
  text->setReadOnly(true);
  text->setFrameShape(QFrame::NoFrame);
  text->setTabChangesFocus(true);
  text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  text->setFont(codeFont());
  text->setFixedHeight(std::clamp(text->blockCount(), 2, kMostRows) * text->fontMetrics().lineSpacing() + 10);
  add(text);
  addNote(tr("Your answer holds until this text changes. Whatever it says, commands are still asked for."));
  const auto answer = [this](const QString& label, const char* name, bool follow) {
    connect(addAnswer(label, name), &QPushButton::clicked, this, [this, follow] { emit answered(follow); });
  };
  answer(tr("Ignore"), "ignoreInstructions", false);
  answer(tr("Follow"), "followInstructions", true);
}

}  // namespace strata::ui
