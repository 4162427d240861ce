// SPDX-License-Identifier: Apache-2.0
#include "agent/ranker.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "agent/prompts.h"
#include "agent/structural.h"

namespace strata::agent {

namespace {

constexpr size_t kCandidates = 150;       // of each signal
constexpr int kFrequencyLimit = 400;      // passages with a term are counted up to this
constexpr size_t kEvidencePassages = 24;  // of each signal, looked at for the question's terms
constexpr std::string_view kQuestionMean = "question-mean-1";

struct Moments {
  double mean = 0, deviation = 1;
  double z(double x) const { return (x - mean) / deviation; }
};

template <typename Value>
Moments moments(const std::vector<Candidate>& candidates, Value value) {
  double sum = 0, squares = 0;
  size_t count = 0;
  for (const Candidate& c : candidates)
    if (const std::optional<double> x = value(c)) sum += *x, squares += *x * *x, ++count;
  if (count < 2) return {};
  const double mean = sum / static_cast<double>(count);
  const double variance = squares / static_cast<double>(count) - mean * mean;
  return {mean, variance > 1e-12 ? std::sqrt(variance) : 1.0};
}

// The mean embedding of the generic questions, computed once per model.
Result<std::vector<float>> question_mean(Reader& scout, const Cancel* cancel) {
  auto known = scout.snapshots->constant(kQuestionMean);
  if (!known) return std::unexpected(known.error());
  if (*known) return std::move(**known);
  std::vector<float> mean(static_cast<size_t>(scout.model->params().width));
  std::vector<Segment> questions;
  for (const std::string_view question : kGenericQuestions) {
    Segment& segment = questions.emplace_back();
    segment.tokens = scout.model->tokenizer().encode(question);
    segment.spans.resize(1);
    segment.spans[0].last_token = static_cast<int>(segment.tokens.size());
  }
  auto encoded = scout.encoder->encode(std::move(questions), cancel, [&](SegmentEncoder::Encoded one) -> Result<void> {
    for (size_t i = 0; i < mean.size(); ++i)
      mean[i] += one.segment.spans[0].embedding[i] / static_cast<float>(std::size(kGenericQuestions));
    return {};
  });
  if (!encoded) return std::unexpected(encoded.error());
  if (auto stored = scout.snapshots->set_constant(kQuestionMean, mean); !stored) return std::unexpected(stored.error());
  return mean;
}

Result<std::vector<float>> question_direction(Reader& scout, const std::string& text, const Cancel* cancel) {
  auto mean = question_mean(scout, cancel);
  if (!mean) return std::unexpected(mean.error());
  auto embedding = scout.encoder->embed(scout.model->tokenizer().encode(text), cancel);
  if (!embedding) return std::unexpected(embedding.error());
  for (size_t i = 0; i < embedding->size(); ++i) (*embedding)[i] -= (*mean)[i];
  return embedding;
}

// Candidates by place, so that a passage found in several ways is one.
class Candidates {
 public:
  explicit Candidates(const repo::Index& index) : index_(&index) {}
  Candidate& at(const repo::Passage& passage) {
    const auto [it, inserted] = places_.try_emplace({passage.file, passage.first_line}, all_.size());
    if (inserted) all_.push_back({passage, {}, 0, 0});
    return all_[it->second];
  }
  // The passage that holds this line; nullptr if the file has none there.
  Result<Candidate*> at(const std::string& path, int line) {
    auto file = passages_.find(path);
    if (file == passages_.end()) {
      auto passages = index_->passages(path);
      if (!passages) return std::unexpected(passages.error());
      file = passages_.emplace(path, std::move(*passages)).first;
    }
    for (const repo::Passage& passage : file->second)
      if (passage.first_line <= line && line <= passage.last_line) return &at(passage);
    return nullptr;
  }
  std::vector<Candidate>& all() { return all_; }

 private:
  const repo::Index* index_;
  std::map<std::pair<std::string, int>, size_t> places_;
  std::map<std::string, std::vector<repo::Passage>> passages_;
  std::vector<Candidate> all_;
};

Result<Evidence> find_evidence(const repo::Index& index, const Question& question,
                               const std::vector<RankedPassage>& ranked, TextCache& texts) {
  Evidence evidence;
  for (const Identifier& identifier : question.identifiers) {
    if (!identifier.certain) continue;
    auto known = index.knows_word(last_component(identifier.text));
    if (!known) return std::unexpected(known.error());
    if (!*known) evidence.unknown.push_back(identifier.text);
  }
  // A term counts by how rare it is: what hardly any passage has is what the question is about.
  std::vector<double> weights;
  double total = 0;
  for (const std::string& term : question.terms) {
    auto hits = index.search(term, kFrequencyLimit);
    if (!hits) return std::unexpected(hits.error());
    const double weight = std::log((kFrequencyLimit + 1.0) / (static_cast<double>(hits->size()) + 0.5));
    if (hits->empty()) evidence.missing.push_back(term);
    weights.push_back(weight + 0.1);
    total += weights.back();
  }
  std::vector<const RankedPassage*> looked_at;
  for (size_t i = 0; i < std::min(kEvidencePassages, ranked.size()); ++i) looked_at.push_back(&ranked[i]);
  for (const RankedPassage* r : looked_at) {
    const std::string* text = texts.text(r->passage.file);
    if (!text || r->passage.last_byte > text->size()) continue;
    std::unordered_set<std::string> stems;
    for (const std::string_view part :
         {std::string_view(r->passage.file), std::string_view(r->passage.symbol),
          std::string_view(*text).substr(r->passage.first_byte, r->passage.last_byte - r->passage.first_byte)})
      for (std::string& s : stems_of(part)) stems.insert(std::move(s));
    double covered = 0;
    for (size_t t = 0; t < weights.size(); ++t)
      if (stems.contains(question.terms[t])) covered += weights[t];
    if (total > 0) evidence.coverage = std::max(evidence.coverage, covered / total);
  }
  if (question.terms.empty()) evidence.coverage = 1;
  return evidence;
}

}  // namespace

const std::string* TextCache::text(const std::string& path) {
  auto it = texts_.find(path);
  if (it == texts_.end()) {
    std::optional<std::string> text;
    if (auto file = index_->file(path); file && *file)
      if (auto read = index_->read_text(**file)) text = std::move(*read);
    it = texts_.emplace(path, std::move(text)).first;
  }
  return it->second ? &*it->second : nullptr;
}

std::vector<RankedPassage> fuse(std::vector<Candidate> candidates, const Question& question,
                                const RankingWeights& weights) {
  const Moments cosine = moments(candidates, [](const Candidate& c) { return c.cosine; });
  const Moments bm25 = moments(candidates, [](const Candidate& c) { return std::optional(c.bm25); });
  std::vector<RankedPassage> ranked;
  ranked.reserve(candidates.size());
  for (Candidate& c : candidates) {
    RankedPassage r;
    r.bm25 = bm25.z(c.bm25);
    r.embedding = c.cosine ? cosine.z(*c.cosine) : weights.unread * r.bm25;
    r.identifier = c.identifier;
    r.score = r.embedding + weights.bm25 * r.bm25 + weights.identifier * c.identifier;
    if (beside_the_program(c.passage.file, question)) r.score -= weights.demotion;
    r.passage = std::move(c.passage);
    ranked.push_back(std::move(r));
  }
  std::ranges::stable_sort(ranked, std::ranges::greater{}, &RankedPassage::score);
  return ranked;
}

Result<Ranking> rank(Workspace& workspace, const Question& question, TextCache& texts, const Cancel* cancel) {
  const repo::Index& index = workspace.index;
  if (auto done = workspace.read->refresh(index, *workspace.scout.snapshots); !done)
    return std::unexpected(done.error());
  Candidates candidates(index);
  auto hits = index.search(question.text, kCandidates);
  if (!hits) return std::unexpected(hits.error());
  for (const repo::Hit& hit : *hits) candidates.at(hit.passage).bm25 = hit.score;
  for (const Identifier& identifier : question.identifiers) {
    auto symbols = index.find_symbols(last_component(identifier.text));
    if (!symbols) return std::unexpected(symbols.error());
    for (const repo::Symbol& symbol : *symbols) {
      auto candidate = candidates.at(symbol.file, symbol.name_line);
      if (!candidate) return std::unexpected(candidate.error());
      if (*candidate) (*candidate)->identifier = symbol.definition ? 1 : 0.5;
    }
  }
  Ranking ranking;
  std::vector<float> direction;
  if (workspace.read->size() > 0) {
    auto made = question_direction(workspace.scout, question.text, cancel);
    if (!made) return std::unexpected(made.error());
    direction = std::move(*made);
    for (const auto& near : workspace.read->nearest(direction, kCandidates)) {
      auto candidate = candidates.at(near.path, near.span->first_line);
      if (!candidate) return std::unexpected(candidate.error());
      if (*candidate) (*candidate)->cosine = near.cosine;
      if (!ranking.evidence.cosine) ranking.evidence.cosine = near.cosine;
    }
    for (Candidate& c : candidates.all())
      if (!c.cosine) c.cosine = workspace.read->cosine(direction, c.passage.file, c.passage.first_line);
  }
  ranking.passages = fuse(std::move(candidates.all()), question);
  auto evidence = find_evidence(index, question, ranking.passages, texts);
  if (!evidence) return std::unexpected(evidence.error());
  evidence->cosine = ranking.evidence.cosine;
  ranking.evidence = std::move(*evidence);
  return ranking;
}

bool seems_absent(const Evidence& evidence) {
  constexpr double kLittle = 0.35, kHalf = 0.55, kFar = 0.30;
  if (!evidence.unknown.empty()) return true;
  if (evidence.coverage < kLittle) return !evidence.cosine || *evidence.cosine < 2 * kFar;
  return evidence.coverage < kHalf && !evidence.missing.empty() && (!evidence.cosine || *evidence.cosine < kFar);
}

}  // namespace strata::agent
