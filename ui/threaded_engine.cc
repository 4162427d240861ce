// SPDX-License-Identifier: Apache-2.0
#include "ui/threaded_engine.h"

#include "ui/engine_worker.h"

namespace strata::ui {

ThreadedEngine::ThreadedEngine(const Result<std::filesystem::path>& model, int threads, QObject* parent)
    : EngineController(parent),
      controls_(std::make_shared<WorkControls>()),
      worker_(new EngineWorker(model, threads, controls_)) {
  thread_.setObjectName(QStringLiteral("engine"));
  worker_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);

  connect(worker_, &EngineWorker::indexing, this, &EngineController::indexing);
  connect(worker_, &EngineWorker::repositoryOpened, this, &EngineController::repositoryOpened);
  connect(worker_, &EngineWorker::repositoryFailed, this, &EngineController::repositoryFailed);
  connect(worker_, &EngineWorker::repositoryChanged, this, &EngineController::repositoryChanged);
  connect(worker_, &EngineWorker::treeChanged, this, &ThreadedEngine::refresh);
  connect(worker_, &EngineWorker::conversationLoaded, this, &EngineController::conversationLoaded);
  connect(worker_, &EngineWorker::modelLoading, this, &EngineController::modelLoading);
  connect(worker_, &EngineWorker::modelLoaded, this, &EngineController::modelLoaded);
  connect(worker_, &EngineWorker::modelFailed, this, &EngineController::modelFailed);
  connect(worker_, &EngineWorker::filesChanged, this, &EngineController::filesChanged);
  connect(worker_, &EngineWorker::readingStateChanged, this, &EngineController::readingStateChanged);
  connect(worker_, &EngineWorker::readingProgress, this, &EngineController::readingProgress);
  connect(worker_, &EngineWorker::passagesRanked, this, &EngineController::passagesRanked);
  connect(worker_, &EngineWorker::answerText, this, &EngineController::answerText);
  connect(worker_, &EngineWorker::answered, this, &EngineController::answered);
  connect(worker_, &EngineWorker::answerFailed, this, &EngineController::answerFailed);
  connect(worker_, &EngineWorker::notice, this, &EngineController::notice);
  thread_.start();
}

ThreadedEngine::~ThreadedEngine() {
  controls_->closing = true;
  controls_->opening.request();
  controls_->reading.request();
  controls_->answering.request();
  thread_.quit();
  thread_.wait();
}

template <typename Call>
void ThreadedEngine::urgently(Call call) {
  controls_->urgent++;
  controls_->reading.request();
  QMetaObject::invokeMethod(worker_, std::move(call), Qt::QueuedConnection);
}

void ThreadedEngine::openRepository(const QString& folder) {
  controls_->opens++;
  controls_->opening.request();
  controls_->answering.request();
  urgently([worker = worker_, folder] { worker->open(folder); });
}

void ThreadedEngine::refresh() {
  if (controls_->refresh_queued.exchange(true)) return;
  QMetaObject::invokeMethod(worker_, &EngineWorker::refresh, Qt::QueuedConnection);
}

void ThreadedEngine::ask(const QString& question) {
  controls_->answering.reset();
  urgently([worker = worker_, question] { worker->ask(question); });
}

void ThreadedEngine::cancelAnswer() { controls_->answering.request(); }

void ThreadedEngine::pauseReading() {
  urgently([worker = worker_] { worker->setReading(ReadingState::kPaused); });
}

void ThreadedEngine::resumeReading() {
  urgently([worker = worker_] { worker->setReading(ReadingState::kReading); });
}

void ThreadedEngine::stopReading() {
  urgently([worker = worker_] { worker->setReading(ReadingState::kStopped); });
}

void ThreadedEngine::setReadsOnBattery(bool reads) { controls_->reads_on_battery = reads; }

void ThreadedEngine::preferFile(const QString& path) {
  QMetaObject::invokeMethod(worker_, [worker = worker_, path] { worker->prefer(path); }, Qt::QueuedConnection);
}

void ThreadedEngine::clearConversation() {
  QMetaObject::invokeMethod(worker_, [worker = worker_] { worker->clearConversation(); }, Qt::QueuedConnection);
}

}  // namespace strata::ui
