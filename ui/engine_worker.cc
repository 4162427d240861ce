// SPDX-License-Identifier: Apache-2.0
#include "ui/engine_worker.h"

#include <QDateTime>
#include <QMetaObject>

#include "base/user_folders.h"

namespace strata::ui {
namespace {

constexpr int kShownExchanges = 50;
constexpr int kProgressEveryMs = 60;

QString text(std::string_view utf8) { return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size())); }
QString text(const Error& error) { return text(error.message); }

}  // namespace

EngineWorker::EngineWorker(std::filesystem::path model, int threads, std::shared_ptr<WorkControls> controls)
    : model_file_(std::move(model)), threads_(threads), controls_(std::move(controls)) {}

EngineWorker::~EngineWorker() = default;

repo::Progress EngineWorker::progressSignal() {
  since_progress_.start();
  return [this](std::string_view what, int64_t done, int64_t total) {
    if (since_progress_.elapsed() < kProgressEveryMs && done < total) return;
    since_progress_.start();
    emit indexing(text(what), done, total);
  };
}

void EngineWorker::open(const QString& folder) {
  controls_->urgent--;
  controls_->opening.reset();
  // Another one was asked for since, or the window is being closed.
  if (controls_->opens.fetch_sub(1) > 1 || controls_->closing) return;

  ingestion_.reset();
  workspace_.reset();
  index_.reset();
  files_.clear();
  changed_.clear();
  wanted_first_.clear();
  setState(ReadingState::kIdle);

  auto cache = cache_folder("index");
  if (!cache) return emit repositoryFailed(text(cache.error()));
  auto index = repo::Index::open(folder.toStdString(), *cache);
  if (!index) return emit repositoryFailed(text(index.error()));
  auto report = index->update(progressSignal(), &controls_->opening);
  if (!report) {
    if (report.error().kind != ErrorKind::kCancelled) emit repositoryFailed(text(report.error()));
    return;
  }
  auto files = index->files();
  if (!files) return emit repositoryFailed(text(files.error()));
  for (const repo::File& file : *files) files_ << text(file.path);
  root_ = index->root();
  index_ = std::move(*index);
  emit repositoryOpened({text(root_.string()), files_, *report});
  if (!report->notice.empty()) emit notice(text(report->notice));

  if (!conversations_) {
    auto data = data_folder();
    if (!data) return emit notice(text(data.error()));
    auto store = agent::ConversationStore::open(*data / "conversations.sqlite",
                                                [this](const std::string& message) { emit notice(text(message)); });
    if (store)
      conversations_ = std::move(*store);
    else
      emit notice(text(store.error()));
  }
  if (conversations_) {
    auto exchanges = conversations_->last(root_, kShownExchanges);
    if (exchanges)
      emit conversationLoaded(*exchanges);
    else
      emit notice(text(exchanges.error()));
  }
  // Queued, so that a window closed or a repository opened meanwhile does not wait for it.
  QMetaObject::invokeMethod(this, &EngineWorker::makeWorkspace, Qt::QueuedConnection);
}

void EngineWorker::loadModel() {
  emit modelLoading(text(model_file_.stem().string()));
  ModelOptions options;
  options.threads = threads_;
  auto model = Model::load(model_file_, options);
  if (!model) return emit modelFailed(text(model.error()));
  auto reader = agent::make_reader(*model, [this](const std::string& message) { emit notice(text(message)); });
  if (!reader) return emit modelFailed(text(reader.error()));
  reader_ = std::move(*reader);
  emit modelLoaded({text(reader_.model->params().name), text(reader_.model->ops().description())});
}

void EngineWorker::makeWorkspace() {
  if (controls_->closing || controls_->opens > 0 || !index_) return;
  if (!reader_.model) loadModel();
  if (!reader_.model) return;
  workspace_ = std::make_unique<agent::Workspace>(agent::Workspace{std::move(*index_), reader_, reader_});
  index_.reset();
  setState(ReadingState::kPlanning);
  queueReadOn();
}

void EngineWorker::queueReadOn() {
  if (read_on_queued_) return;
  read_on_queued_ = true;
  QMetaObject::invokeMethod(this, &EngineWorker::readOn, Qt::QueuedConnection);
}

void EngineWorker::readOn() {
  read_on_queued_ = false;
  if (!workspace_ || (state_ != ReadingState::kPlanning && state_ != ReadingState::kReading)) return;
  controls_->reading.reset();
  // Whoever counts up `urgent` requests the cancellation afterwards: either we see the count here or the batch sees the
  // request. Its own call is already queued, or about to be, before the one queued here.
  if (controls_->closing) return;
  if (controls_->urgent > 0) return queueReadOn();
  if (!ingestion_) return planReading();

  auto step = ingestion_->step(&controls_->reading);
  reportStates(false);
  emit readingProgress(ingestion_->progress());
  if (!step && step.error().kind != ErrorKind::kCancelled) {
    setState(ReadingState::kFailed);
    return emit notice(text(step.error()));
  }
  if (ingestion_->finished()) return setState(ReadingState::kFinished);
  queueReadOn();
}

void EngineWorker::planReading() {
  auto plan = agent::Ingestion::plan(*workspace_, wanted_first_, progressSignal(), &controls_->reading);
  if (!plan) {
    if (plan.error().kind == ErrorKind::kCancelled) return queueReadOn();
    setState(ReadingState::kFailed);
    return emit notice(text(plan.error()));
  }
  ingestion_ = std::make_unique<agent::Ingestion>(std::move(*plan));
  ingestion_->on_state = [this](const std::string& path, agent::FileState state) {
    changed_.emplace_back(text(path), state);
    reportStates(false);
  };
  reportStates(true);
  emit readingProgress(ingestion_->progress());
  setState(ingestion_->finished() ? ReadingState::kFinished : ReadingState::kReading);
  queueReadOn();
}

void EngineWorker::reportStates(bool all) {
  if (all) {
    changed_.clear();
    for (const QString& path : files_) changed_.emplace_back(path, ingestion_->state(path.toStdString()));
  }
  if (!changed_.empty()) emit filesChanged(std::exchange(changed_, {}));
}

void EngineWorker::setState(ReadingState state) {
  if (state_ == state) return;
  state_ = state;
  emit readingStateChanged(state);
}

void EngineWorker::setReading(ReadingState wanted) {
  controls_->urgent--;
  if (!workspace_ || state_ == ReadingState::kFinished || state_ == ReadingState::kIdle) return;
  if (wanted == ReadingState::kReading && !ingestion_) wanted = ReadingState::kPlanning;
  setState(wanted);
  queueReadOn();
}

void EngineWorker::prefer(const QString& path) {
  wanted_first_ = {path.toStdString()};
  if (ingestion_) ingestion_->prefer(wanted_first_);
}

void EngineWorker::ask(const QString& question) {
  controls_->urgent--;
  if (controls_->closing) return;
  if (!workspace_ && !index_) return emit answerFailed(tr("Open a repository first."), false);
  if (!workspace_) makeWorkspace();
  if (!workspace_) return emit answerFailed(tr("There is no model to answer with."), false);

  agent::AskEvents events;
  events.on_ranked = [this](const std::vector<agent::RankedPassage>& ranked) { emit passagesRanked(ranked); };
  events.on_text = [this](std::string_view piece) { emit answerText(text(piece)); };
  agent::Exchange exchange;
  exchange.asked_at = QDateTime::currentSecsSinceEpoch();
  exchange.question = question.toStdString();
  auto answer = agent::ask(*workspace_, exchange.question, {}, events, &controls_->answering);
  if (!answer) return emit answerFailed(text(answer.error()), answer.error().kind == ErrorKind::kCancelled);

  exchange.answer = std::move(*answer);
  emit answered(exchange.answer);
  if (conversations_) {
    auto stored = conversations_->append(root_, exchange);
    if (!stored) emit notice(text(stored.error()));
  }
  // What the answer rests on is read next, so the follow-up question finds it in the store.
  wanted_first_.clear();
  for (const agent::RankedPassage& p : exchange.answer.passages)
    if (p.tokens > 0) wanted_first_.push_back(p.passage.file);
  if (ingestion_) ingestion_->prefer(wanted_first_);
}

void EngineWorker::clearConversation() {
  if (!conversations_ || root_.empty()) return;
  auto cleared = conversations_->clear(root_);
  if (!cleared) emit notice(text(cleared.error()));
}

}  // namespace strata::ui
