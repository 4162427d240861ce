// SPDX-License-Identifier: Apache-2.0
#include "ui/engine_worker.h"

#include <QDateTime>
#include <QMetaObject>
#include <algorithm>

#include "agent/follow_up.h"
#include "base/power.h"
#include "base/user_folders.h"

namespace strata::ui {
namespace {

constexpr int kShownExchanges = 50;
constexpr int kProgressEveryMs = 60;
constexpr int kLookAtPowerMs = 5000;

QString text(std::string_view utf8) { return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size())); }
QString text(const Error& error) { return text(error.message); }

}  // namespace

EngineWorker::EngineWorker(Result<std::filesystem::path> model, int threads, std::shared_ptr<WorkControls> controls)
    : model_file_(std::move(model)), threads_(threads), controls_(std::move(controls)) {
  look_at_power_.setSingleShot(true);
  connect(&look_at_power_, &QTimer::timeout, this, &EngineWorker::queueReadOn);
}

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

  auto cache = cache_path("index");
  if (!cache) return openFailed(cache.error());
  auto watcher = watch(folder);  // before the first look, so that nothing happens between
  auto opened = repo::open_updated(folder.toStdString(), *cache, progressSignal(), &controls_->opening);
  if (!opened) return openFailed(opened.error());
  auto& [index, report] = *opened;
  auto files = index.files();
  if (!files) return openFailed(files.error());

  // From here on the new one is open.
  ingestion_.reset();
  workspace_.reset();
  changed_.clear();
  wanted_first_.clear();
  setState(ReadingState::kIdle);
  files_ = std::move(*files);
  root_ = index.root();
  index_ = std::move(index);
  watcher_.reset();
  if (watcher) watcher_ = std::move(*watcher);
  emit repositoryOpened(describe(report));
  if (!watcher) emit notice(text(watcher.error()));
  if (!report.notice.empty()) emit notice(text(report.notice));

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
  last_answer_ = {};
  if (conversations_) {
    auto exchanges = conversations_->last(root_, kShownExchanges);
    if (exchanges) {
      if (!exchanges->empty()) last_answer_ = exchanges->back().answer;
      emit conversationLoaded(*exchanges);
    } else {
      emit notice(text(exchanges.error()));
    }
  }
  // Queued, so that a window closed or a repository opened meanwhile does not wait for it.
  QMetaObject::invokeMethod(this, &EngineWorker::makeWorkspace, Qt::QueuedConnection);
}

void EngineWorker::openFailed(const Error& error) {
  // Cancelled: another one is about to be opened, or the window is being closed.
  if (error.kind != ErrorKind::kCancelled) emit repositoryFailed(text(error));
}

repo::Index* EngineWorker::index() {
  if (workspace_) return &workspace_->index;
  return index_ ? &*index_ : nullptr;
}

OpenedRepository EngineWorker::describe(const repo::IndexReport& report) const {
  QStringList paths;
  for (const repo::File& file : files_) paths << text(file.path);
  return {text(root_.string()), paths, report};
}

Result<repo::Watcher> EngineWorker::watch(const QString& folder) {
  return repo::Watcher::start(folder.toStdString(), [this](const std::vector<std::string>&) { emit treeChanged(); });
}

void EngineWorker::queueRefresh() {
  if (!controls_->refresh_queued.exchange(true))
    QMetaObject::invokeMethod(this, &EngineWorker::refresh, Qt::QueuedConnection);
}

void EngineWorker::refresh() {
  controls_->refresh_queued = false;
  controls_->reading.reset();  // first this, then the look at `urgent`: see readOn()
  if (!index() || controls_->closing) return;
  if (controls_->urgent > 0) return queueRefresh();  // later: a change is told once
  auto report = index()->update({}, &controls_->reading);
  auto files = index()->files();
  if (!report || !files) {
    const Error& error = report ? files.error() : report.error();
    if (error.kind == ErrorKind::kCancelled) return queueRefresh();
    return emit notice(text(error));
  }
  if (std::ranges::equal(*files, files_, [](const repo::File& a, const repo::File& b) {
        return a.path == b.path && a.blob_id == b.blob_id;
      }))
    return;
  files_ = std::move(*files);
  emit repositoryChanged(describe(*report));
  ingestion_.reset();
  if (!workspace_ || state_ == ReadingState::kPaused || state_ == ReadingState::kStopped ||
      state_ == ReadingState::kOnBattery)
    return;
  setState(ReadingState::kPlanning);
  queueReadOn();
}

void EngineWorker::loadModel() {
  if (!model_file_) return emit modelFailed(text(model_file_.error()));
  emit modelLoading(text(model_file_->stem().string()));
  ModelOptions options;
  options.threads = threads_;
  auto model = Model::load(*model_file_, options);
  if (!model) return emit modelFailed(text(model.error()));
  auto reader = agent::make_reader(*model, [this](const std::string& message) { emit notice(text(message)); });
  if (!reader) return emit modelFailed(text(reader.error()));
  reader_ = std::move(*reader);
  emit modelLoaded({text(reader_.model->params().name), text(reader_.model->ops().description())});
}

void EngineWorker::makeWorkspace() {
  if (controls_->closing || !index_) return;
  // Another repository is opened first, and if it cannot be, this one still needs its model.
  if (controls_->opens > 0) {
    QMetaObject::invokeMethod(this, &EngineWorker::makeWorkspace, Qt::QueuedConnection);
    return;
  }
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
  const bool waiting = state_ == ReadingState::kOnBattery;
  if (!workspace_ || (state_ != ReadingState::kPlanning && state_ != ReadingState::kReading && !waiting)) return;
  controls_->reading.reset();
  // Whoever counts up `urgent` requests the cancellation afterwards: either we see the count here or the batch sees the
  // request. Its own call is already queued, or about to be, before the one queued here.
  if (controls_->closing) return;
  if (controls_->urgent > 0) return queueReadOn();
  if (!controls_->reads_on_battery && on_battery()) {
    if (!waiting) setState(ReadingState::kOnBattery);
    return look_at_power_.start(kLookAtPowerMs);
  }
  if (waiting) setState(ingestion_ ? ReadingState::kReading : ReadingState::kPlanning);
  if (!ingestion_) return planReading();

  auto step = ingestion_->step(&controls_->reading);
  reportChanges();
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
    report(path, state);
    reportChanges();
  };
  changed_.clear();
  for (const repo::File& file : files_) report(file.path, ingestion_->state(file.path));
  reportChanges();
  emit readingProgress(ingestion_->progress());
  setState(ingestion_->finished() ? ReadingState::kFinished : ReadingState::kReading);
  queueReadOn();
}

void EngineWorker::report(const std::string& path, agent::FileState state) {
  FileReport report{text(path), state};
  if (state == agent::FileState::kFailed)
    for (const repo::Skipped& skipped : ingestion_->skipped())
      if (skipped.path == path) report.reason = text(skipped.reason);
  changed_.push_back(std::move(report));
}

void EngineWorker::reportChanges() {
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
  if (wanted == ReadingState::kReading && state_ == ReadingState::kOnBattery) controls_->reads_on_battery = true;
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
  const std::string completed = agent::complete_question(workspace_->index, exchange.question, last_answer_);
  auto answer = agent::ask(*workspace_, completed, {}, events, &controls_->answering);
  if (!answer) return emit answerFailed(text(answer.error()), answer.error().kind == ErrorKind::kCancelled);

  exchange.answer = last_answer_ = std::move(*answer);
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
  last_answer_ = {};
  if (!conversations_ || root_.empty()) return;
  auto cleared = conversations_->clear(root_);
  if (!cleared) emit notice(text(cleared.error()));
}

}  // namespace strata::ui
