// SPDX-License-Identifier: Apache-2.0
// The engine's side of the window: lives in one thread, and index, model and workspace are used only there. Reading is
// a chain of queued calls, one batch each, so a question queued meanwhile gets its turn in between; what must not wait
// also cancels the batch in flight, which keeps the segments that are finished.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/cancel.h"
#include "repo-indexer/watcher.h"
#include "ui/engine_controller.h"

namespace strata::ui {

// What the GUI thread may touch while the worker is busy.
struct WorkControls {
  Cancel opening, reading, answering;
  // Requests queued that must not wait for reading; and those of them that open a repository.
  std::atomic<int> urgent{0}, opens{0};
  std::atomic<bool> closing{false}, refresh_queued{false}, reads_on_battery{false};
};

class EngineWorker : public QObject {
  Q_OBJECT
 public:
  EngineWorker(Result<std::filesystem::path> model, int threads, std::shared_ptr<WorkControls> controls);
  ~EngineWorker() override;

  void open(const QString& folder);
  void refresh();
  void ask(const QString& question);
  void setReading(ReadingState wanted);  // kReading, kPaused or kStopped
  void prefer(const QString& path);
  void clearConversation();

 signals:
  void indexing(const QString& what, qint64 done, qint64 total);
  void repositoryOpened(const strata::ui::OpenedRepository& repository);
  void repositoryFailed(const QString& message);
  void repositoryChanged(const strata::ui::OpenedRepository& repository);
  void treeChanged();  // something was written in the folder; from another thread
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
  void notice(const QString& message);

 private:
  void openFailed(const Error& error);
  repo::Index* index();  // of the open repository; nullptr: none
  OpenedRepository describe(const repo::IndexReport& report) const;
  Result<repo::Watcher> watch(const QString& folder);
  void queueRefresh();
  void loadModel();
  void makeWorkspace();
  void readOn();  // plans if need be, else one batch; queues itself
  void queueReadOn();
  void planReading();
  void report(const std::string& path, agent::FileState state);
  void reportChanges();
  void setState(ReadingState state);
  repo::Progress progressSignal();

  Result<std::filesystem::path> model_file_;
  int threads_;
  std::shared_ptr<WorkControls> controls_;
  std::vector<repo::File> files_;
  std::vector<std::string> wanted_first_;
  std::optional<repo::Index> index_;  // until the model is there; then the workspace has it
  std::filesystem::path root_;
  agent::Reader reader_;
  std::unique_ptr<agent::Workspace> workspace_;
  std::unique_ptr<agent::Ingestion> ingestion_;
  std::optional<agent::ConversationStore> conversations_;
  agent::Answer last_answer_;  // of the open repository
  std::vector<FileReport> changed_;
  ReadingState state_ = ReadingState::kIdle;
  bool read_on_queued_ = false;
  QTimer look_at_power_{this};
  QElapsedTimer since_progress_;
  std::optional<repo::Watcher> watcher_;  // of the open repository
};

}  // namespace strata::ui
