// SPDX-License-Identifier: Apache-2.0
#include "ui/agent/agent_controller.h"

#include <format>

#include "agent/changes/proposal.h"
#include "agent/tools/ability.h"
#include "base/user_folders.h"

namespace strata::ui {

AgentController::AgentController(agent::AgentRun::OpenModel open_model, QObject* parent)
    : QObject(parent), open_model_(std::move(open_model)), worker_(new QObject) {
  if (!open_model_)
    open_model_ = [] {
      return fail(ErrorKind::kUnsupported,
                  tr("This needs a model, and there is none. Without a model the agent does, with names of this "
                     "repository: rename A to B, move A to FILE, delete A, add parameter P to F.")
                      .toStdString());
    };
  thread_.setObjectName(QStringLiteral("agent"));
  worker_->moveToThread(&thread_);
  connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
  thread_.start();
}

AgentController::~AgentController() {
  stop();
  thread_.quit();
  thread_.wait();
}

template <typename Answer, typename Ask>
std::optional<Answer> AgentController::wait(std::optional<Answer>& answer, Ask ask) {
  std::unique_lock lock(mutex_);
  answer.reset();
  ask();
  answered_.wait(lock, [&] { return answer.has_value() || cancel_.requested(); });
  return answer;
}

void AgentController::start(const QString& repository, const QString& instruction) {
  post([this, top = repository.toStdString(), text = instruction.toStdString()](
           agent::RunDatabase& database, agent::RunSettings settings,
           agent::RunHooks hooks) -> Result<std::unique_ptr<agent::AgentRun>> {
    auto notes = trustedNotes(top);
    if (!notes) return std::unexpected(notes.error());
    agent::StartOptions options;
    options.instructions = std::move(*notes);
    return agent::AgentRun::start(database, top, text, options, std::move(settings), std::move(hooks));
  });
}

void AgentController::resume(qint64 run) {
  post([run](agent::RunDatabase& database, agent::RunSettings settings, agent::RunHooks hooks) {
    return agent::AgentRun::resume(database, run, std::move(settings), std::move(hooks));
  });
}

void AgentController::post(Open open) {
  cancel_.reset();
  QMetaObject::invokeMethod(
      worker_,
      [this, open = std::move(open)] {
        auto end = work(open);
        if (end)
          emit ended(*end);
        else
          emit failed(QString::fromStdString(end.error().message));
      },
      Qt::QueuedConnection);
}

Result<RunEnd> AgentController::work(const Open& open) {
  auto file = agent::RunDatabase::default_file();
  if (!file) return std::unexpected(file.error());
  const auto remark = [this](const std::string& text) { emit remarked(QString::fromStdString(text)); };
  auto database = agent::RunDatabase::open(*file, remark);
  if (!database) return std::unexpected(database.error());
  auto cache = cache_folder("agent-index");
  if (!cache) return std::unexpected(cache.error());

  auto abilities = agent::abilities_file();
  if (!abilities) return std::unexpected(abilities.error());

  agent::RunSettings settings;
  settings.index_cache = *cache;
  settings.abilities = *abilities;
  agent::RunHooks hooks;
  hooks.on_notice = remark;
  hooks.on_event = [this](const agent::RunEvent& event) { emit happened(event); };
  hooks.on_text = [this](std::string_view text) {
    emit wrote(QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())));
  };
  hooks.ask = [this](const agent::ApprovalRequest& request) {
    return wait(approval_, [&] { emit approvalAsked(request); }).value_or(agent::Approval::kNo);
  };
  auto run = open(*database, std::move(settings), std::move(hooks));
  if (!run) return std::unexpected(run.error());
  emit started((*run)->id(), QString::fromStdString((*run)->state().instruction));

  {
    const std::lock_guard lock(mutex_);
    running_ = run->get();
  }
  auto outcome = (*run)->go(open_model_, &cancel_);
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  // What it hands over, also when it was not done with everything, or came to nothing in the end.
  auto changes = (*run)->bench().copy().changes();
  if (!changes) return std::unexpected(changes.error());
  auto proposal = agent::make_proposal(std::move(*changes));
  if (!proposal) return std::unexpected(proposal.error());
  if (!outcome && proposal->files.empty()) return std::unexpected(outcome.error());
  return RunEnd{
      (*run)->id(),
      outcome ? outcome->status : agent::RunStatus::kNotDone,
      QString::fromStdString(outcome ? outcome->why : outcome.error().message),
      static_cast<int>(proposal->files.size()),
      static_cast<int>(proposal->hunk_count()),
      (*run)->state().usage,
      QString::fromStdString(agent::text_of(agent::Prices::of_user(remark).of((*run)->state().usage_of_models)))};
}

// Notes of the project are followed only where the user has trusted their very content.
Result<std::vector<std::pair<std::string, std::string>>> AgentController::trustedNotes(const std::string& repository) {
  auto list = agent::trust_file();
  if (!list) return std::unexpected(list.error());
  auto found = agent::find_instructions(repository, *list);
  if (!found) return std::unexpected(found.error());
  std::vector<std::pair<std::string, std::string>> notes;
  for (agent::Instructions& one : *found) {
    if (one.trust == agent::Trust::kNotAsked) {
      const auto follow = wait(trust_, [&] { emit trustAsked(one); });
      if (!follow) return fail(ErrorKind::kCancelled, tr("Stopped.").toStdString());
      if (auto kept = agent::decide(one, *follow, *list); !kept) return std::unexpected(kept.error());
    } else if (one.trust == agent::Trust::kTooLong) {
      emit remarked(tr("%1 is not followed: it is longer than 16 KiB").arg(QString::fromStdString(one.path)));
    } else if (one.trust == agent::Trust::kDeclined) {
      emit remarked(tr("%1 is ignored, as you said (strata agent --trust-instructions asks again)")
                        .arg(QString::fromStdString(one.path)));
    }
    if (one.trust == agent::Trust::kTrusted) notes.emplace_back(one.path, one.text);
  }
  return notes;
}

void AgentController::answer(agent::Approval answer) {
  const std::lock_guard lock(mutex_);
  approval_ = answer;
  answered_.notify_all();
}

void AgentController::answerTrust(bool follow) {
  const std::lock_guard lock(mutex_);
  trust_ = follow;
  answered_.notify_all();
}

void AgentController::stop() {
  const std::lock_guard lock(mutex_);  // so that a wait that is about to begin sees it
  cancel_.request();
  answered_.notify_all();
}

void AgentController::say(const QString& text) {
  const std::lock_guard lock(mutex_);
  if (running_) running_->say(text.toStdString());
}

}  // namespace strata::ui
