// SPDX-License-Identifier: Apache-2.0
#include "agent/calibrator.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <fstream>
#include <map>
#include <numeric>

#include "agent/answerable.h"
#include "agent/calibration_pack.h"
#include "agent/context_assembly.h"
#include "agent/guessed_words.h"
#include "agent/prompts.h"
#include "agent/ranker.h"

namespace strata::agent {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

constexpr size_t kHeads = 16;       // 8 and 32 are as good (prototype)
constexpr size_t kTokens = 16;      // of a text: what looking takes is proportional to them
constexpr size_t kTextsAtOnce = 8;  // their queries of all heads are kept as numbers of four bytes meanwhile
// By chance, among some 350 passages, it is .02; of models that can read code it is above .3.
constexpr double kHeadsFind = 0.1;
constexpr double kTellsApart = 0.75;  // area under the curve; what has no signal has .5
// A question that is refused though the answer is there costs as much as so many absent things that are answered.
constexpr double kFalseAlarm = 2;

// A private repository with the pack in it: a repository around the folder is not taken for it.
Result<repo::Index> open_pack(const CalibrationPack& pack, const fs::path& folder, const Cancel* cancel) {
  std::error_code error;
  const auto write = [&](const fs::path& path, std::string_view text) {
    fs::create_directories(path.parent_path(), error);
    return static_cast<bool>(std::ofstream(path) << text);
  };
  bool written = write(folder / ".git/HEAD", "ref: refs/heads/main\n");
  for (const char* part : {".git/objects", ".git/refs"}) fs::create_directories(folder / part, error);
  for (const auto& file : pack.files) written = written && write(folder / file.path, file.text);
  if (!written || error) return fail(ErrorKind::kIo, folder.string() + ": cannot be written");
  auto index = repo::Index::open(folder, {});
  if (!index) return index;
  if (auto updated = index->update({}, cancel); !updated) return std::unexpected(updated.error());
  return index;
}

// Where passages are, in the order in which they were read.
struct Place {
  std::string path;
  int first_line = 0, last_line = 0;
  bool holds(const CalibrationPack::Question& question) const {
    return path == question.path && first_line <= question.line && question.line <= last_line;
  }
};

// What is asked to find heads, and what it is about.
struct Asked {
  std::vector<const CalibrationPack::Question*> about;
  std::vector<std::vector<TokenId>> tokens;
  std::vector<RetrievalHeads::Queries> queries;
  size_t size() const { return about.size(); }
};

Result<Asked> read_questions(Reader& reader, const CalibrationPack& pack, const Cancel* cancel) {
  Asked asked;
  for (const auto& question : pack.present)
    for (const std::string* text : {&question.text, &question.documentation}) {
      if (text->empty()) continue;
      asked.about.push_back(&question);
      asked.tokens.push_back(reader.model->tokenizer().encode(*text));
      asked.tokens.back().resize(std::min(asked.tokens.back().size(), kTokens));
    }
  const auto width = static_cast<size_t>(reader.model->params().head_dim);
  for (size_t first = 0; first < asked.size(); first += kTextsAtOnce) {
    const auto texts = std::span(asked.tokens).subspan(first, std::min(kTextsAtOnce, asked.size() - first));
    auto wanted = reader.heads->wanted();
    auto read = reader.encoder->embed(texts, cancel, wanted);
    if (!read) return std::unexpected(read.error());
    size_t begin = 0;
    for (const std::vector<TokenId>& text : texts) {
      std::vector<HeadQueries> own;
      for (const HeadQueries& all : wanted) {
        const auto rows = std::span(all.rows).subspan(begin * width, text.size() * width);
        own.push_back({all.layer, all.head, {rows.begin(), rows.end()}});
      }
      asked.queries.push_back(reader.heads->quantize(own));
      begin += text.size();
    }
  }
  return asked;
}

// scores[text][head][passage] of every head of the model.
using Scores = std::vector<std::vector<std::vector<float>>>;

// Reads all files into the store, and has every head look at every passage for every text.
Result<std::vector<Place>> read_pack(Workspace& workspace, const Asked& asked, size_t heads, Scores& scores,
                                     const repo::Progress& progress, const Cancel* cancel) {
  Reader& reader = workspace.scout;
  auto files = workspace.index.files();
  if (!files) return std::unexpected(files.error());
  std::vector<Segment> segments;
  int64_t tokens = 0, read = 0;
  for (const repo::File& file : *files) {
    auto made = make_segments(workspace.index, file, reader);
    if (!made) return std::unexpected(made.error());
    for (Segment& segment : *made) {
      tokens += std::ssize(segment.tokens);
      segments.push_back(std::move(segment));
    }
  }
  scores.assign(asked.size(), std::vector<std::vector<float>>(heads));
  std::vector<Place> places;
  const int head_tokens = reader.encoder->head_tokens();
  auto done =
      reader.encoder->encode(std::move(segments), cancel, [&](const SegmentEncoder::Encoded& e) -> Result<void> {
        for (const SegmentSpan& span : e.segment.spans) {
          if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
          if (span.last_token <= span.first_token) continue;
          places.push_back({e.segment.path, span.first_line, span.last_line});
          const RankingKeys keys =
              reader.heads->keys(e.kv, head_tokens + span.first_token, head_tokens + span.last_token);
          const auto found = reader.heads->score(asked.queries, keys, reader.model->threads());
          for (size_t text = 0; text < found.size(); ++text)
            for (size_t head = 0; head < heads; ++head) scores[text][head].push_back(found[text][head]);
        }
        read += std::ssize(e.segment.tokens);
        if (progress) progress("reading", read, tokens);
        return reader.snapshots->put(e.segment, kRecipe, e.kv, head_tokens);
      });
  if (!done) return std::unexpected(done.error());
  return places;
}

void standardise(std::vector<float>& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const float value : values) squares += (value - mean) * (value - mean);
  const double deviation = std::max(std::sqrt(squares / count), 1e-6);
  for (float& value : values) value = static_cast<float>((value - mean) / deviation);
}

double mean_of(std::span<const double> values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The best heads for these texts.
std::vector<size_t> best_heads(const std::vector<std::vector<double>>& ranks, std::span<const size_t> texts) {
  std::vector<std::pair<double, size_t>> order;
  for (size_t head = 0; !texts.empty() && head < ranks[texts[0]].size(); ++head) {
    double sum = 0;
    for (const size_t text : texts) sum += ranks[text][head];
    order.push_back({-sum, head});
  }
  std::ranges::sort(order);
  std::vector<size_t> best;
  for (size_t i = 0; i < std::min(kHeads, order.size()); ++i) best.push_back(order[i].second);
  return best;
}

struct FoundHeads {
  std::vector<RetrievalHead> heads;
  double together = 0;  // mean reciprocal rank of what was asked for, by heads that others have chosen
};

FoundHeads find_heads(const std::vector<RetrievalHead>& all, const Asked& asked, const std::vector<Place>& places,
                      const CalibrationPack& pack, Scores& scores) {
  std::vector<size_t> wanted, texts[2], every;
  std::vector<std::vector<double>> ranks(asked.size());
  for (size_t text = 0; text < asked.size(); ++text) {
    const auto* about = asked.about[text];
    const auto place = std::ranges::find_if(places, [&](const Place& p) { return p.holds(*about); });
    wanted.push_back(static_cast<size_t>(place - places.begin()));
    if (place == places.end()) continue;  // its passage has no tokens of its own
    every.push_back(text);
    texts[static_cast<size_t>(about - pack.present.data()) % 2].push_back(text);
    for (std::vector<float>& of_head : scores[text]) {
      standardise(of_head);
      ranks[text].push_back(reciprocal_rank(of_head, wanted.back()));
    }
  }
  FoundHeads found;
  if (every.empty()) return found;
  std::vector<double> together;
  for (const size_t half : {0, 1}) {
    const std::vector<size_t> chosen = best_heads(ranks, texts[1 - half]);
    for (const size_t text : texts[half]) {
      std::vector<float> sum(places.size());
      for (const size_t head : chosen)
        for (size_t i = 0; i < sum.size(); ++i) sum[i] += scores[text][head][i];
      together.push_back(reciprocal_rank(sum, wanted[text]));
    }
  }
  found.together = mean_of(together);
  if (found.together >= kHeadsFind)
    for (const size_t head : best_heads(ranks, every)) found.heads.push_back(all[head]);
  return found;
}

// Where what was asked for came in rankings.
class Counts {
 public:
  void add(const Ranking& ranking, const CalibrationPack::Question& question) {
    size_t at = 0;
    while (at < ranking.passages.size() &&
           !Place{ranking.passages[at].passage.file, ranking.passages[at].passage.first_line,
                  ranking.passages[at].passage.last_line}
                .holds(question))
      ++at;
    first_ += at == 0;
    first_five_ += at < 5;
    first_ten_ += at < 10;
    reciprocal_.push_back(at < ranking.passages.size() ? 1.0 / static_cast<double>(at + 1) : 0.0);
  }
  const std::vector<double>& reciprocal() const { return reciprocal_; }
  json told() const {
    return {{"of", reciprocal_.size()},
            {"first", first_},
            {"first_five", first_five_},
            {"first_ten", first_ten_},
            {"mean_reciprocal_rank", mean_of(reciprocal_)}};
  }

 private:
  int first_ = 0, first_five_ = 0, first_ten_ = 0;
  std::vector<double> reciprocal_;
};

// Better by more than chance does one time in six: the mean of the differences is above its standard error.
bool better(std::span<const double> with, std::span<const double> without) {
  std::vector<double> gains, squares;
  for (size_t i = 0; i < with.size(); ++i) gains.push_back(with[i] - without[i]);
  const double mean = mean_of(gains);
  for (const double gain : gains) squares.push_back((gain - mean) * (gain - mean));
  return mean > 0 && mean > std::sqrt(mean_of(squares) / static_cast<double>(gains.size()));
}

// The words the model guesses for questions, each guessed once; empty where ask() would not guess.
class Guesses {
 public:
  Guesses(const Reader& reader, const Cancel* cancel) : reader_(&reader), cancel_(cancel) {}
  Result<std::string> of(const Question& question) {
    if (!question.identifiers.empty()) return std::string();
    if (const auto known = words_.find(question.text); known != words_.end()) return known->second;
    auto words = guess_words(*reader_, question.text, cancel_);
    if (words) words_[question.text] = *words;
    return words;
  }

 private:
  const Reader* reader_;
  const Cancel* cancel_;
  std::map<std::string, std::string> words_;
};

// Ranks for each question: as heads and guesses would have it, and without them.
Result<void> compare_rankings(Workspace& workspace, const CalibrationPack& pack, Guesses& guesses,
                              const repo::Progress& progress, const Cancel* cancel, Calibrated& result) {
  TextCache texts(workspace.index);
  Counts plain, with_heads, with_guesses;
  std::vector<double> unguessed;
  const auto heads = workspace.scout.heads;
  int64_t done = 0;
  for (const auto& one : pack.present) {
    Question question = analyse_question(one.text, workspace.index);
    const auto count = [&](Counts& counts) -> Result<void> {
      auto ranking = rank(workspace, question, texts, RankDepth::kQuick, cancel);
      if (!ranking) return std::unexpected(ranking.error());
      counts.add(*ranking, one);
      return {};
    };
    if (auto counted = count(with_heads); !counted) return counted;
    auto words = guesses.of(question);
    if (!words) return std::unexpected(words.error());
    if (!words->empty()) {
      question.guessed = std::move(*words);
      if (auto counted = count(with_guesses); !counted) return counted;
      unguessed.push_back(with_heads.reciprocal().back());
      question.guessed.clear();
    }
    workspace.scout.heads = nullptr;
    auto counted = count(plain);
    workspace.scout.heads = heads;
    if (!counted) return counted;
    if (progress) progress("ranking", ++done, std::ssize(pack.present));
  }
  if (mean_of(with_heads.reciprocal()) < mean_of(plain.reciprocal())) {
    result.calibration.retrieval_heads.clear();
    use_heads(workspace.scout, {});
  }
  result.calibration.guesses_well = better(with_guesses.reciprocal(), unguessed);
  result.measured["ranking"] = {{"without_heads", plain.told()}, {"with_heads", with_heads.told()}};
  if (!unguessed.empty()) {
    result.measured["ranking"]["with_guessed_words"] = with_guesses.told();
    result.measured["ranking"]["with_guessed_words"]["mean_without_them"] = mean_of(unguessed);
  }
  return {};
}

// The odds that what is asked for is shown, for everything that ask() would look at them for: of what is not there, and
// of about as much that is.
Result<void> compare_odds(Workspace& workspace, const CalibrationPack& pack, Guesses& guesses,
                          const repo::Progress& progress, const Cancel* cancel, Calibrated& result) {
  TextCache texts(workspace.index);
  const Model& model = *workspace.answerer.model;
  const auto total = (std::ssize(pack.present) + 1) / 2 + std::ssize(pack.absent);
  int64_t done = 0;
  const auto odds_of = [&](const std::string& text,
                           const CalibrationPack::Question* wanted) -> Result<std::optional<double>> {
    if (progress) progress("judging", done++, total);
    Question question = analyse_question(text, workspace.index);
    if (result.calibration.guesses_well) {
      auto words = guesses.of(question);
      if (!words) return std::unexpected(words.error());
      question.guessed = std::move(*words);
    }
    auto ranking = rank(workspace, question, texts, RankDepth::kFull, cancel);
    if (!ranking) return std::unexpected(ranking.error());
    if (ranking->evidence.named || !ranking->evidence.unknown.empty()) return std::nullopt;
    auto excerpts = choose_excerpts(workspace, *ranking, {}, texts);
    if (!excerpts) return std::unexpected(excerpts.error());
    // Of what is there, but was not found, nobody could tell from the excerpts.
    if (wanted && std::ranges::none_of(*excerpts, [&](const Excerpt& e) {
          return Place{e.file, e.first_line, e.last_line}.holds(*wanted);
        }))
      return std::nullopt;
    Session session(workspace.answerer.model);
    if (auto assembled = assemble(workspace, session, *excerpts, "", text, cancel); !assembled)
      return std::unexpected(assembled.error());
    auto odds = shown(session, model, cancel);
    if (!odds) return std::unexpected(odds.error());
    return std::optional(*odds);
  };
  std::vector<double> present, absent;
  for (size_t i = 0; i < pack.present.size(); i += 2) {
    auto odds = odds_of(pack.present[i].text, &pack.present[i]);
    if (!odds) return std::unexpected(odds.error());
    if (*odds) present.push_back(**odds);
  }
  for (const auto& text : pack.absent) {
    auto odds = odds_of(text, nullptr);
    if (!odds) return std::unexpected(odds.error());
    if (*odds) absent.push_back(**odds);
  }
  result.calibration.answerable_from = part(absent, present);
  json& told = result.measured["answerable"];
  told = {
      {"area_under_curve", area_under_curve(absent, present)}, {"present", present.size()}, {"absent", absent.size()}};
  if (const auto from = result.calibration.answerable_from) {
    const auto below = [&](double odds) { return odds < *from; };
    told["present_below"] = std::ranges::count_if(present, below);
    told["absent_below"] = std::ranges::count_if(absent, below);
  }
  return {};
}

}  // namespace

double reciprocal_rank(std::span<const float> scores, size_t wanted) {
  size_t above = 0, equal = 0;
  for (const float score : scores) above += score > scores[wanted], equal += score == scores[wanted];
  return 1 / (static_cast<double>(above) + 1 + (static_cast<double>(equal) - 1) / 2);
}

double area_under_curve(std::span<const double> low, std::span<const double> high) {
  if (low.empty() || high.empty()) return 0.5;
  double sum = 0;
  for (const double a : low)
    for (const double b : high) sum += a < b ? 1 : a == b ? 0.5 : 0;
  return sum / static_cast<double>(low.size() * high.size());
}

std::optional<double> part(std::span<const double> absent, std::span<const double> present) {
  if (area_under_curve(absent, present) < kTellsApart) return std::nullopt;
  std::vector<double> all(absent.begin(), absent.end());
  all.insert(all.end(), present.begin(), present.end());
  std::ranges::sort(all);
  const auto share_below = [](std::span<const double> values, double limit) {
    return static_cast<double>(std::ranges::count_if(values, [&](double value) { return value < limit; })) /
           static_cast<double>(values.size());
  };
  double best = 0, from = all.front();
  for (size_t i = 1; i < all.size(); ++i) {
    const double limit = (all[i - 1] + all[i]) / 2;
    const double gain = share_below(absent, limit) - kFalseAlarm * share_below(present, limit);
    if (gain > best) best = gain, from = limit;
  }
  return from;
}

Result<Calibrated> calibrate(std::shared_ptr<Model> model, const fs::path& folder, const repo::Progress& progress,
                             const Cancel* cancel) {
  const CalibrationPack pack = calibration_pack();
  auto index = open_pack(pack, folder / "code", cancel);
  if (!index) return std::unexpected(index.error());
  auto reader = make_reader(model, folder / "kv", {});
  if (!reader) return std::unexpected(reader.error());

  // Every head but those of the last layer, where only rows with outputs have queries.
  std::vector<RetrievalHead> all;
  for (int layer = 0; layer < model->params().layers - 1; ++layer)
    for (int head = 0; head < model->params().heads; ++head) all.push_back({layer, head});
  if (all.empty())
    return fail(ErrorKind::kUnsupported, model->params().name + " has one layer only; there is nothing to calibrate");
  use_heads(*reader, all);
  Workspace workspace{std::move(*index), std::move(*reader), {}};
  Calibrated result;
  {
    if (auto done = prepare_heads(workspace.scout, cancel); !done) return std::unexpected(done.error());
    auto asked = read_questions(workspace.scout, pack, cancel);
    if (!asked) return std::unexpected(asked.error());
    Scores scores;
    auto places = read_pack(workspace, *asked, all.size(), scores, progress, cancel);
    if (!places) return std::unexpected(places.error());
    FoundHeads found = find_heads(all, *asked, *places, pack, scores);
    result.measured["passages"] = places->size();
    result.measured["texts"] = asked->size();
    result.measured["heads_mean_reciprocal_rank"] = found.together;
    result.calibration.retrieval_heads = std::move(found.heads);
  }
  use_heads(workspace.scout, result.calibration.retrieval_heads);
  workspace.answerer = workspace.scout;
  Guesses guesses(workspace.answerer, cancel);
  if (auto done = compare_rankings(workspace, pack, guesses, progress, cancel, result); !done)
    return std::unexpected(done.error());
  if (model->chat_template())
    if (auto done = compare_odds(workspace, pack, guesses, progress, cancel, result); !done)
      return std::unexpected(done.error());
  result.calibration.source = Calibration::Source::kUser;
  return result;
}

}  // namespace strata::agent
