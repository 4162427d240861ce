// SPDX-License-Identifier: Apache-2.0
// What the window can ask of the agent, and what a run reports. A run works in a thread of its own, one at a time;
// every call returns at once, every outcome is a signal in the GUI thread. Nothing of the user's tree is touched here:
// a run ends in a proposal, which the review writes (ui/review).
#pragma once

#include <QObject>
#include <QThread>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "agent/run/run.h"
#include "agent/run/trust.h"
#include "base/cancel.h"

namespace strata::ui {

struct RunEnd {
  qint64 run = 0;
  agent::RunStatus status = agent::RunStatus::kNotDone;
  QString why;
  int files = 0, hunks = 0;  // of the proposal
  agent::ChatUsage usage;
  QString cost;  // "0.0123 USD"; empty where nothing has a price
};

class AgentController : public QObject {
  Q_OBJECT
 public:
  // `open_model` is called in the thread of the run, when an instruction turns out to need a model; empty: there is
  // none.
  explicit AgentController(agent::AgentRun::OpenModel open_model, QObject* parent = nullptr);
  // Stops a run that works, which can be resumed, and waits for it.
  ~AgentController() override;

  void start(const QString& repository, const QString& instruction);
  void resume(qint64 run);
  void stop();
  // To the run that works: heard before its next turn.
  void say(const QString& text);
  void answer(agent::Approval answer);  // of approvalAsked()
  void answerTrust(bool follow);        // of trustAsked()

 signals:
  void started(qint64 run, const QString& instruction);
  void happened(const strata::agent::RunEvent& event);
  void wrote(const QString& piece);  // by the model
  void approvalAsked(const strata::agent::ApprovalRequest& request);
  // What the repository says to agents, which the user has not been asked about; before the run has started.
  void trustAsked(const strata::agent::Instructions& instructions);
  void ended(const strata::ui::RunEnd& end);
  void failed(const QString& message);
  void remarked(const QString& message);

 private:
  using Open =
      std::function<Result<std::unique_ptr<agent::AgentRun>>(agent::RunDatabase&, agent::RunSettings, agent::RunHooks)>;
  void post(Open open);
  Result<RunEnd> work(const Open& open);
  Result<std::vector<std::pair<std::string, std::string>>> trustedNotes(const std::string& repository);
  // What the user answers; nothing if the run is stopped instead.
  template <typename Answer, typename Ask>
  std::optional<Answer> wait(std::optional<Answer>& answer, Ask ask);

  agent::AgentRun::OpenModel open_model_;
  Cancel cancel_;
  std::mutex mutex_;  // of what follows
  std::condition_variable answered_;
  std::optional<agent::Approval> approval_;
  std::optional<bool> trust_;
  agent::AgentRun* running_ = nullptr;

  QThread thread_;
  QObject* worker_;  // lives in thread_; deleted when it finishes
};

}  // namespace strata::ui
