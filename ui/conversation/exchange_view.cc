// SPDX-License-Identifier: Apache-2.0
#include "ui/conversation/exchange_view.h"

#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QStyle>
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

// A flat button with an elided text of a place in the repository.
QToolButton* placeButton(const QString& text, const QIcon& icon, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setIcon(icon);
  button->setIconSize(QSize(14, 14));
  button->setFont(smallFont());
  button->setCursor(Qt::PointingHandCursor);
  button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  button->setText(QString(text).replace(u'&', QStringLiteral("&&")));
  button->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  return button;
}

}  // namespace

QString describe(const agent::Answer& answer) {
  const QLocale locale;
  const agent::AskTiming& t = answer.timing;
  const QString took =
      ExchangeView::tr("first word %1 s, done %2 s").arg(t.first_token_s, 0, 'f', 1).arg(t.total_s, 0, 'f', 1);
  if (answer.structural) return ExchangeView::tr("From the symbol index · %1 s").arg(t.total_s, 0, 'f', 2);
  return ExchangeView::tr("%1 · %2 tokens reused, %3 computed")
      .arg(took, locale.toString(static_cast<qlonglong>(t.reused_tokens)),
           locale.toString(static_cast<qlonglong>(t.computed_tokens)));
}

ExchangeView::ExchangeView(const QString& question, QWidget* parent)
    : QWidget(parent),
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
    passages_->setVisible(open);
    looked_at_->setIcon(lineIcon(open ? QStringLiteral("down") : QStringLiteral("right"), &Colours::muted));
  });
  connect(text_, &AnswerText::citationClicked, this, &ExchangeView::placeClicked);
}

void ExchangeView::showPassages(const std::vector<agent::RankedPassage>& passages) {
  clear(passage_rows_);
  for (size_t i = 0; i < std::min(passages.size(), kPassagesShown); ++i) {
    const repo::Passage& p = passages[i].passage;
    const QString path = QString::fromStdString(p.file);
    const QString place = QStringLiteral("%1:%2-%3").arg(path).arg(p.first_line).arg(p.last_line);
    const QString symbol = QString::fromStdString(p.symbol);
    auto* row = placeButton(
        symbol.isEmpty() ? place : place + QStringLiteral("   ") + symbol,
        lineIcon(QStringLiteral("file"), passages[i].tokens > 0 ? &Colours::accent : &Colours::muted), passages_);
    row->setToolTip(passages[i].tokens > 0
                        ? tr("Given to the model: %1 tokens, %2")
                              .arg(passages[i].tokens)
                              .arg(passages[i].reused ? tr("from what was read before") : tr("read now"))
                        : tr("Ranked, but not given to the model"));
    connect(row, &QToolButton::clicked, this,
            [this, path, first = p.first_line, last = p.last_line] { emit placeClicked(path, first, last); });
    passage_rows_->addWidget(row);
  }
  looked_at_->setText(tr("Looked at %1 places").arg(std::min(passages.size(), kPassagesShown)));
  looked_at_->setVisible(!passages.empty());
  if (text_->markdown().isEmpty()) {
    status_->setText(tr("Thinking about what it found…"));
    looked_at_->setChecked(true);
  }
}

void ExchangeView::appendText(const QString& piece) {
  status_->hide();
  text_->append(piece);
}

void ExchangeView::showAnswer(const agent::Answer& answer) {
  text_->setAnswer(QString::fromStdString(answer.text), answer.citations);
  showPassages(answer.passages);
  looked_at_->setChecked(false);
  status_->setVisible(!answer.found);
  if (!answer.found) status_->setText(tr("Not found in this repository"));
  clear(citations_->layout());
  for (const agent::Citation& citation : answer.citations) {
    const QString path = QString::fromStdString(citation.file);
    const QString symbol = QString::fromStdString(citation.symbol);
    const QString place = citationText(citation);
    QColor Colours::* colour = citation.verified ? &Colours::good : &Colours::warn;
    auto* chip = placeButton(symbol.isEmpty() ? place : place + QStringLiteral("   ") + symbol,
                             lineIcon(citation.verified ? QStringLiteral("check") : QStringLiteral("question"), colour),
                             citations_);
    chip->setObjectName(QStringLiteral("citation"));
    chip->setProperty("verified", citation.verified);
    chip->setToolTip(citation.verified ? tr("Verified: the lines exist and the symbol stands there")
                                       : tr("Not verified"));
    chip->setAccessibleName(tr("%1, %2").arg(place, citation.verified ? tr("verified") : tr("not verified")));
    chip->setProperty("chip", true);
    connect(chip, &QToolButton::clicked, this,
            [this, path, citation] { emit placeClicked(path, citation.start_line, citation.end_line); });
    citations_->layout()->addWidget(chip);
  }
  citations_->setVisible(!answer.citations.empty());
  timing_->setText(describe(answer));
  timing_->show();
}

void ExchangeView::showFailure(const QString& message) {
  status_->setText(message);
  status_->setProperty("muted", false);
  status_->setProperty("problem", true);
  status_->style()->polish(status_);
  status_->show();
}

}  // namespace strata::ui
