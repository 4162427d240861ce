// SPDX-License-Identifier: Apache-2.0
#include "ui/agent/approval_card.h"

#include <QLabel>
#include <QPushButton>

#include "ui/look.h"

namespace strata::ui {

ApprovalCard::ApprovalCard(const agent::ApprovalRequest& request, QWidget* parent)
    : QuestionCard(tr("Approval"), QString::fromStdString(request.command), parent) {
  setObjectName(QStringLiteral("approval"));
  if (request.confined)
    addText(tr("The agent asks to run:"));
  else
    addText(tr("The agent asks to run, without a sandbox:"), "problem");
  auto* command = new QLabel(QString::fromStdString(request.command), this);
  command->setTextFormat(Qt::PlainText);
  command->setWordWrap(true);
  command->setProperty("command", true);
  command->setFont(codeFont());
  command->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  command->setAccessibleName(tr("Command"));
  add(command);
  const QString why = QString::fromStdString(request.why);
  addNote(request.confined ? why : tr("%1. It would have all of your rights, on all of your files.").arg(why));
  const auto answer = [this](const QString& text, const char* name, agent::Approval approval) {
    connect(addAnswer(text, name), &QPushButton::clicked, this, [this, approval] { emit answered(approval); });
  };
  answer(tr("Refuse"), "refuse", agent::Approval::kNo);
  answer(tr("Allow once"), "allowOnce", agent::Approval::kOnce);
  if (request.confined) answer(tr("Allow in this run"), "allowAlways", agent::Approval::kAlways);
}

}  // namespace strata::ui
