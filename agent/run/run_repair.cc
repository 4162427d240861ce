// SPDX-License-Identifier: Apache-2.0
// A failing check is repaired by rewriting the functions it runs into, one at a time (repair.h).
#include <format>

#include "agent/run/repair.h"
#include "agent/run/run.h"
#include "agent/run/run_events.h"

namespace strata::agent {

Result<RunOutcome> AgentRun::repair(const OpenModel& open_model, const Cancel* cancel) {
  auto before = checked(cancel);
  if (!before) return std::unexpected(before.error());
  if (!*before) {
    const bool none = !bench_->check_command();
    return RunOutcome{none ? RunStatus::kNotDone : RunStatus::kRefused,
                      none ? "there is no check to make pass; name one with --check"
                           : "the check was not allowed, so there is nothing to go by",
                      std::nullopt};
  }
  if (!bench_->sandbox().confined()) {
    return RunOutcome{RunStatus::kRefused, "every attempt runs the check, and the sandbox cannot start here", **before};
  }
  CheckResult best = **before;
  if (best.good) return RunOutcome{RunStatus::kDone, "the check passes already", best};
  if (const auto why = best.not_started()) return RunOutcome{RunStatus::kNotDone, cannot_check(*why), best};
  if (state_.plan.empty()) {
    if (auto done = record("plan", {{"steps",
                                     {"see what fails", "rewrite the functions it runs into, one at a time",
                                      "keep what makes less fail"}},
                                    {"by", "strata"}});
        !done)
      return std::unexpected(done.error());
  }
  auto chat = model(open_model);
  if (!chat) return std::unexpected(chat.error());
  for (;;) {
    auto index = bench_->index();
    if (!index) return std::unexpected(index.error());
    auto suspects = find_suspects(**index, *bench_, best, state_.instruction);
    if (!suspects) return std::unexpected(suspects.error());
    bool better = false;
    // Everybody gets a first chance before anybody gets a second one.
    for (int round = 0; round < kRepairTries && !better; ++round) {
      for (const Suspect& suspect : *suspects) {
        if (cancel && cancel->requested())
          return RunOutcome{RunStatus::kCancelled, "stopped by the user", std::nullopt};
        if (auto stop = over_budget()) return *stop;
        const std::string key = attempt_key(suspect, best);
        if (state_.attempts[key] > round) continue;  // before the run was resumed
        const double start = now_s();
        RepairAttempt attempt(suspect, best, round, cancel);
        attempt.stop = [this] { return over_budget().has_value(); };
        if (auto tried = try_repair(**chat, *bench_, attempt); !tried) {
          if (tried.error().kind == ErrorKind::kCancelled)
            return RunOutcome{RunStatus::kCancelled, "stopped by the user", std::nullopt};
          return std::unexpected(tried.error());
        }
        auto written = bench_->take_written();
        if (!written) return std::unexpected(written.error());
        auto files = stored(*written);
        if (!files) return std::unexpected(files.error());
        if (auto done =
                record("attempt", {{"symbol", key},
                                   {"name", suspect.symbol.qualified_name},
                                   {"place", std::format("{}:{}", suspect.symbol.file, suspect.symbol.name_line)},
                                   {"kept", attempt.kept},
                                   {"why", attempt.why},
                                   {"usage", json_of(attempt.usage)},
                                   {"model", (*chat)->name()},
                                   {"seconds", now_s() - start},
                                   {"files", *files}});
            !done) {
          return std::unexpected(done.error());
        }
        if (!attempt.kept) continue;
        best = attempt.after;
        check_ = best;
        check_writes_ = bench_->writes();
        if (auto done = record("check", json_of(best)); !done) return std::unexpected(done.error());
        if (best.good)
          return RunOutcome{RunStatus::kDone, std::format("rewrote {}", suspect.symbol.qualified_name), best};
        better = true;  // look again: other functions are suspect now
        break;
      }
    }
    if (!better)
      return RunOutcome{RunStatus::kNotDone,
                        std::format("no rewriting of {} functions made less fail", suspects->size()), best};
  }
}

}  // namespace strata::agent
