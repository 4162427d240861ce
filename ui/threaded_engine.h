// SPDX-License-Identifier: Apache-2.0
// The real EngineController: passes calls to an EngineWorker in its own thread. Destroying it cancels whatever runs and
// waits for the thread; nothing finished is lost.
#pragma once

#include <QThread>
#include <filesystem>
#include <memory>

#include "ui/engine_controller.h"

namespace strata::ui {

class EngineWorker;
struct WorkControls;

class ThreadedEngine : public EngineController {
  Q_OBJECT
 public:
  ThreadedEngine(const Result<std::filesystem::path>& model, int threads, QObject* parent = nullptr);
  ~ThreadedEngine() override;

  void openRepository(const QString& folder) override;
  void refresh() override;
  void ask(const QString& question) override;
  void cancelAnswer() override;
  void pauseReading() override;
  void resumeReading() override;
  void stopReading() override;
  void setReadsOnBattery(bool reads) override;
  void preferFile(const QString& path) override;
  void clearConversation() override;

 private:
  // Runs `call` in the worker's thread, before the next batch of reading.
  template <typename Call>
  void urgently(Call call);

  std::shared_ptr<WorkControls> controls_;
  QThread thread_;
  EngineWorker* worker_;  // owned by thread_: deleted when it finishes
};

}  // namespace strata::ui
