// SPDX-License-Identifier: Apache-2.0
// The loop of turns and tools: a turn is asked for, its calls are answered, and so on until one of them is done.
#include <algorithm>
#include <format>

#include "agent/run/run.h"
#include "agent/run/run_events.h"

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;

constexpr int kTurn = 8192, kSmallTurn = 1024;  // tokens of a turn at most
constexpr int kMostIdleTurns = 3;
constexpr int kMostFailedDones = 3;  // times that the model may call done while the check fails

}  // namespace

Result<RunOutcome> AgentRun::loop(const OpenModel& open_model, const Cancel* cancel) {
  std::string remark;  // for the model, behind the results of its calls
  for (;;) {
    auto outcome = answer_pending(cancel);
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome) return **outcome;
    if (!remark.empty()) {
      if (auto done = record("message", {{"text", remark}, {"by", "strata"}}); !done)
        return std::unexpected(done.error());
    }
    if (auto heard = hear(); !heard) return std::unexpected(heard.error());
    if (cancel && cancel->requested()) return RunOutcome{RunStatus::kCancelled, "stopped by the user", std::nullopt};
    if (auto stop = over_budget()) return *stop;
    auto chat = model(open_model);
    if (!chat) return std::unexpected(chat.error());
    if (small_ && state_.transcript.size() == 2) {
      if (auto done = look_first(); !done) return std::unexpected(done.error());
      continue;
    }
    std::vector<ToolSpec> specs;
    for (const Tool& tool : tools_) specs.push_back(tool.spec);
    // A small model that may talk does not act, and when it calls at length it has lost its way.
    const ChatOptions options{.max_tokens = small_ ? kSmallTurn : kTurn,
                              .require_call = small_ && (!state_.plan.empty() || state_.idle_turns > 0),
                              .one_call = small_};
    const double start = now_s();
    auto turn = (*chat)->reply(state_.transcript, specs, options,
                               {.on_text = hooks_.on_text, .on_reasoning = {}, .on_notice = hooks_.on_notice}, cancel);
    if (!turn) {
      if (turn.error().kind == ErrorKind::kCancelled)
        return RunOutcome{RunStatus::kCancelled, "stopped by the user", std::nullopt};
      return std::unexpected(turn.error());
    }
    std::vector<ToolCall> calls;
    for (ToolCall& call : turn->message.calls) calls.push_back(reasonable(std::move(call)));
    std::string raw = turn->message.raw.size() > 4 * kMostArgumentBytes ? std::string() : turn->message.raw;
    if (auto done = record("turn", {{"text", turn->message.text.substr(0, kMostArgumentBytes)},
                                    {"reasoning", turn->message.reasoning.substr(0, kMostArgumentBytes)},
                                    {"raw", raw},
                                    {"calls", json_of(calls)},
                                    {"usage", json_of(turn->usage)},
                                    {"model", (*chat)->name()},
                                    {"seconds", now_s() - start}});
        !done) {
      return std::unexpected(done.error());
    }
    if (state_.plan.empty()) {
      if (auto steps = list_items(turn->message.text); !steps.empty()) {
        if (auto done = record("plan", {{"steps", steps}, {"by", "model"}}); !done)
          return std::unexpected(done.error());
      }
    }
    remark.clear();
    for (const std::string& m : turn->malformed) remark += m.substr(0, 2000) + "\n";
    if (!calls.empty()) continue;
    if (state_.idle_turns >= kMostIdleTurns)
      return RunOutcome{RunStatus::kGuard, std::format("the model called no tool in {} turns", kMostIdleTurns),
                        std::nullopt};
    if (turn->end == ChatTurn::End::kLength)
      remark += "Your answer was cut because it was too long; make smaller steps.\n";
    if (remark.empty()) {
      const bool planned = !state_.plan.empty() && state_.calls.empty() && state_.idle_turns == 1;
      remark = planned ? "Go on with the first step: call a tool."
                       : "You called no tool. Call one, or call done if everything is done.";
    }
  }
}

// Answers the calls of the last turn, in order; an outcome if the run ends with one of them.
Result<std::optional<RunOutcome>> AgentRun::answer_pending(const Cancel* cancel) {
  const std::vector<Tool> known = tools();
  while (!state_.pending.empty()) {
    if (cancel && cancel->requested()) return RunOutcome{RunStatus::kCancelled, "stopped by the user", std::nullopt};
    const ToolCall call = state_.pending.front();
    const double start = now_s();
    ToolResult result;
    const auto tool = std::ranges::find_if(known, [&](const Tool& t) { return t.spec.name == call.name; });
    const int times = static_cast<int>(std::ranges::count(state_.calls, normalised_call(call), &MadeCall::call));
    if (tool == known.end()) {
      std::string names;
      for (const Tool& t : tools_.empty() ? known : tools_) names += (names.empty() ? "" : ", ") + t.spec.name;
      result = refused(std::format("there is no tool \"{}\"; the tools are: {}", call.name, names));
    } else if (auto arguments = checked_arguments(tool->spec, call.arguments); !arguments) {
      result = refused(arguments.error().message);
    } else {
      const std::string line = call.name == "run"     ? arguments->text("command")
                               : call.name == "check" ? bench_->check_command().value_or("")
                                                      : "";
      std::string why;
      if (!allowed(call.name, *arguments, line, why)) {
        result = refused("not allowed: " + why);
      } else {
        result = tool->run(*arguments, *bench_, cancel);
        if (cancel && cancel->requested() && !result.good)
          return RunOutcome{RunStatus::kCancelled, "stopped by the user", std::nullopt};
      }
    }
    auto written = bench_->take_written();
    if (!written) return std::unexpected(written.error());
    if (call.name == "check" && bench_->last_check &&
        result.text.find("(" + bench_->last_check->command) != std::string::npos) {
      check_ = bench_->last_check;
      check_writes_ = bench_->writes();
      if (auto done = record("check", json_of(*check_)); !done) return std::unexpected(done.error());
    }
    if (result.final) {
      // Before the end, the check: a model believes itself too easily.
      auto check = checked(cancel);
      if (!check) return std::unexpected(check.error());
      const auto dones =
          std::ranges::count_if(state_.calls, [](const MadeCall& c) { return c.call.starts_with("done "); });
      if (*check && !(*check)->good && !(*check)->not_started() && dones + 1 < kMostFailedDones && !over_budget()) {
        result = refused("not done yet: the check fails\n" + shortened((*check)->output, 4000));
      }
    }
    if (times > 0 && !result.final && result.text.size() < kMostResultBytes)
      result.text += "\n(You made this very call before.)";
    // The status stands in the newest message, where it costs nothing to change.
    if (const int left = settings_.budget.steps - state_.steps - 1; left <= 5 && left > 0 && !result.final)
      result.text += std::format("\n({} steps are left.)", left);
    auto files = stored(*written);
    if (!files) return std::unexpected(files.error());
    if (auto done = record("result", {{"call", call.id},
                                      {"tool", call.name},
                                      {"good", result.good},
                                      {"final", result.final},
                                      {"text", shortened(std::move(result.text), 5 * kMostResultBytes)},
                                      {"seconds", now_s() - start},
                                      {"files", *files}});
        !done) {
      return std::unexpected(done.error());
    }
    if (state_.finished) break;
    if (auto why = goes_in_circles(state_.calls)) return RunOutcome{RunStatus::kGuard, *why, std::nullopt};
    if (auto stop = over_budget()) return std::move(*stop);
  }
  if (!state_.finished) return std::optional<RunOutcome>();
  auto outcome = finished(state_.transcript.back().text, cancel);
  if (!outcome) return std::unexpected(outcome.error());
  return std::move(*outcome);
}

Result<RunOutcome> AgentRun::finished(const std::string& summary, const Cancel* cancel) {
  auto check = checked(cancel);
  if (!check) return std::unexpected(check.error());
  if (!*check) {
    if (bench_->check_command() && state_.refused > 0)
      return RunOutcome{RunStatus::kRefused, "the check was not allowed, so nothing says that this works",
                        std::nullopt};
    return RunOutcome{RunStatus::kDone, summary, std::nullopt};
  }
  if (const auto why = (*check)->not_started()) return RunOutcome{RunStatus::kNotDone, cannot_check(*why), *check};
  if (!(*check)->good) return RunOutcome{RunStatus::kNotDone, "the check fails", *check};
  return RunOutcome{RunStatus::kDone, summary, *check};
}

// The check of the tree as it is; nothing if there is none, or if it may not run.
Result<std::optional<CheckResult>> AgentRun::checked(const Cancel* cancel) {
  if (check_ && check_writes_ == bench_->writes()) return check_;
  const auto line = bench_->check_command();
  if (!line) return std::optional<CheckResult>();
  std::string why;
  if (!allowed("check", Arguments(json::object()), *line, why)) {
    if (hooks_.on_notice) hooks_.on_notice(std::format("not checked: {}", why));
    return std::optional<CheckResult>();
  }
  auto result = bench_->check(bench_->run_unconfined, cancel);
  if (!result) return std::unexpected(result.error());
  check_ = *result;
  check_writes_ = bench_->writes();
  if (auto done = record("check", json_of(*check_)); !done) return std::unexpected(done.error());
  return check_;
}

}  // namespace strata::agent
