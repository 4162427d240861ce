// SPDX-License-Identifier: Apache-2.0
// How far reading in the background is, at which rate and for how long; pause, resume, stop.
#pragma once

#include <QWidget>

#include "ui/engine_controller.h"

class QProgressBar;
class QToolButton;

namespace strata::ui {

class ElidedLabel;

class ReadingBar : public QWidget {
  Q_OBJECT
 public:
  explicit ReadingBar(QWidget* parent = nullptr);

  // A repository is being opened, which hides what goes on with the one before; empty: no more.
  void showOpening(const QString& name);
  void showStep(const QString& what, qint64 done, qint64 total);  // indexing, planning
  void showState(ReadingState state);
  void showProgress(const agent::IngestionProgress& progress);
  ReadingState state() const { return state_; }

 signals:
  void pauseRequested();
  void resumeRequested();
  void stopRequested();

 private:
  void refresh();

  QString opening_;
  ReadingState state_ = ReadingState::kIdle;
  agent::IngestionProgress progress_;
  ElidedLabel* text_;
  QProgressBar* bar_;
  QToolButton* pause_;
  QToolButton* stop_;
};

// "45 s", "3 min", "2 h 10 min"
QString describeDuration(double seconds);

}  // namespace strata::ui
