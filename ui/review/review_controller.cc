// SPDX-License-Identifier: Apache-2.0
#include "ui/review/review_controller.h"

namespace strata::ui {
namespace {

QString text(const Error& error) { return QString::fromStdString(error.message); }

}  // namespace

ReviewController::ReviewController(QObject* parent) : QObject(parent), worker_(new QObject) {
  thread_.setObjectName(QStringLiteral("review"));
  worker_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
  thread_.start();
}

ReviewController::~ReviewController() {
  cancel_.request();
  thread_.quit();
  thread_.wait();
}

// Runs `call` with the desk in its thread; dropped while no repository is open.
template <typename Call>
void ReviewController::post(Call call) {
  QMetaObject::invokeMethod(
      worker_,
      [this, call = std::move(call)] {
        if (desk_) call(*desk_);
      },
      Qt::QueuedConnection);
}

void ReviewController::setRepository(const QString& root) {
  QMetaObject::invokeMethod(
      worker_,
      [this, root] {
        desk_.reset();
        auto desk = ReviewDesk::open(
            root.toStdString(), [this](const std::string& message) { emit notice(QString::fromStdString(message)); });
        if (!desk) return emit notice(text(desk.error()));
        desk_ = std::make_unique<ReviewDesk>(std::move(*desk));
        auto run = desk_->waiting();
        if (!run) return emit notice(text(run.error()));
        if (*run) emit waiting(**run);
        tellHistory(*desk_);
      },
      Qt::QueuedConnection);
  listRuns();
}

void ReviewController::tellHistory(ReviewDesk& desk) {
  if (auto history = desk.history())
    emit historyChanged(*history);
  else
    emit notice(text(history.error()));
}

void ReviewController::tell(const Result<Review>& review) {
  if (review)
    emit opened(*review);
  else
    emit openFailed(text(review.error()));
}

void ReviewController::tell(ReviewDesk& desk, const Result<Written>& done) {
  if (done)
    emit written(*done);
  else
    emit writeFailed(text(done.error()));
  tellHistory(desk);
}

void ReviewController::openRun(qint64 run) {
  post([this, run](ReviewDesk& desk) { tell(desk.ofRun(run)); });
}

void ReviewController::openWorkTree() {
  post([this](ReviewDesk& desk) { tell(desk.ofWorkTree()); });
}

void ReviewController::listRuns() {
  post([this](ReviewDesk& desk) {
    if (auto runs = desk.runs())
      emit runsListed(*runs);
    else
      emit notice(text(runs.error()));
  });
}

void ReviewController::decide(qint64 run, const agent::Hunk& hunk, bool all_rejected) {
  post([this, run, hunk, all_rejected](ReviewDesk& desk) {
    if (auto done = desk.decide(run, hunk, all_rejected); !done) emit notice(text(done.error()));
  });
}

void ReviewController::write(const Review& review) {
  post([this, review](ReviewDesk& desk) { tell(desk, desk.write(review)); });
}

void ReviewController::check(const Review& review) {
  post([this, review](ReviewDesk& desk) {
    if (auto done = desk.check(review, &cancel_))
      emit checked(*done);
    else
      emit writeFailed(text(done.error()));
  });
}

void ReviewController::undo(std::optional<agent::JournalAddress> address, bool merge) {
  post([this, address, merge](ReviewDesk& desk) { tell(desk, desk.undo(address, merge)); });
}

void ReviewController::redo(bool merge) {
  post([this, merge](ReviewDesk& desk) { tell(desk, desk.redo(merge)); });
}

}  // namespace strata::ui
