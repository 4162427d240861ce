// SPDX-License-Identifier: Apache-2.0
// strata ask and strata ingest: the main job without a display.
#include <unistd.h>

#include <format>
#include <iostream>
#include <memory>
#include <utility>

#include "agent/ask.h"
#include "agent/chat/prices.h"
#include "agent/follow_up.h"
#include "agent/ingestion.h"
#include "app/catalogue.h"
#include "app/chat_models.h"
#include "app/commands.h"
#include "app/console.h"
#include "app/repository_access.h"

namespace strata::app {
namespace {

using json = nlohmann::ordered_json;

struct Arguments {
  std::string repository, question;
  ChatArguments chat;
  bool conversation = false;  // the questions come from standard input
  agent::AskOptions ask;
  bool json = false;
};

struct Opened {
  agent::Workspace workspace;
  double index_s = 0;
};

Result<Opened> open_models(const Arguments& arguments, repo::OpenedIndex opened) {
  ModelArguments models = arguments.chat.model;
  std::shared_ptr<agent::ChatModel> remote;
  if (arguments.chat.remote()) {
    auto connected = open_chat_model(arguments.chat);
    if (!connected) return std::unexpected(connected.error());
    remote = std::move(*connected);
    models.model = std::exchange(models.scout, {});
    if (auto here = resolve_model(models.model);
        models.model.empty() && !here && here.error().kind == ErrorKind::kNotFound) {
      notice("passages are ranked by words and names alone, as no model is here to read the repository");
      return Opened{agent::Workspace{std::move(opened.index), {}, {}, std::move(remote)}, opened.report.seconds};
    }
  }
  auto workspace = open_workspace(std::move(opened.index), models);
  if (!workspace) return std::unexpected(workspace.error());
  workspace->remote = std::move(remote);
  return Opened{std::move(*workspace), opened.report.seconds};
}

Result<Opened> open_all(const Arguments& arguments) {
  auto opened = open_index(arguments.repository);
  if (!opened) return std::unexpected(opened.error());
  return open_models(arguments, std::move(*opened));
}

// Of the model behind an endpoint; our own costs nothing.
agent::Cost cost_of(const Arguments& arguments, const agent::Answer& answer) {
  if (!arguments.chat.remote()) return {};
  const auto& t = answer.timing;
  return agent::Prices::of_user(notice).of(
      {{answer.model, {t.computed_tokens + t.reused_tokens, t.reused_tokens, t.generated_tokens}}});
}

json to_json(const agent::Answer& answer, double index_s, const agent::Cost& cost) {
  json citations = json::array(), spans = json::array();
  for (const auto& c : answer.citations)
    citations.push_back({{"file", to_utf8(c.file)},
                         {"start_line", c.start_line},
                         {"end_line", c.end_line},
                         {"symbol", to_utf8(c.symbol)},
                         {"verified", c.verified}});
  for (const auto& p : answer.passages) {
    if (p.tokens == 0) continue;
    spans.push_back({{"file", to_utf8(p.passage.file)},
                     {"start_line", p.passage.first_line},
                     {"end_line", p.passage.last_line},
                     {"tokens", p.tokens},
                     {"symbol", to_utf8(p.passage.symbol)},
                     {"scores",
                      {{"total", p.score},
                       {"embedding", p.embedding},
                       {"attention", p.attention},
                       {"bm25", p.bm25},
                       {"guessed", p.guessed},
                       {"identifier", p.identifier},
                       {"name", p.name},
                       {"likelihood", p.likelihood}}},
                     {"reused", p.reused}});
  }
  json values = json::array();
  for (const auto& v : answer.values)
    values.push_back({{"file", to_utf8(v.file)}, {"line", v.line}, {"text", to_utf8(v.text)}, {"score", v.score}});
  const auto& e = answer.evidence;
  const auto& t = answer.timing;
  const auto known = [](const std::optional<double>& value) { return value ? json(*value) : json(nullptr); };
  json result = {
      {"question", to_utf8(answer.question)},
      {"answer", to_utf8(answer.text)},
      {"citations", citations},
      {"found", answer.found},
      {"model", answer.model},
      {"context",
       {{"files", answer.context_files}, {"tokens", answer.context_tokens}, {"spans", spans}, {"values", values}}},
      {"evidence",
       {{"coverage", e.coverage},
        {"missing_share", e.missing_share},
        {"missing", e.missing},
        {"cosine", known(e.cosine)},
        {"odds", known(e.odds)}}},
      {"timing",
       {{"index_s", index_s},
        {"select_s", t.select_s},
        {"first_token_s", t.first_token_s},
        {"total_s", t.total_s},
        {"reread_tokens", t.reread_tokens},
        {"reused_tokens", t.reused_tokens},
        {"computed_tokens", t.computed_tokens},
        {"generated_tokens", t.generated_tokens},
        {"accepted_tokens", t.accepted_tokens}}}};
  if (!cost.empty()) result["cost"] = cost;
  return result;
}

// `text`: what of the answer's is not on the screen yet.
void print_answer(std::string_view text, const agent::Answer& answer, const agent::Cost& cost) {
  std::cout << text << "\n";
  if (!answer.citations.empty()) std::cout << "\n";
  for (const auto& c : answer.citations)
    std::cout << std::format("  {}:{}-{}{}{}\n", c.file, c.start_line, c.end_line,
                             c.symbol.empty() ? "" : "  " + c.symbol, c.verified ? "" : "  (not verified)");
  const auto& t = answer.timing;
  std::cerr << std::format(
      "{}first word after {:.1f} s, done in {:.1f} s; {} tokens reused, {} computed, {} generated{}{}\n",
      answer.structural ? "from the symbol index; " : "", t.first_token_s, t.total_s, t.reused_tokens,
      t.computed_tokens, t.generated_tokens, cost.empty() ? "" : ": ", agent::text_of(cost));
}

// What a terminal has seen while it was written (`shown`) is not printed again.
void show(const agent::Answer& answer, double index_s, const Arguments& arguments, std::string_view shown) {
  const agent::Cost cost = cost_of(arguments, answer);
  if (arguments.json) return print_json(to_json(answer, index_s, cost), arguments.conversation);
  // A file name that was put right makes the text another one: then it is shown once more.
  if (!answer.text.starts_with(shown)) std::cout << "\n\n", shown = {};
  print_answer(std::string_view(answer.text).substr(shown.size()), answer, cost);
}

Result<agent::Answer> ask_one(Opened& opened, const Arguments& arguments, const std::string& question) {
  agent::AskEvents events;
  // On stderr at once, so that the user has the places before the model has said a word.
  events.on_ranked = [](const std::vector<agent::RankedPassage>& ranked) {
    for (size_t i = 0; i < std::min<size_t>(ranked.size(), 5); ++i)
      std::cerr << std::format("  looking at {}:{}-{} {}\n", ranked[i].passage.file, ranked[i].passage.first_line,
                               ranked[i].passage.last_line, ranked[i].passage.symbol);
  };
  events.on_notice = notice;
  std::string shown;
  if (!arguments.json && isatty(STDOUT_FILENO) == 1) {
    events.on_text = [&](std::string_view piece) {
      shown += piece;
      std::cout << piece << std::flush;
    };
  }
  auto answer = agent::ask(opened.workspace, question, arguments.ask, events, &interrupted());
  if (answer) show(*answer, opened.index_s, arguments, shown);
  return answer;
}

// Questions from standard input, a line each, that may lean on the one before.
int converse(Opened& opened, const Arguments& arguments) {
  const bool prompts = isatty(STDIN_FILENO) == 1;
  std::string line;
  agent::Answer earlier;
  const auto next = [&] {
    if (prompts) std::cerr << "> " << std::flush;
    return static_cast<bool>(std::getline(std::cin, line));
  };
  int outcome = kDone;
  while (next()) {
    if (line.empty()) continue;
    if (auto updated = opened.workspace.index.update({}, &interrupted()); !updated)
      return report(updated.error(), arguments.json);
    const std::string question = agent::complete_question(opened.workspace.index, line, earlier);
    if (question != line) notice("taken as: " + question);
    auto answer = ask_one(opened, arguments, question);
    if (!answer) {
      outcome = report(answer.error(), arguments.json);
      if (answer.error().kind == ErrorKind::kCancelled) break;
      continue;
    }
    earlier = std::move(*answer);
  }
  return outcome;
}

int ask(const Arguments& arguments) {
  if (arguments.conversation) {
    auto opened = open_all(arguments);
    return opened ? converse(*opened, arguments) : report(opened.error(), arguments.json);
  }
  auto index = open_index(arguments.repository);
  if (!index) return report(index.error(), arguments.json);
  auto exact = agent::answer_from_index(index->index, arguments.question, &interrupted());
  if (!exact) return report(exact.error(), arguments.json);
  if (*exact) {  // no model has to be loaded
    show(**exact, index->report.seconds, arguments, {});
    return kDone;
  }
  auto opened = open_models(arguments, std::move(*index));
  if (!opened) return report(opened.error(), arguments.json);
  auto answer = ask_one(*opened, arguments, arguments.question);
  return answer ? kDone : report(answer.error(), arguments.json);
}

int ingest(const Arguments& arguments) {
  auto opened = open_all(arguments);
  if (!opened) return report(opened.error(), arguments.json);
  ProgressLine line;
  auto plan = agent::Ingestion::plan(
      opened->workspace, {}, [&](std::string_view what, int64_t done, int64_t total) { line.show(what, done, total); },
      &interrupted());
  if (!plan) return report(plan.error(), arguments.json);
  agent::Ingestion ingestion = std::move(*plan);
  Result<void> outcome;
  while (!ingestion.finished() && outcome) {
    const auto& p = ingestion.progress();
    line.show("reading", p.tokens_done, p.tokens,
              std::format("{} of {} files, {:.0f} tokens/s, {} left", p.files_done, p.files, p.tokens_per_s,
                          p.tokens_per_s > 0 ? format_duration(p.eta_s) : std::string("?")));
    outcome = ingestion.step(&interrupted());
  }
  line.clear();
  const auto& p = ingestion.progress();
  if (!outcome) {
    const auto kept =
        std::format(" ({} of {} tokens are read and kept; the next start goes on from there)", p.tokens_done, p.tokens);
    return report({outcome.error().kind, outcome.error().message + kept}, arguments.json);
  }
  auto bytes = opened->workspace.scout.snapshots->bytes_on_disk();
  if (!bytes) return report(bytes.error(), arguments.json);
  if (arguments.json) {
    json skipped = json::array();
    for (const auto& s : ingestion.skipped()) skipped.push_back({{"file", to_utf8(s.path)}, {"reason", s.reason}});
    print_json({{"files", p.files},
                {"tokens", p.tokens},
                {"computed_tokens", p.computed_tokens},
                {"reused_tokens", p.reused_tokens},
                {"seconds", p.seconds},
                {"tokens_per_s", p.seconds > 0 ? static_cast<double>(p.computed_tokens) / p.seconds : 0.0},
                {"skipped", skipped},
                {"bytes_on_disk", *bytes}});
  } else {
    std::cout << std::format("{} files, {} tokens: {} computed in {}, {} known before; {} on disk\n", p.files, p.tokens,
                             p.computed_tokens, format_duration(p.seconds), p.reused_tokens,
                             format_bytes(static_cast<double>(*bytes)));
    for (const auto& s : ingestion.skipped())
      std::cout << std::format("  left out: {} ({})\n", to_utf8(s.path), s.reason);
  }
  return kDone;
}

void add_common(CLI::App* command, Arguments& a) { command->add_flag("--json", a.json, "Print the result as JSON"); }

}  // namespace

void add_ask(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<Arguments>();
  auto* asking = app.add_subcommand("ask", "Ask a question about a repository; the answer cites files and lines");
  asking->add_option("repository", arguments->repository, "Folder of the repository")->required();
  asking->add_option("question", arguments->question,
                     "The question; without it, a conversation: questions a line each");
  asking->add_option("--max-tokens", arguments->ask.max_tokens, "Tokens of the answer at most")
      ->check(CLI::Range(1, 8192));
  asking->add_option("--context-tokens", arguments->ask.context_tokens, "Tokens of passages the answer is given")
      ->check(CLI::Range(64, 16384));
  asking->add_flag("--verify", arguments->ask.verify, "Read the passages densely instead of assembling stored state");
  add_chat_options(asking, arguments->chat);
  asking
      ->add_option("--scout", arguments->chat.model.scout,
                   "Model that reads the repository and ranks its passages (default: the one that answers)")
      ->type_name("NAME");
  add_common(asking, *arguments);
  asking->callback([arguments, asking, &run] {
    // A server's model is larger: it gets more to read, and may take longer to think.
    if (arguments->chat.remote() && asking->count("--context-tokens") == 0) arguments->ask.context_tokens = 6000;
    if (arguments->chat.remote() && asking->count("--max-tokens") == 0) arguments->ask.max_tokens = 2048;
    arguments->conversation = asking->count("question") == 0;
    run = [arguments] { return ask(*arguments); };
  });

  auto* ingesting = app.add_subcommand("ingest", "Read a whole repository and keep what was read");
  ingesting->add_option("repository", arguments->repository, "Folder of the repository")->required();
  ingesting->add_option("--model", arguments->chat.model.model, "Catalogue name, GGUF file or folder");
  ingesting->add_option("--threads", arguments->chat.model.threads, "Threads (default: physical cores)")
      ->check(CLI::Range(0, 1024));
  add_common(ingesting, *arguments);
  ingesting->callback([arguments, &run] { run = [arguments] { return ingest(*arguments); }; });
}

}  // namespace strata::app
