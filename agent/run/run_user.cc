// SPDX-License-Identifier: Apache-2.0
// What the user says to a run while it works, and what the user lets it do.
#include <algorithm>
#include <utility>

#include "agent/run/run.h"

namespace strata::agent {

void AgentRun::say(std::string text) {
  const std::lock_guard lock(mutex_);
  said_.push_back(std::move(text));
}

void AgentRun::change_plan(std::vector<std::string> steps) {
  const std::lock_guard lock(mutex_);
  new_plan_ = std::move(steps);
}

Result<void> AgentRun::hear() {
  std::vector<std::string> said;
  std::optional<std::vector<std::string>> plan;
  {
    const std::lock_guard lock(mutex_);
    said.swap(said_);
    plan.swap(new_plan_);
  }
  if (plan) {
    if (auto done = record("plan", {{"steps", *plan}, {"by", "user"}}); !done) return done;
  }
  for (std::string& text : said) {
    if (auto done = record("message", {{"text", text}, {"by", "user"}}); !done) return done;
  }
  return std::exchange(comments_said_, false) ? database_.clear_comments(id_) : Result<void>{};
}

Result<std::string> AgentRun::comments() {
  auto changes = bench_->copy().changes();
  if (!changes) return std::unexpected(changes.error());
  auto proposal = make_proposal(std::move(*changes));
  if (!proposal) return std::unexpected(proposal.error());
  if (auto done = database_.restore_verdicts(id_, *proposal); !done) return std::unexpected(done.error());
  return instruction_of_comments(*proposal);
}

bool AgentRun::allowed(const std::string& tool, const Arguments& arguments, const std::string& line, std::string& why) {
  Policy policy{.yes = state_.yes,
                .confined = bench_->sandbox().confined(),
                .rules = settings_.rules,
                .check = state_.check_given ? state_.check : std::string(),
                .check_agreed = state_.check_agreed};
  const Decision decision = may(policy, tool, arguments, line);
  why = decision.why;
  bench_->run_unconfined = false;
  if (decision.permission == Permission::kAllowed) return true;
  if (decision.permission == Permission::kRefused) return false;
  if (policy.confined && std::ranges::find(state_.agreed, line) != state_.agreed.end()) return true;
  const Approval answer =
      hooks_.ask ? hooks_.ask({tool, line.empty() ? arguments.values().dump() : line, decision.why, policy.confined})
                 : Approval::kNo;
  (void)record("approval", {{"tool", tool},
                            {"command", line},
                            {"allowed", answer != Approval::kNo},
                            {"always", answer == Approval::kAlways && policy.confined},
                            {"why", decision.why}});
  if (answer == Approval::kNo)
    why = hooks_.ask ? "the user did not allow it" : decision.why + ", and nobody is there to be asked";
  bench_->run_unconfined = answer != Approval::kNo && !policy.confined;
  return answer != Approval::kNo;
}

}  // namespace strata::agent
