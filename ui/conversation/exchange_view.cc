// SPDX-License-Identifier: Apache-2.0
#include "ui/conversation/exchange_view.h"

#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QStyle>
#include <QTextDocument>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/conversation/answer_text.h"
#include "ui/look.h"

namespace strata::ui {
namespace {

constexpr size_t kPassagesShown = 12;

void clear(QLayout* layout) {
  while (QLayoutItem* item = layout->takeAt(0)) {
    delete item->widget();
    delete item;
  }
}

// A flat button for a place in the repository and the symbol that stands there.
QToolButton* placeButton(const QString& place, const QString& symbol, const QIcon& icon, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setIcon(icon);
  button->setIconSize(QSize(14, 14));
  button->setFont(smallFont());
  button->setCursor(Qt::PointingHandCursor);
  button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  QString text = symbol.isEmpty() ? place : place + QStringLiteral("   ") + symbol;
  button->setText(text.replace(u'&', QStringLiteral("&&")));
  button->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  return button;
}

}  // namespace

QString describe(const agent::Answer& answer) {
  const QLocale locale;
  const agent::AskTiming& t = answer.timing;
  if (answer.structural) return ExchangeView::tr("From the symbol index · %1 s").arg(t.total_s, 0, 'f', 2);
  if (t.generated_tokens == 0) return ExchangeView::tr("%1 s").arg(t.total_s, 0, 'f', 1);
  const QString took =
      ExchangeView::tr("First word %1 s, done %2 s").arg(t.first_token_s, 0, 'f', 1).arg(t.total_s, 0, 'f', 1);
  return ExchangeView::tr("%1 · %2 tokens reused, %3 computed")
      .arg(took, locale.toString(static_cast<qlonglong>(t.reused_tokens)),
           locale.toString(static_cast<qlonglong>(t.computed_tokens)));
}

ExchangeView::ExchangeView(const QString& question, QWidget* parent)
    : QWidget(parent),
      question_(question),
      status_(new QLabel(tr("Looking through the repository…"), this)),
      looked_at_(new QToolButton(this)),
      passages_(new QWidget(this)),
      passage_rows_(new QVBoxLayout(passages_)),
      text_(new AnswerText(this)),
      citations_(new QWidget(this)),
      timing_(new QLabel(this)) {
  auto* asked = new QLabel(question, this);
  asked->setTextFormat(Qt::PlainText);
  asked->setWordWrap(true);
  asked->setTextInteractionFlags(Qt::TextSelectableByMouse);
  asked->setAccessibleName(tr("Question"));
  asked->setProperty("bubble", true);

  looked_at_->setCheckable(true);
  looked_at_->setFont(smallFont());
  looked_at_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  looked_at_->setIcon(lineIcon(QStringLiteral("right"), &Colours::muted));
  looked_at_->setProperty("muted", true);
  looked_at_->setObjectName(QStringLiteral("lookedAt"));
  looked_at_->hide();
  passage_rows_->setContentsMargins(8, 0, 0, 0);
  passage_rows_->setSpacing(0);
  passages_->hide();
  status_->setProperty("muted", true);
  status_->setTextFormat(Qt::PlainText);
  status_->setWordWrap(true);
  timing_->setProperty("muted", true);
  timing_->setFont(smallFont());
  timing_->setTextFormat(Qt::PlainText);
  timing_->setWordWrap(true);
  timing_->hide();
  auto* citation_rows = new QVBoxLayout(citations_);
  citation_rows->setContentsMargins(0, 0, 0, 0);
  citation_rows->setSpacing(4);
  citations_->hide();

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(8);
  layout->addWidget(asked);
  layout->addWidget(looked_at_, 0, Qt::AlignLeft);
  layout->addWidget(passages_);
  layout->addWidget(status_);
  layout->addWidget(text_);
  layout->addWidget(citations_);
  layout->addWidget(timing_);

  connect(looked_at_, &QToolButton::toggled, this, [this](bool open) {
    if (open && passage_rows_->isEmpty()) addPassageRows();
    passages_->setVisible(open);
    looked_at_->setIcon(lineIcon(open ? QStringLiteral("down") : QStringLiteral("right"), &Colours::muted));
  });
  connect(text_, &AnswerText::citationClicked, this, &ExchangeView::placeClicked);
}

void ExchangeView::showPassages(const std::vector<agent::RankedPassage>& passages) {
  ranked_.assign(passages.begin(),
                 passages.begin() + static_cast<std::ptrdiff_t>(std::min(passages.size(), kPassagesShown)));
  clear(passage_rows_);
  if (looked_at_->isChecked()) addPassageRows();
  looked_at_->setText(ranked_.size() == 1 ? tr("Looked at one place") : tr("Looked at %1 places").arg(ranked_.size()));
  looked_at_->setVisible(!ranked_.empty());
}

void ExchangeView::addPassageRows() {
  for (const agent::RankedPassage& r : ranked_) {
    const repo::Passage& p = r.passage;
    const QString path = QString::fromStdString(p.file);
    const QString place = QStringLiteral("%1:%2-%3").arg(path).arg(p.first_line).arg(p.last_line);
    auto* row =
        placeButton(place, QString::fromStdString(p.symbol),
                    lineIcon(QStringLiteral("file"), r.tokens > 0 ? &Colours::accent : &Colours::muted), passages_);
    row->setObjectName(QStringLiteral("passage"));
    row->setToolTip(r.tokens > 0 ? tr("Given to the model: %1 tokens, %2")
                                       .arg(r.tokens)
                                       .arg(r.reused ? tr("from what was read before") : tr("read now"))
                                 : tr("Ranked, but not given to the model"));
    connect(row, &QToolButton::clicked, this,
            [this, path, first = p.first_line, last = p.last_line] { emit placeClicked(path, first, last); });
    passage_rows_->addWidget(row);
  }
  emit buttonsAdded();
}

void ExchangeView::showRanking(const std::vector<agent::RankedPassage>& passages) {
  looked_at_->setChecked(true);
  showPassages(passages);
  status_->setText(tr("Reading what it found…"));
}

void ExchangeView::appendText(const QString& piece) {
  if (!status_->isHidden()) {  // the first piece takes the place of what was shown meanwhile
    status_->hide();
    looked_at_->setChecked(false);
  }
  text_->append(piece);
}

void ExchangeView::showAnswer(const agent::Answer& answer) {
  // The index's answer is a list of places already, and the nearest place to nothing needs no check mark.
  const bool chips = answer.found && !answer.structural;
  const QString text = QString::fromStdString(answer.text);
  text_->setAnswer(chips ? withoutPlaces(text, answer.citations) : text, answer.citations);
  if (!status_->isHidden()) looked_at_->setChecked(false);
  showPassages(answer.passages);
  status_->setVisible(!answer.found);
  if (!answer.found) status_->setText(tr("Not found in this repository"));
  clear(citations_->layout());
  if (chips)
    for (const agent::Citation& citation : answer.citations) addChip(citation);
  citations_->setVisible(chips && !answer.citations.empty());
  emit buttonsAdded();
  const QString understood = QString::fromStdString(answer.question).remove(u'`');
  const bool completed = !understood.isEmpty() && understood != QString(question_).remove(u'`');
  timing_->setText(completed ? tr("Taken as: %1").arg(understood) + u'\n' + describe(answer) : describe(answer));
  if (answer.timing.generated_tokens > 0)
    timing_->setToolTip(
        tr("Tokens are pieces of words. Reused: the model had read them before and remembered them. "
           "Computed: read for this question."));
  timing_->show();
}

void ExchangeView::addChip(const agent::Citation& citation) {
  QColor Colours::* colour = citation.verified ? &Colours::good : &Colours::warn;
  auto* chip = placeButton(citationText(citation), QString::fromStdString(citation.symbol),
                           lineIcon(citation.verified ? QStringLiteral("check") : QStringLiteral("question"), colour),
                           citations_);
  chip->setObjectName(QStringLiteral("citation"));
  chip->setProperty("verified", citation.verified);
  chip->setProperty("chip", true);
  chip->setToolTip(Qt::convertFromPlainText(describe(citation)));
  chip->setAccessibleName(
      tr("%1, %2").arg(citationText(citation), citation.verified ? tr("verified") : tr("not verified")));
  connect(chip, &QToolButton::clicked, this, [this, citation] {
    emit placeClicked(QString::fromStdString(citation.file), citation.start_line, citation.end_line);
  });
  citations_->layout()->addWidget(chip);
}

void ExchangeView::showFailure(const QString& message, bool cancelled) {
  status_->setText(cancelled ? tr("Stopped.") : message);
  status_->setProperty("muted", cancelled);
  status_->setProperty("problem", !cancelled);
  status_->style()->polish(status_);
  layout()->removeWidget(status_);  // below what has been written
  layout()->addWidget(status_);
  status_->show();
}

}  // namespace strata::ui
