// SPDX-License-Identifier: Apache-2.0
#include "agent/ask.h"

#include <algorithm>
#include <chrono>
#include <format>
#include <ranges>
#include <set>

#include "agent/answerable.h"
#include "agent/citations.h"
#include "agent/context_assembly.h"
#include "agent/guessed_words.h"
#include "agent/known_names.h"
#include "agent/passage_reading.h"
#include "agent/prompts.h"
#include "agent/question.h"
#include "agent/ranker.h"
#include "agent/remote_answer.h"
#include "agent/structural.h"
#include "agent/structural_parts.h"
#include "agent/value_lines.h"

namespace strata::agent {

namespace {

class Clock {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string place(const Citation& c) { return agent::place(c.file, c.start_line, c.end_line); }

constexpr size_t kNearestPlaces = 3;
// A value does not happen anywhere, so excerpts that state it are less likely to be said to show where it does.
constexpr double kValueAllowance = 0.2;

std::string told(const std::vector<ValueLine>& lines) {
  std::string text(lines.empty() ? "" : kValues);
  for (const ValueLine& line : lines) text += std::format("{}:{}: {}\n", line.file, line.line, line.text);
  return text;
}

// What was searched, and the nearest there is: enough to see whether the question was understood.
Answer absent_answer(const Question& question, const Ranking& ranking) {
  Answer answer;
  answer.evidence = ranking.evidence;
  answer.found = false;
  if (!ranking.evidence.unknown.empty()) {
    answer.text = not_contained(ranking.evidence.unknown);
  } else {
    answer.text = "The repository does not seem to contain this. Searched: names, code and comments of every file";
    if (!ranking.evidence.missing.empty()) {
      answer.text += "; nothing mentions ";
      for (size_t i = 0; i < ranking.evidence.missing.size(); ++i)
        answer.text += (i ? ", \"" : "\"") + ranking.evidence.missing[i] + "\"";
    }
    answer.text += ".";
  }
  if (question.kind == QuestionKind::kDescription) {
    for (const RankedPassage& r : ranking.passages | std::views::take(kNearestPlaces)) {
      const repo::Passage& p = r.passage;
      answer.citations.push_back({p.file, p.first_line, p.last_line, p.symbol, true});
      answer.text += (answer.citations.size() == 1 ? " The nearest to it: " : ", ") + place(answer.citations.back());
    }
    if (!answer.citations.empty()) answer.text += ".";
  }
  return answer;
}

// Appends the places, unless the answer names them already, and what could not be verified.
void finish_text(Answer& answer, const std::vector<std::string>& invented) {
  while (!answer.text.empty() && std::isspace(static_cast<unsigned char>(answer.text.back()))) answer.text.pop_back();
  std::string places;
  for (const Citation& c : answer.citations) {
    if (answer.text.find(place(c)) != std::string::npos) continue;
    places += (places.empty() ? "\n\nSee " : ", ") + place(c);
    if (!c.symbol.empty()) places += std::format(" (`{}`)", c.symbol);
    if (!c.verified) places += " (not verified)";
  }
  answer.text += places;
  for (size_t i = 0; i < invented.size(); ++i)
    answer.text += std::format("{}`{}`", i ? ", " : "\n\n*Not found in the repository:* ", invented[i]);
}

void note_context(Answer& answer, const std::vector<Excerpt>& excerpts) {
  std::set<std::string_view> files;
  for (const Excerpt& e : excerpts) {
    RankedPassage& r = answer.passages[e.ranked];
    r.tokens = e.size;
    r.reused = !e.segment.empty() && !e.fresh;
    r.passage.first_line = e.first_line;
    r.passage.last_line = e.last_line;
    answer.context_tokens += r.tokens;
    files.insert(e.file);
  }
  answer.context_files = static_cast<int>(files.size());
}

// The embedded model writes the answer. False if it finds that the excerpts do not have what is asked for.
Result<bool> write_here(Workspace& workspace, const std::vector<Excerpt>& excerpts, const Question& question,
                        std::optional<double> answerable, const AskOptions& options,
                        const std::function<void(std::string_view)>& show, const Cancel* cancel, Answer& answer) {
  const Model& model = *workspace.answerer.model;
  Session session(workspace.answerer.model);
  auto assembled = assemble(workspace, session, excerpts, told(answer.values), question.text, cancel);
  if (!assembled) return std::unexpected(assembled.error());
  if (answerable) {
    auto odds = shown(session, model, cancel);
    if (!odds) return std::unexpected(odds.error());
    answer.evidence.odds = *odds;
    if (*odds < *answerable - (question.asks_value ? kValueAllowance : 0)) return false;
  }
  const std::string_view instruction = question.kind == QuestionKind::kComparison ? kCompare
                                       : question.asks_how                        ? kExplain
                                                                                  : kInstruction;
  if (auto done = instruct(session, model, instruction, cancel); !done) return std::unexpected(done.error());
  KnownNamesMask names(model.tokenizer(), session.tokens());
  GenerateOptions generate;
  generate.mask = &names;
  generate.max_tokens = options.max_tokens;
  generate.sampler.repetition_penalty = 1.05f;
  generate.stop = {"\nQuestion:", "\nFile:", "\n\n\n"};
  generate.cancel = cancel;
  generate.on_text = [&](std::string_view piece) {
    show(piece);
    return true;
  };
  auto generated = session.generate(generate);
  if (!generated) return std::unexpected(generated.error());
  if (generated->end == Generation::End::kCancelled) return fail(ErrorKind::kCancelled, "the answer was cancelled");
  answer.text = std::move(generated->text);
  const auto& counters = session.counters();
  answer.timing.reused_tokens = assembled->reused;
  answer.timing.reread_tokens = assembled->reread;
  answer.timing.computed_tokens = counters.computed + counters.recomputed + assembled->read;
  answer.timing.generated_tokens = counters.generated;
  answer.timing.accepted_tokens = generated->accepted;
  return true;
}

}  // namespace

Result<std::optional<Answer>> answer_from_index(const repo::Index& index, std::string_view question,
                                                const Cancel* cancel) {
  const Clock clock;
  auto answer = structural_answer(index, analyse_question(question, index), cancel);
  if (answer && *answer) {
    (*answer)->question = question;
    (*answer)->timing.select_s = (*answer)->timing.total_s = clock.seconds();
  }
  return answer;
}

Result<Answer> ask(Workspace& workspace, std::string_view text, const AskOptions& options, const AskEvents& events,
                   const Cancel* cancel) {
  const Clock clock;
  const auto finish = [&](Answer answer) {
    answer.question = text;
    if (!answer.structural)
      answer.model = workspace.remote ? workspace.remote->name() : workspace.answerer.model->params().name;
    answer.timing.total_s = clock.seconds();
    return answer;
  };

  // What is asked for?
  Question question = analyse_question(text, workspace.index);
  auto structural = structural_answer(workspace.index, question, cancel);
  if (!structural) return std::unexpected(structural.error());
  if (*structural) {
    if (events.on_text) events.on_text((*structural)->text);
    (*structural)->timing.select_s = clock.seconds();
    return finish(std::move(**structural));
  }

  // Which passages is it about? The user sees them before the model has said a word.
  TextCache texts(workspace.index);
  const bool guesses = !workspace.remote && question.identifiers.empty() && workspace.answerer.calibration.guesses_well;
  auto ranking = rank(workspace, question, texts, guesses ? RankDepth::kQuick : RankDepth::kFull, cancel);
  if (!ranking) return std::unexpected(ranking.error());
  if (events.on_ranked) events.on_ranked(ranking->passages);
  if (guesses) {
    auto words = guess_words(workspace.answerer, question.text, cancel);
    if (!words) return std::unexpected(words.error());
    question.guessed = std::move(*words);
    ranking = rank(workspace, question, texts, RankDepth::kFull, cancel, &*ranking);
    if (!ranking) return std::unexpected(ranking.error());
  }
  const double select_s = clock.seconds();

  // Small models never say that something is not there, so that is decided by what nothing mentions and, for a model
  // that was calibrated for it, by how it judges the excerpts.
  const auto absent = [&] {
    Answer answer = absent_answer(question, *ranking);
    answer.timing.select_s = select_s;
    answer.passages = std::move(ranking->passages);
    if (events.on_text) events.on_text(answer.text);
    return finish(std::move(answer));
  };
  const Evidence& evidence = ranking->evidence;
  const std::optional<double> answerable =
      evidence.named || workspace.remote ? std::nullopt : workspace.answerer.calibration.answerable_from;
  if (ranking->passages.empty() || !evidence.unknown.empty() || (!answerable && seems_absent(evidence)))
    return absent();

  Answer answer;
  answer.evidence = evidence;
  answer.timing.select_s = select_s;
  const auto show = [&](std::string_view piece) {
    if (answer.timing.first_token_s == 0) answer.timing.first_token_s = clock.seconds();
    if (events.on_text) events.on_text(piece);
  };
  std::vector<Excerpt> excerpts;
  if (workspace.remote) {
    auto remote = answer_remotely(workspace, question, *ranking, options, texts,
                                  {.on_text = show, .on_reasoning = {}, .on_notice = events.on_notice}, cancel);
    if (!remote) return std::unexpected(remote.error());
    answer.text = std::move(remote->text);
    excerpts = std::move(remote->excerpts);
    answer.timing.reused_tokens = remote->usage.reused_tokens;
    answer.timing.computed_tokens = remote->usage.prompt_tokens - remote->usage.reused_tokens;
    answer.timing.generated_tokens = remote->usage.generated_tokens;
  } else {
    auto chosen = choose_excerpts(workspace, *ranking, options, texts);
    if (!chosen) return std::unexpected(chosen.error());
    excerpts = std::move(*chosen);
    if (question.asks_value) {
      auto found = value_lines(workspace.index, question, *ranking, texts);
      if (!found) return std::unexpected(found.error());
      answer.values = std::move(*found);
    }
    // What the scout reads anyway is not kept twice.
    if (!options.verify && workspace.scout.model != workspace.answerer.model)
      if (auto read = read_excerpts(workspace, excerpts, cancel); !read) return std::unexpected(read.error());
    auto written = write_here(workspace, excerpts, question, answerable, options, show, cancel, answer);
    if (!written) return std::unexpected(written.error());
    if (!*written) {
      Answer nothing = absent();
      nothing.evidence.odds = answer.evidence.odds;
      return nothing;
    }
  }
  answer.passages = std::move(ranking->passages);
  note_context(answer, excerpts);

  // Where does it stand? Checked against the index, repaired, added.
  if (auto done = repair_files(workspace.index, excerpts, texts, answer.text); !done)
    return std::unexpected(done.error());
  auto citations = cite(workspace.index, answer, excerpts, ranking->weights, texts);
  if (!citations) return std::unexpected(citations.error());
  answer.citations = std::move(*citations);
  auto invented = invented_names(workspace.index, answer.text, question);
  if (!invented) return std::unexpected(invented.error());
  finish_text(answer, *invented);
  return finish(std::move(answer));
}

}  // namespace strata::agent
