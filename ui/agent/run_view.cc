// SPDX-License-Identifier: Apache-2.0
#include "ui/agent/run_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

#include "ui/agent/approval_card.h"
#include "ui/agent/trust_card.h"
#include "ui/elided_label.h"
#include "ui/icon_label.h"
#include "ui/look.h"

namespace strata::ui {
namespace {

constexpr qsizetype kShownText = 300;  // of what the model is writing: its end

QLabel* plainLabel(QWidget* parent, bool small) {
  auto* label = new QLabel(parent);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setProperty("muted", true);
  if (small) label->setFont(smallFont());
  return label;
}

QIcon verdictIcon(bool good) {
  return good ? lineIcon(QStringLiteral("check"), &Colours::good) : lineIcon(QStringLiteral("close"), &Colours::bad);
}

QString endText(const RunEnd& end) {
  if (end.status == agent::RunStatus::kCancelled) return RunView::tr("Stopped.");
  if (end.status == agent::RunStatus::kGuard || end.status == agent::RunStatus::kBudget)
    return RunView::tr("Stopped by Strata: %1.").arg(end.why);
  if (end.status != agent::RunStatus::kDone) return RunView::tr("Not done: %1.").arg(end.why);
  return end.hunks > 0 ? QString() : RunView::tr("Done; there is nothing to change.");
}

}  // namespace

RunView::RunView(const QString& instruction, QWidget* parent)
    : QWidget(parent),
      instruction_(instruction),
      plan_(plainLabel(this, true)),
      rows_(new QVBoxLayout),
      writing_(plainLabel(this, true)),
      status_(plainLabel(this, false)),
      tokens_(plainLabel(this, true)),
      buttons_(new QWidget(this)) {
  setObjectName(QStringLiteral("run"));
  auto* asked = new QLabel(instruction, this);
  asked->setTextFormat(Qt::PlainText);
  asked->setWordWrap(true);
  asked->setTextInteractionFlags(Qt::TextSelectableByMouse);
  asked->setAccessibleName(tr("Instruction"));
  asked->setProperty("bubble", true);
  plan_->setAccessibleName(tr("Plan"));
  plan_->hide();
  writing_->hide();
  tokens_->hide();
  rows_->setSpacing(5);
  status_->setObjectName(QStringLiteral("runStatus"));
  status_->setText(tr("Copying the repository for the agent…"));
  auto* buttons = new QHBoxLayout(buttons_);
  buttons->setContentsMargins(0, 0, 0, 0);
  buttons->addStretch(1);
  buttons_->hide();

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  layout->addWidget(asked);
  layout->addWidget(plan_);
  layout->addLayout(rows_);
  layout->addWidget(writing_);
  layout->addWidget(status_);
  layout->addWidget(buttons_);
  layout->addWidget(tokens_);
}

RunView::Row RunView::addRow(const RunStep& step, const QString& icon) {
  auto* line = new QWidget(this);
  line->setObjectName(QStringLiteral("step"));
  auto* grid = new QGridLayout(line);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(8);
  grid->setVerticalSpacing(1);
  Row row{line, new IconLabel(13, line), new ElidedLabel(10, line), new ElidedLabel(10, line)};
  row.icon->setIcon(lineIcon(icon, step.good ? &Colours::muted : &Colours::bad));
  row.text->setTextFormat(Qt::PlainText);
  row.text->setText(step.text);
  if (step.detail.size() > step.text.size()) row.text->setToolTip(Qt::convertFromPlainText(step.detail));
  row.result->setTextFormat(Qt::PlainText);
  row.result->setFont(smallFont());
  row.result->setProperty("muted", true);
  row.result->hide();
  grid->addWidget(row.icon, 0, 0);
  grid->addWidget(row.text, 0, 1);
  grid->addWidget(row.result, 1, 1);
  grid->setColumnStretch(1, 1);
  rows_->addWidget(line);
  return row;
}

void RunView::addEvent(const agent::RunEvent& event) {
  if (event.kind == "turn") writing_->hide();
  for (const RunStep& step : stepsOf(event)) switch (step.kind) {
      case RunStep::Kind::kPlan: {
        QString numbered;
        int number = 0;
        steps_ = step.detail.split(u'\n');
        if (said_ && isPlan(said_text_)) delete said_;
        for (const QString& line : steps_)
          numbered +=
              QStringLiteral("%1%2. %3").arg(number ? QStringLiteral("\n") : QString()).arg(number + 1).arg(line),
              ++number;
        plan_->setText(numbered);
        plan_->setVisible(number > 1);  // one step is the instruction again
        break;
      }
      case RunStep::Kind::kCall: calls_.insert(step.id, addRow(step, QStringLiteral("right"))); break;
      case RunStep::Kind::kResult: {
        if (!calls_.contains(step.id)) break;
        const Row row = calls_.take(step.id);
        row.icon->setIcon(verdictIcon(step.good));
        row.result->setText(step.text);
        if (step.detail != step.text) row.result->setToolTip(Qt::convertFromPlainText(step.detail));
        row.result->setVisible(!step.text.isEmpty());
        break;
      }
      case RunStep::Kind::kCheck: addRow(step, QStringLiteral("check")).icon->setIcon(verdictIcon(step.good)); break;
      case RunStep::Kind::kRemark:
        if (isPlan(step.detail)) break;
        said_ = addRow(step, QStringLiteral("right")).line;
        said_text_ = step.detail;
        break;
      case RunStep::Kind::kEnd: break;  // showEnd() says it
    }
  if (event.kind != "end") setStatus(tr("Working in a private copy…"), "muted");
}

// Models say their plan before it is taken down as one.
bool RunView::isPlan(const QString& text) const {
  const std::vector<std::string> items = agent::list_items(text.toStdString());
  QStringList lines;
  for (const std::string& item : items) lines << QString::fromStdString(item).trimmed();
  return !lines.isEmpty() && lines == steps_ && lines.size() == text.trimmed().count(u'\n') + 1;
}

void RunView::addText(const QString& piece) {
  writing_->setText((writing_->isHidden() ? QString() : writing_->text()).append(piece).right(kShownText));
  writing_->show();
}

void RunView::addRemark(const QString& text) {
  const QString icon = QStringLiteral("warning");
  addRow({RunStep::Kind::kRemark, {}, text.section(u'\n', 0, 0), text, true, {}}, icon)
      .icon->setIcon(lineIcon(icon, &Colours::warn));
}

void RunView::ask(const agent::ApprovalRequest& request) {
  auto* card = new ApprovalCard(request, this);
  showQuestion(card);
  connect(card, &ApprovalCard::answered, this, [this](agent::Approval answer) {
    closeQuestion();
    emit answered(answer);
  });
}

void RunView::ask(const agent::Instructions& instructions) {
  auto* card = new TrustCard(instructions, this);
  showQuestion(card);
  connect(card, &TrustCard::answered, this, [this](bool follow) {
    closeQuestion();
    emit trustAnswered(follow);
  });
}

void RunView::showQuestion(QuestionCard* question) {
  question_ = question;
  rows_->addWidget(question);
  setStatus(tr("Waiting for your answer"), "muted");
  emit buttonsAdded();
}

void RunView::closeQuestion() {
  question_->deleteLater();  // this is its own event
  question_ = nullptr;
  setStatus(tr("Working in a private copy…"), "muted");
}

QPushButton* RunView::addButton(const QString& text, const char* name) {
  auto* button = new QPushButton(text, buttons_);
  button->setObjectName(QLatin1String(name));
  auto* layout = static_cast<QHBoxLayout*>(buttons_->layout());
  layout->insertWidget(layout->count() - 1, button);
  buttons_->show();
  return button;
}

void RunView::endWork() {
  writing_->hide();
  delete question_;
  question_ = nullptr;
  calls_.clear();
}

void RunView::showEnd(const RunEnd& end) {
  endWork();
  const bool good = end.status == agent::RunStatus::kDone || end.status == agent::RunStatus::kCancelled;
  QString text = endText(end);
  if (end.hunks > 0)
    text += (text.isEmpty() ? QString() : QStringLiteral(" ")) + tr("Nothing of yours is changed yet.");
  setStatus(text, good ? "muted" : "problem");
  if (end.hunks > 0) {
    const QString hunks = end.hunks == 1 ? tr("Review One Hunk") : tr("Review %1 Hunks").arg(end.hunks);
    auto* review = addButton(hunks, "reviewRun");
    review->setProperty("primary", true);
    connect(review, &QPushButton::clicked, this, [this] { emit reviewRequested(run_); });
  }
  if (end.status != agent::RunStatus::kDone)
    connect(addButton(tr("Go On"), "resumeRun"), &QPushButton::clicked, this, [this] { emit resumeRequested(run_); });
  if (end.usage.generated_tokens > 0) {
    const auto number = [](int64_t n) { return QLocale().toString(static_cast<qlonglong>(n)); };
    tokens_->setText(tr("%1 tokens written · %2 reused, %3 computed")
                         .arg(number(end.usage.generated_tokens), number(end.usage.reused_tokens),
                              number(end.usage.prompt_tokens - end.usage.reused_tokens)) +
                     (end.cost.isEmpty() ? QString() : QStringLiteral(" · ") + end.cost));
    tokens_->show();
  }
  emit buttonsAdded();
}

void RunView::showFailure(const QString& message) {
  endWork();
  setStatus(message, "problem");
}

void RunView::showWaiting(bool interrupted) {
  endWork();
  setStatus(interrupted ? tr("This run was interrupted. Nothing of yours is changed.")
                        : tr("This proposal waits for your review. Nothing of yours is changed yet."),
            "muted");
  auto* button = interrupted ? addButton(tr("Go On"), "resumeRun") : addButton(tr("Review"), "reviewRun");
  button->setProperty("primary", true);
  connect(button, &QPushButton::clicked, this,
          [this, interrupted] { interrupted ? emit resumeRequested(run_) : emit reviewRequested(run_); });
  emit buttonsAdded();
}

void RunView::beginAgain() {
  qDeleteAll(buttons_->findChildren<QPushButton*>());
  buttons_->hide();
  setStatus(tr("Going on…"), "muted");
}

void RunView::showOutcome(const QString& text) {
  setStatus(text, "muted");
  if (auto* review = buttons_->findChild<QPushButton*>(QStringLiteral("reviewRun"))) {  // no longer what is to be done
    review->setText(tr("Review"));
    review->setProperty("primary", false);
    review->style()->polish(review);
  }
}

void RunView::setStatus(const QString& text, const char* property) {
  status_->setText(text);
  status_->setVisible(!text.isEmpty());
  for (const char* one : {"muted", "problem"}) status_->setProperty(one, qstrcmp(one, property) == 0);
  status_->style()->polish(status_);
}

}  // namespace strata::ui
