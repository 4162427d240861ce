// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/reading_bar.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QProgressBar>
#include <QToolButton>
#include <cmath>

#include "ui/elided_label.h"
#include "ui/look.h"

namespace strata::ui {

QString describeDuration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return QStringLiteral("?");
  if (seconds < 60) return ReadingBar::tr("%1 s").arg(std::lround(seconds));
  const auto minutes = static_cast<qlonglong>(std::min(seconds, 1e9) / 60 + 0.5);
  if (minutes < 60) return ReadingBar::tr("%1 min").arg(minutes);
  return ReadingBar::tr("%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
}

ReadingBar::ReadingBar(QWidget* parent)
    : QWidget(parent),
      text_(new ElidedLabel(30, this)),
      bar_(new QProgressBar(this)),
      pause_(new QToolButton(this)),
      stop_(new QToolButton(this)) {
  text_->setObjectName(QStringLiteral("readingText"));
  text_->setFont(smallFont());
  bar_->setTextVisible(false);
  bar_->setFixedWidth(160);
  bar_->setRange(0, 1000);
  bar_->setAccessibleName(tr("Share of the repository that has been read"));
  pause_->setObjectName(QStringLiteral("pauseReading"));
  stop_->setObjectName(QStringLiteral("stopReading"));
  stop_->setIcon(lineIcon(QStringLiteral("stop")));
  stop_->setToolTip(tr("Stop reading; what is read is kept"));
  stop_->setAccessibleName(tr("Stop reading"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(10, 3, 6, 3);
  layout->setSpacing(8);
  layout->addWidget(bar_);
  layout->addWidget(pause_);
  layout->addWidget(stop_);
  layout->addWidget(text_, 1);
  setMinimumHeight(pause_->sizeHint().height() + 6);  // also while there is nothing to pause
  connect(pause_, &QToolButton::clicked, this, [this] {
    const bool running = state_ == ReadingState::kReading || state_ == ReadingState::kPlanning;
    running ? emit pauseRequested() : emit resumeRequested();
  });
  connect(stop_, &QToolButton::clicked, this, &ReadingBar::stopRequested);
  refresh();
}

void ReadingBar::showOpening(const QString& name) {
  opening_ = name;
  if (!name.isEmpty()) bar_->setValue(0);
  refresh();
}

void ReadingBar::showStep(const QString& what, qint64 done, qint64 total) {
  if (opening_.isEmpty() && state_ != ReadingState::kPlanning) return;
  bar_->setValue(total > 0 ? static_cast<int>(done * 1000 / total) : 0);
  const QString doing = opening_.isEmpty() ? tr("Preparing to read") : tr("Opening %1: %2").arg(opening_, what);
  text_->setText(total > 0 ? tr("%1, %2 of %3").arg(doing).arg(done).arg(total) : doing);
}

void ReadingBar::showState(ReadingState state) {
  state_ = state;
  refresh();
}

void ReadingBar::showProgress(const agent::IngestionProgress& progress) {
  progress_ = progress;
  refresh();
}

void ReadingBar::refresh() {
  if (!opening_.isEmpty()) {
    bar_->show();
    pause_->hide();
    stop_->hide();
    return text_->setText(tr("Opening %1").arg(opening_));
  }
  const QLocale locale;
  const bool running = state_ == ReadingState::kReading || state_ == ReadingState::kPlanning;
  const bool can_resume = state_ == ReadingState::kOnBattery || state_ == ReadingState::kPaused ||
                          state_ == ReadingState::kStopped || state_ == ReadingState::kFailed;
  const QString files = tr("%1 of %2 files").arg(progress_.files_done).arg(progress_.files);
  pause_->setVisible(running || can_resume);
  pause_->setIcon(lineIcon(running ? QStringLiteral("pause") : QStringLiteral("play")));
  pause_->setToolTip(running ? tr("Pause reading") : tr("Go on reading"));
  pause_->setAccessibleName(pause_->toolTip());
  const bool waits = state_ == ReadingState::kPaused || state_ == ReadingState::kOnBattery;
  stop_->setVisible(running || waits);
  bar_->setVisible(running || waits);
  if (progress_.tokens > 0) bar_->setValue(static_cast<int>(progress_.tokens_done * 1000 / progress_.tokens));
  switch (state_) {
    case ReadingState::kIdle: text_->clear(); break;
    case ReadingState::kPlanning: text_->setText(tr("Preparing to read")); break;
    case ReadingState::kReading:
      text_->setText(progress_.tokens_per_s > 0 ? tr("Reading %1 · %2 tokens/s · %3 left")
                                                      .arg(files, locale.toString(qRound64(progress_.tokens_per_s)),
                                                           describeDuration(progress_.eta_s))
                                                : tr("Reading %1").arg(files));
      break;
    case ReadingState::kOnBattery: text_->setText(tr("On battery power · %1 read").arg(files)); break;
    case ReadingState::kPaused: text_->setText(tr("Paused at %1").arg(files)); break;
    case ReadingState::kStopped: text_->setText(tr("Stopped at %1").arg(files)); break;
    case ReadingState::kFinished:
      text_->setText(tr("All %1 files read · %2 tokens")
                         .arg(progress_.files_done)
                         .arg(locale.toString(static_cast<qlonglong>(progress_.tokens_done))));
      break;
    case ReadingState::kFailed: text_->setText(tr("Reading failed at %1").arg(files)); break;
  }
}

}  // namespace strata::ui
