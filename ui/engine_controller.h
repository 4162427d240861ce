// SPDX-License-Identifier: Apache-2.0
// What the window can ask of the engine, and what the engine reports. Widgets know only this interface: the real one
// works in a thread of its own (threaded_engine.h), the tests' one is scripted. Nothing here waits; every call returns
// at once and every outcome is a signal in the GUI thread.
#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>
#include <utility>
#include <vector>

#include "agent/ask.h"
#include "agent/conversation_store.h"
#include "agent/ingestion.h"

namespace strata::ui {

struct OpenedRepository {
  QString root;
  QStringList files;  // relative paths, '/' separated
  strata::repo::IndexReport report;
};

struct ModelStatus {
  QString name;
  QString machine;  // "cpu: AVX-512 VNNI BF16, 2 threads"
};

// kOnBattery: waits until the machine is plugged in.
enum class ReadingState { kIdle, kPlanning, kReading, kOnBattery, kPaused, kStopped, kFinished, kFailed };

struct FileReport {
  QString path;
  strata::agent::FileState state;
  QString reason = {};  // of kFailed
};

class EngineController : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

  // Index, then model, then reading in the background. What was open before stays so until the new one's index stands,
  // also if it never does.
  virtual void openRepository(const QString& folder) = 0;
  // Looks for files that changed on disk, and reads them.
  virtual void refresh() = 0;
  // One question at a time: the next one after answered() or answerFailed().
  virtual void ask(const QString& question) = 0;
  virtual void cancelAnswer() = 0;
  virtual void pauseReading() = 0;
  virtual void resumeReading() = 0;
  virtual void stopReading() = 0;
  // Whether the battery may be used for it; it may not at first.
  virtual void setReadsOnBattery(bool reads) = 0;
  // This file next: the user looks at it.
  virtual void preferFile(const QString& path) = 0;
  virtual void clearConversation() = 0;

 signals:
  void indexing(const QString& what, qint64 done, qint64 total);
  void repositoryOpened(const strata::ui::OpenedRepository& repository);
  void repositoryFailed(const QString& message);
  // The same repository, after files changed, came or went.
  void repositoryChanged(const strata::ui::OpenedRepository& repository);
  void conversationLoaded(const std::vector<strata::agent::Exchange>& exchanges);
  void modelLoading(const QString& file);
  void modelLoaded(const strata::ui::ModelStatus& model);
  void modelFailed(const QString& message);

  void filesChanged(const std::vector<strata::ui::FileReport>& files);
  void readingStateChanged(strata::ui::ReadingState state);
  void readingProgress(const strata::agent::IngestionProgress& progress);

  void passagesRanked(const std::vector<strata::agent::RankedPassage>& passages);
  void answerText(const QString& piece);
  void answered(const strata::agent::Answer& answer);
  void answerFailed(const QString& message, bool cancelled);

  // Something the user should know that is nobody's answer.
  void notice(const QString& message);
};

}  // namespace strata::ui
