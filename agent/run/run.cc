// SPDX-License-Identifier: Apache-2.0
#include "agent/run/run.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "agent/changes/prune.h"
#include "agent/run/mechanical.h"
#include "agent/run/run_events.h"
#include "agent/tools/ability.h"
#include "repo-indexer/walk.h"

namespace strata::agent {

using json = nlohmann::ordered_json;

std::string_view name_of(RunStatus status) {
  switch (status) {
    case RunStatus::kDone: return "done";
    case RunStatus::kNotDone: return "not done";
    case RunStatus::kGuard: return "guard";
    case RunStatus::kBudget: return "budget";
    case RunStatus::kRefused: return "refused";
    case RunStatus::kCancelled: return "cancelled";
  }
  return "";
}

AgentRun::AgentRun(RunDatabase& database, RunSettings settings, RunHooks hooks)
    : database_(database),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      contents_(database.content_folder()) {}
AgentRun::~AgentRun() = default;

Result<void> AgentRun::open_bench(PrivateCopy copy) {
  auto bench = Workbench::open(std::move(copy), {.index_cache = settings_.index_cache,
                                                 .check = state_.check,
                                                 .network = settings_.network,
                                                 .limits = settings_.limits,
                                                 .ask = settings_.ask});
  if (!bench) return std::unexpected(bench.error());
  bench_ = std::make_unique<Workbench>(std::move(*bench));
  if (!bench_->sandbox().confined() && hooks_.on_notice)
    hooks_.on_notice("commands cannot be confined here: " + bench_->sandbox().why_not());
  return {};
}

Result<std::unique_ptr<AgentRun>> AgentRun::start(RunDatabase& database, const std::filesystem::path& repository,
                                                  const std::string& instruction, const StartOptions& options,
                                                  RunSettings settings, RunHooks hooks) {
  std::unique_ptr<AgentRun> run(new AgentRun(database, std::move(settings), std::move(hooks)));
  auto tree = repo::WorkTree::open(repository);
  if (!tree) return std::unexpected(tree.error());
  // What earlier runs left is looked at when a new one needs room.
  auto pruned = prune(database, {});
  if (run->hooks_.on_notice) {
    if (!pruned)
      run->hooks_.on_notice("what earlier runs left could not be tidied up: " + pruned.error().message);
    else if (!pruned->forgotten.empty())
      run->hooks_.on_notice(
          std::format("to stay within the limit of the disk, the {} oldest changes can no longer be "
                      "undone",
                      pruned->forgotten.size()));
  }
  auto id = database.start_run(tree->root().string(), instruction, "running");
  if (!id) return std::unexpected(id.error());
  run->id_ = *id;
  auto copy = PrivateCopy::make(repository, database.folder(*id) / "copy");
  if (!copy) {
    (void)database.set_status(*id, "failed");
    return std::unexpected(copy.error());
  }
  json instructions = json::array();
  for (const auto& [path, text] : options.instructions) instructions.push_back({{"path", path}, {"text", text}});
  run->state_.check = options.check;
  if (auto opened = run->open_bench(std::move(*copy)); !opened) return std::unexpected(opened.error());
  const std::string check = run->bench_->check_command().value_or("");
  if (auto done = run->record("start", {{"instruction", instruction},
                                        {"check", check},
                                        {"check_given", !options.check.empty()},
                                        {"yes", options.yes},
                                        {"instructions", instructions}});
      !done) {
    return std::unexpected(done.error());
  }
  return run;
}

Result<std::unique_ptr<AgentRun>> AgentRun::resume(RunDatabase& database, int64_t id, RunSettings settings,
                                                   RunHooks hooks) {
  std::unique_ptr<AgentRun> run(new AgentRun(database, std::move(settings), std::move(hooks)));
  run->id_ = id;
  auto events = database.events(id);
  if (!events) return std::unexpected(events.error());
  for (const RunEvent& event : *events) {
    const json value = json::parse(event.json, nullptr, false);
    if (value.is_discarded())
      return fail(ErrorKind::kDamaged, std::format("event {} of run {} cannot be read", event.seq, id));
    run->state_.add(event.kind, value);
  }
  if (events->empty())
    return fail(ErrorKind::kInvalid, std::format("run {} had not begun when it was ended; start it anew", id));
  auto copy = open_copy(database, id);
  if (!copy) return std::unexpected(copy.error());
  if (auto opened = run->open_bench(std::move(*copy)); !opened) return std::unexpected(opened.error());
  auto comments = run->comments();
  if (!comments) return std::unexpected(comments.error());
  auto known = database.run(id);
  if (!known) return std::unexpected(known.error());
  // One that was killed behind its last event ends once more.
  if (run->state_.status == "done" && comments->empty() && known->status != "running") {
    return fail(
        ErrorKind::kInvalid,
        std::format("run {} is done; `strata review --run {}` shows its proposal, and what --comment says about "
                    "it there is what a resumed run works on",
                    id, id));
  }
  // What was written after the last whole event is taken back.
  std::map<std::string, MaybeFile> files;
  for (const auto& [path, file] : run->state_.tree) {
    if (file.content.empty()) {
      files[path] = std::nullopt;
      continue;
    }
    auto bytes = run->contents_.get(file.content);
    if (!bytes) return std::unexpected(bytes.error());
    files[path] = FileContent{std::move(*bytes), file.mode};
  }
  if (auto restored = run->bench_->restore(files); !restored) return std::unexpected(restored.error());
  const bool more = !comments->empty();
  if (auto done = run->record("resume", more ? json{{"more", true}} : json::object()); !done)
    return std::unexpected(done.error());
  if (more) {
    run->said_.push_back("The user has looked at your changes and says:\n" + *comments);
    run->comments_said_ = true;
    // Behind calls that wait for their results it would stand in the wrong place; then the loop says it.
    if (run->state_.pending.empty())
      if (auto heard = run->hear(); !heard) return std::unexpected(heard.error());
  }
  (void)database.set_status(id, "running");
  return run;
}

Result<void> AgentRun::record(const std::string& kind, json event) {
  RunEvent recorded{
      .kind = kind,
      .json = event.dump(-1, ' ', false, json::error_handler_t::replace),
      .time = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
                  .count()};
  auto seq = database_.append(id_, kind, recorded.json);
  if (!seq) return std::unexpected(seq.error());
  recorded.seq = *seq;
  // What counts is what is on disk: bytes that JSON cannot hold are replaced there.
  state_.add(kind, json::parse(recorded.json));
  if (hooks_.on_event) hooks_.on_event(recorded);
  return {};
}

Result<json> AgentRun::stored(const std::vector<Written>& written) {
  json files = json::array();
  for (const Written& w : written) {
    std::string before, after;
    if (w.before) {
      auto id = contents_.put(w.before->bytes);
      if (!id) return std::unexpected(id.error());
      before = *id;
    }
    if (w.after) {
      auto id = contents_.put(w.after->bytes);
      if (!id) return std::unexpected(id.error());
      after = *id;
    }
    files.push_back({{"path", w.path}, {"before", before}, {"after", after}, {"mode", w.after ? w.after->mode : 0}});
  }
  return files;
}

std::optional<RunOutcome> AgentRun::over_budget() const {
  const auto stop = [](std::string why) { return RunOutcome{RunStatus::kBudget, std::move(why), std::nullopt}; };
  const Budget& b = settings_.budget;
  const int64_t tokens = state_.usage.generated_tokens + state_.usage.prompt_tokens - state_.usage.reused_tokens;
  if (state_.steps >= b.steps)
    return stop(
        std::format("the budget of {} steps is spent; `strata agent --resume {} --max-steps N` goes on", b.steps, id_));
  if (tokens >= b.tokens) return stop(std::format("the budget of {} tokens is spent", b.tokens));
  if (now_s() - started_ >= b.seconds)
    return stop(std::format("the budget of {:.0f} s is spent; `strata agent --resume {}` goes on", b.seconds, id_));
  return std::nullopt;
}

Result<ChatModel*> AgentRun::model(const OpenModel& open_model) {
  if (!model_) {
    auto opened = open_model();
    if (!opened) return std::unexpected(opened.error());
    model_ = std::move(*opened);
    const ToolChoice choice = choose_tools(settings_.abilities, model_->name());
    small_ = choice.small;
    tools_ = tools(choice);
    if (!settings_.ask) std::erase_if(tools_, [](const Tool& t) { return t.spec.name == "ask"; });
  }
  return model_.get();
}

Result<RunOutcome> AgentRun::work(const OpenModel& open_model, const Cancel* cancel) {
  if (auto begun = mechanical(); !begun) return std::unexpected(begun.error());
  const bool by_index = state_.transcript.size() > 2;
  if (by_index || state_.more_wanted || !asks_for_repair(state_.instruction)) return loop(open_model, cancel);
  // A large model finds its own way; a small one is led.
  auto chat = model(open_model);
  if (!chat) return std::unexpected(chat.error());
  return small_ ? repair(open_model, cancel) : loop(open_model, cancel);
}

Result<RunOutcome> AgentRun::go(const OpenModel& open_model, const Cancel* cancel) {
  started_ = now_s();
  auto outcome = work(open_model, cancel);
  if (!outcome) {
    (void)record("end", {{"status", "failed"}, {"why", outcome.error().message}});
    (void)database_.set_status(id_, "failed");
    return outcome;
  }
  if (!outcome->check && check_ && check_writes_ == bench_->writes()) outcome->check = check_;
  if (outcome->status == RunStatus::kNotDone && state_.refused > 0) outcome->status = RunStatus::kRefused;
  if (auto done = record("end", {{"status", name_of(outcome->status)}, {"why", outcome->why}}); !done)
    return std::unexpected(done.error());
  if (auto done = database_.set_status(id_, std::string(name_of(outcome->status))); !done)
    return std::unexpected(done.error());
  return outcome;
}

}  // namespace strata::agent
