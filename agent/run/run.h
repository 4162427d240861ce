// SPDX-License-Identifier: Apache-2.0
// One run of the agent: an instruction becomes a proposal. Every step is an event in the run database before the next
// one begins; the private copy is brought to what the events say when a run is resumed, so a process killed at any
// moment goes on at the last whole event.
//
// Three ways of working, each falling back on the next: what the instruction says plainly is done by the index
// (mechanical.h); failing tests are mended one function at a time where the model is small (repair.h); everything else
// is the loop of turns and tools.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/changes/content_store.h"
#include "agent/changes/run_database.h"
#include "agent/run/run_state.h"
#include "agent/tools/permission.h"
#include "agent/tools/workbench.h"

namespace strata::agent {

struct Budget {
  int steps = 40;
  int64_t tokens = 400'000;  // generated, and prompt tokens that were computed
  double seconds = 3600;     // of this process
};

struct StartOptions {
  std::string check;  // empty: as detected
  bool yes = false;
  std::vector<std::pair<std::string, std::string>> instructions;  // path and text, trusted
};

struct RunSettings {  // of this process; not part of the run
  Budget budget;
  std::vector<Rule> rules;
  bool network = false;
  std::filesystem::path index_cache;
  std::filesystem::path abilities = {};  // what `strata models check` found out; empty: models are judged by name
  AskRepository ask;
  CommandLimits limits;
};

struct ApprovalRequest {
  std::string tool, command, why;
  bool confined = true;
};
enum class Approval { kNo, kOnce, kAlways };  // always: this command, for the rest of the run

struct RunHooks {
  std::function<void(const RunEvent&)> on_event;  // after it is on disk
  std::function<void(std::string_view)> on_text;  // of the model, as it is written
  std::function<void(const std::string&)> on_notice;
  std::function<Approval(const ApprovalRequest&)> ask;  // empty: nobody is there to be asked
};

enum class RunStatus { kDone, kNotDone, kGuard, kBudget, kRefused, kCancelled };
std::string_view name_of(RunStatus status);  // "done", "not done", "guard", "budget", "refused", "cancelled"

struct RunOutcome {
  RunStatus status = RunStatus::kNotDone;
  std::string why;                   // a sentence
  std::optional<CheckResult> check;  // the last one, of the tree as it is proposed
};

class AgentRun {
 public:
  // Makes the private copy and the run. Nothing of it is visible in the user's tree.
  static Result<std::unique_ptr<AgentRun>> start(RunDatabase& database, const std::filesystem::path& repository,
                                                 const std::string& instruction, const StartOptions& options,
                                                 RunSettings settings, RunHooks hooks);
  // The run as its events say; the private copy is brought back to that. What the user has said about hunks of its
  // proposal becomes its next instruction. kInvalid if it has ended well and there is none.
  static Result<std::unique_ptr<AgentRun>> resume(RunDatabase& database, int64_t id, RunSettings settings,
                                                  RunHooks hooks);
  ~AgentRun();

  int64_t id() const { return id_; }
  const RunState& state() const { return state_; }
  Workbench& bench() { return *bench_; }

  // Works until the end. `open_model` is called when a model is needed, and not before: what is mechanical needs none.
  using OpenModel = std::function<Result<std::shared_ptr<ChatModel>>()>;
  Result<RunOutcome> go(const OpenModel& open_model, const Cancel* cancel = nullptr);

  // From any thread, while go() works: heard before the next turn.
  void say(std::string text);
  void change_plan(std::vector<std::string> steps);

 private:
  AgentRun(RunDatabase& database, RunSettings settings, RunHooks hooks);
  Result<void> open_bench(PrivateCopy copy);
  Result<std::string> comments();
  Result<void> record(const std::string& kind, nlohmann::ordered_json event);
  Result<nlohmann::ordered_json> stored(const std::vector<Written>& written);
  Result<RunOutcome> work(const OpenModel& open_model, const Cancel* cancel);
  Result<std::optional<RunOutcome>> mechanical();
  Result<void> look_first();
  Result<RunOutcome> loop(const OpenModel& open_model, const Cancel* cancel);
  Result<std::optional<RunOutcome>> answer_pending(const Cancel* cancel);
  Result<RunOutcome> finished(const std::string& summary, const Cancel* cancel);
  Result<std::optional<CheckResult>> checked(const Cancel* cancel);
  Result<RunOutcome> repair(const OpenModel& open_model, const Cancel* cancel);
  Result<void> hear();
  bool allowed(const std::string& tool, const Arguments& arguments, const std::string& line, std::string& why);
  std::optional<RunOutcome> over_budget() const;
  Result<ChatModel*> model(const OpenModel& open_model);

  RunDatabase& database_;
  RunSettings settings_;
  RunHooks hooks_;
  ContentStore contents_;
  int64_t id_ = 0;
  RunState state_;
  std::unique_ptr<Workbench> bench_;
  std::vector<Tool> tools_;
  std::shared_ptr<ChatModel> model_;
  bool small_ = false;                // the model copes with few tools only
  std::optional<CheckResult> check_;  // of the tree as it is
  int check_writes_ = -1;             // Workbench::writes() then
  double started_ = 0;
  std::mutex mutex_;  // of what follows
  std::vector<std::string> said_;
  bool comments_said_ = false;  // they are among said_
  std::optional<std::vector<std::string>> new_plan_;
};

}  // namespace strata::agent
