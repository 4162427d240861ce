// SPDX-License-Identifier: Apache-2.0
#include "agent/run/run.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <utility>

#include "agent/changes/prune.h"
#include "agent/run/mechanical.h"
#include "agent/run/repair.h"
#include "agent/tools/ability.h"
#include "repo-indexer/walk.h"

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;

constexpr int kTurn = 8192, kSmallTurn = 1024;  // tokens of a turn at most
constexpr size_t kMostLooks = 4;
constexpr int kLookLines = 60;
constexpr int kMostIdleTurns = 3;
constexpr int kMostFailedDones = 3;  // times that the model may call done while the check fails

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string cannot_check(const std::string& why) {
  return std::format(
      "the check cannot run in the sandbox ({}); install what it needs, or name another one with --check", why);
}

json json_of(const ChatUsage& u) {
  return {{"in", u.prompt_tokens}, {"reused", u.reused_tokens}, {"out", u.generated_tokens}};
}

json json_of(const std::vector<ToolCall>& calls) {
  json list = json::array();
  for (const ToolCall& c : calls) list.push_back({{"id", c.id}, {"name", c.name}, {"arguments", c.arguments}});
  return list;
}

json json_of(const CheckResult& c) {
  return {{"command", c.command}, {"good", c.good},       {"exit_code", c.exit_code},        {"errors", c.errors},
          {"failed", c.failed},   {"seconds", c.seconds}, {"output", c.good ? "" : c.output}};
}

// Words of a text that may be files or symbols, each once.
std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  std::string word;
  const auto end = [&] {
    while (!word.empty() && (word.back() == '.' || word.back() == ':')) word.pop_back();
    if (word.size() > 2 && word.size() < 200 && std::ranges::find(names, word) == names.end()) names.push_back(word);
    word.clear();
  };
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_./:-").contains(c))
      word += c;
    else
      end();
  }
  end();
  return names;
}

// A call as it is kept: what is absurdly long would only be refused again.
ToolCall reasonable(ToolCall call) {
  if (call.name.size() > 100) call.name.resize(100);
  if (call.arguments.is_object()) {
    for (auto& [name, value] : call.arguments.items()) {
      if (value.is_string() && value.get_ref<const std::string&>().size() > kMostArgumentBytes + 1) {
        value = value.get_ref<const std::string&>().substr(0, kMostArgumentBytes + 1);
      }
    }
    if (call.arguments.dump(-1, ' ', false, json::error_handler_t::replace).size() > 4 * kMostArgumentBytes)
      call.arguments = {{"too_long", true}};
  }
  return call;
}

}  // namespace

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
  if (run->state_.status == "done" && comments->empty()) {
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

Result<std::string> AgentRun::comments() {
  auto changes = bench_->copy().changes();
  if (!changes) return std::unexpected(changes.error());
  auto proposal = make_proposal(std::move(*changes));
  if (!proposal) return std::unexpected(proposal.error());
  if (auto done = database_.restore_verdicts(id_, *proposal); !done) return std::unexpected(done.error());
  return instruction_of_comments(*proposal);
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

Result<std::optional<RunOutcome>> AgentRun::mechanical() {
  if (state_.transcript.size() > 2) return std::optional<RunOutcome>();  // has begun otherwise
  auto index = bench_->index();
  if (!index) return std::unexpected(index.error());
  auto steps = mechanical_steps(**index, state_.instruction);
  if (!steps) return std::optional<RunOutcome>();
  if (!steps->rest.empty()) steps->steps.push_back(steps->rest);
  if (auto done = record("plan", {{"steps", steps->steps}, {"by", "strata"}}); !done)
    return std::unexpected(done.error());
  int number = 0;
  for (ToolCall& call : steps->calls) call.id = std::format("step_{}", ++number);
  if (steps->rest.empty())
    steps->calls.push_back({std::format("step_{}", ++number), "done", {{"summary", "as the instruction says"}}});
  if (auto done = record("turn", {{"text", ""}, {"calls", json_of(steps->calls)}, {"by", "strata"}}); !done)
    return std::unexpected(done.error());
  return std::optional<RunOutcome>();
}

// Small models guess paths and names rather than look. So the first turn is made for them: it looks at the files and
// symbols that the instruction names, and shows them what a call looks like.
Result<void> AgentRun::look_first() {
  auto index = bench_->index();
  if (!index) return std::unexpected(index.error());
  std::vector<ToolCall> calls;
  const auto call = [&](const char* tool, json arguments) {
    if (calls.size() < kMostLooks)
      calls.push_back({std::format("look_{}", calls.size() + 1), tool, std::move(arguments)});
  };
  for (const std::string& word : names_in(state_.instruction)) {
    auto found = (*index)->find_symbols(word);
    if (!found) return std::unexpected(found.error());
    std::erase_if(*found,
                  [&](const repo::Symbol& s) { return !s.definition || (s.name != word && s.qualified_name != word); });
    if (bench_->exists(word))
      call("read", {{"path", word}, {"first", 1}, {"last", kLookLines}});
    else if (found->size() == 1 && found->front().last_line - found->front().first_line < kLookLines)
      call("read",
           {{"path", found->front().file}, {"first", found->front().first_line}, {"last", found->front().last_line}});
    else if (word.find_first_of("_.:") != word.npos || found->size() > 1)
      call("search", {{"query", word}});
  }
  if (calls.empty()) call("search", {{"query", state_.instruction}});
  const std::vector<std::string> steps = {"Look at what the task names.", "Change it.", "Run the check and call done."};
  std::string text;
  for (size_t i = 0; i < steps.size(); ++i) text += std::format("{}{}. {}", i ? "\n" : "", i + 1, steps[i]);
  if (auto done = record("plan", {{"steps", steps}, {"by", "strata"}}); !done) return done;
  return record("turn", {{"text", text}, {"calls", json_of(calls)}, {"by", "strata"}});
}

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
                                    {"usage", json_of(turn->usage)}});
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
