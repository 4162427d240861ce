// SPDX-License-Identifier: Apache-2.0
#include "ui/agent/approval_card.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/look.h"

namespace strata::ui {

ApprovalCard::ApprovalCard(const agent::ApprovalRequest& request, QWidget* parent) : QFrame(parent) {
  setObjectName(QStringLiteral("approval"));
  setProperty("card", true);
  setAttribute(Qt::WA_StyledBackground);
  const auto plain = [this](const QString& text, const char* property) {
    auto* label = new QLabel(text, this);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    if (property) label->setProperty(property, true);
    return label;
  };
  auto* title = plain(request.confined ? tr("The agent asks to run:") : tr("The agent asks to run, without a sandbox:"),
                      request.confined ? nullptr : "problem");
  auto* command = plain(QString::fromStdString(request.command), "command");
  command->setFont(codeFont());
  command->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  command->setAccessibleName(tr("Command"));
  auto* why = plain(
      request.confined
          ? QString::fromStdString(request.why)
          : tr("%1. It would have all of your rights, on all of your files.").arg(QString::fromStdString(request.why)),
      "muted");
  why->setFont(smallFont());

  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(6);
  const auto add = [&](const QString& text, const char* name, agent::Approval answer) {
    auto* button = new QPushButton(text, this);
    button->setObjectName(QLatin1String(name));
    button->setFont(smallFont());
    connect(button, &QPushButton::clicked, this, [this, answer] { emit answered(answer); });
    buttons->addWidget(button);
    return button;
  };
  // What does nothing comes first, so that it is what Enter does by mistake.
  add(tr("Refuse"), "refuse", agent::Approval::kNo);
  add(tr("Allow once"), "allowOnce", agent::Approval::kOnce);
  if (request.confined) add(tr("Allow in this run"), "allowAlways", agent::Approval::kAlways);
  buttons->addStretch(1);

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(12, 10, 12, 10);
  layout->setSpacing(6);
  layout->addWidget(title);
  layout->addWidget(command);
  layout->addWidget(why);
  layout->addLayout(buttons);
  QAccessibleEvent alert(this, QAccessible::Alert);
  setAccessibleName(tr("Approval"));
  setAccessibleDescription(QString::fromStdString(request.command));
  QAccessible::updateAccessibility(&alert);
}

}  // namespace strata::ui
