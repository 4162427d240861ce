// SPDX-License-Identifier: Apache-2.0
#include "agent/ranker.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include "agent/file_roles.h"
#include "agent/prompts.h"
#include "repo-indexer/terms.h"

namespace strata::agent {

namespace {

constexpr size_t kCandidates = 150;       // of each signal
constexpr size_t kEvidencePassages = 24;  // of each signal, looked at for the question's terms
constexpr double kDeclared = 0.5;         // of the name of what is only declared
constexpr double kNumberedWeight = 6;     // of "HTTP/2" where nothing has it: that of a word of one passage in 400
constexpr size_t kJudged = 10;            // of the ranking's head, by how likely they make the question
constexpr int kJudgedTokens = 384;        // of a passage: its signature, its comment and what it begins with
constexpr size_t kQuestionTokens = 32;    // of the question, for that
// Beside the score's other half. Measured with the 1.5B on dash, requests and ninja, 44 questions told in words,
// without retrieval heads: the right passage is first for 27 of them without likelihood, for 28 with 0.7 of it beside
// 0.3 of the rank, and for 32 in this way.
constexpr double kLikelihoodShare = 0.5;

struct Moments {
  double mean = 0, deviation = 1;
  double z(double x) const { return (x - mean) / deviation; }
};

template <typename Item, typename Value>
Moments moments(const std::vector<Item>& items, Value value) {
  double sum = 0, squares = 0;
  size_t count = 0;
  for (const Item& item : items)
    if (const std::optional<double> x = value(item)) sum += *x, squares += *x * *x, ++count;
  if (count < 2) return {};
  const double mean = sum / static_cast<double>(count);
  const double variance = squares / static_cast<double>(count) - mean * mean;
  return {mean, variance > 1e-12 ? std::sqrt(variance) : 1.0};
}

Result<Direction> question_direction(Reader& scout, const std::string& text, const Cancel* cancel) {
  auto mean = question_mean(scout, cancel);
  if (!mean) return std::unexpected(mean.error());
  const std::vector<TokenId> tokens = scout.model->tokenizer().encode(text);
  auto wanted = scout.heads ? scout.heads->wanted() : std::vector<HeadQueries>();
  auto embedded = scout.encoder->embed({&tokens, 1}, cancel, wanted);
  if (!embedded) return std::unexpected(embedded.error());
  Direction direction{std::move(embedded->front()), {}};
  for (size_t i = 0; i < direction.embedding.size(); ++i) direction.embedding[i] -= (*mean)[i];
  if (scout.heads) direction.queries = scout.heads->quantize(wanted);
  return direction;
}

// Candidates by place, so that a passage found in several ways is one.
class Candidates {
 public:
  explicit Candidates(const repo::Index& index) : index_(&index) {}
  Candidate& at(const repo::Passage& passage) {
    const auto [it, inserted] = places_.try_emplace({passage.file, passage.first_line}, all_.size());
    if (inserted) all_.push_back({.passage = passage, .cosine = {}});
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

// What symbols that are defined within the passage are called.
Result<void> match_names(const repo::Index& index, const TermWeights& asked, std::vector<Candidate>& candidates) {
  std::map<std::string_view, std::vector<Candidate*>> by_file;
  for (Candidate& c : candidates) by_file[c.passage.file].push_back(&c);
  for (const auto& [file, passages] : by_file) {
    auto symbols = index.symbols(file);
    if (!symbols) return std::unexpected(symbols.error());
    for (const repo::Symbol& symbol : *symbols) {
      const double match = name_match(symbol.name, asked) * (symbol.definition ? 1 : kDeclared);
      for (Candidate* c : passages)
        if (c->passage.first_line <= symbol.name_line && symbol.name_line <= c->passage.last_line)
          c->name = std::max(c->name, match);
    }
  }
  return {};
}

// The stored keys of a span; made from its stored rows, and kept, if what is kept is of other heads or none: the model
// was calibrated after it had read this.
Result<RankingKeys> ranking_keys(Reader& scout, const StoredSpan& span, const Cancel* cancel) {
  auto bytes = scout.snapshots->ranking_keys(span.segment, span.first_token);
  if (!bytes) return std::unexpected(bytes.error());
  RankingKeys keys = scout.heads->unpack(*bytes);
  const int tokens = span.last_token - span.first_token;
  if (!keys.keys.empty() || tokens <= 0) return keys;
  if (auto done = prepare_heads(scout, cancel); !done) return std::unexpected(done.error());
  KvCache kv(scout.model->params().kv);
  kv.resize(tokens);
  if (auto loaded = scout.snapshots->load_rows(span.segment, span.first_token, tokens, kv, 0); !loaded)
    return std::unexpected(loaded.error());
  keys = scout.heads->keys(kv, 0, tokens);
  auto kept = scout.snapshots->set_ranking_keys(span.segment, span.first_token, scout.heads->pack(keys));
  if (!kept) return std::unexpected(kept.error());
  return keys;
}

// What the retrieval heads think of the candidates that have been read: the mean over heads of each head's score,
// standardised over the candidates.
Result<void> attend(Workspace& workspace, const RetrievalHeads::Queries& queries, std::vector<Candidate>& candidates,
                    const Cancel* cancel) {
  Reader& scout = workspace.scout;
  std::vector<Candidate*> read;
  std::vector<std::vector<float>> scores;
  for (Candidate& c : candidates) {
    const StoredSpan* span = workspace.read->find(c.passage);
    if (!span) continue;
    auto keys = ranking_keys(scout, *span, cancel);
    if (!keys && keys.error().kind == ErrorKind::kDamaged) continue;  // read again later
    if (!keys) return std::unexpected(keys.error());
    if (keys->keys.empty()) continue;
    read.push_back(&c);
    scores.push_back(scout.heads->score(queries, *keys));
    c.attention = 0;
  }
  for (size_t head = 0; head < queries.size(); ++head) {
    const Moments m = moments(scores, [&](const auto& of) { return std::optional<double>(of[head]); });
    for (size_t i = 0; i < read.size(); ++i)
      *read[i]->attention += m.z(scores[i][head]) / static_cast<double>(queries.size());
  }
  return {};
}

// Orders the head of the ranking by how likely each passage makes the question. It takes the stored rows of all of
// them, so what has not been read leaves the order as it is.
Result<void> judge(Workspace& workspace, const Question& question, std::vector<RankedPassage>& ranked,
                   const Cancel* cancel) {
  const size_t count = std::min(kJudged, ranked.size());
  if (count < 2) return {};
  Reader& scout = workspace.scout;
  std::vector<KvCache> contexts;
  for (size_t i = 0; i < count; ++i) {
    const StoredSpan* span = workspace.read->find(ranked[i].passage);
    if (!span) return {};
    const int head = scout.encoder->head_tokens();
    const int tokens = std::min(span->last_token - span->first_token, kJudgedTokens);
    KvCache& kv = contexts.emplace_back(scout.model->params().kv);
    kv.resize(head + tokens);
    auto loaded = scout.snapshots->load_rows(span->segment, span->first_token, tokens, kv, head);
    if (!loaded && loaded.error().kind == ErrorKind::kDamaged) return {};  // read again later
    if (!loaded) return loaded;
  }
  const Tokenizer& tokenizer = scout.model->tokenizer();
  std::vector<TokenId> asked = tokenizer.encode(" " + question.text);
  asked.resize(std::min(asked.size(), kQuestionTokens));
  auto likely = scout.encoder->likelihood(contexts, tokenizer.encode(kInWords), asked, cancel);
  if (!likely) return std::unexpected(likely.error());
  std::vector<double> scores;
  for (size_t i = 0; i < count; ++i) scores.push_back(ranked[i].score);
  const auto itself = [](double x) { return std::optional(x); };
  // Prose is likelier than code to make a question (manuals of less and cobra came first), so documents are compared
  // with one another.
  for (const bool aside : {false, true}) {
    double sum = 0, of = 0;
    for (size_t i = 0; i < count; ++i)
      if (ranked[i].aside == aside) sum += (*likely)[i], ++of;
    for (size_t i = 0; i < count; ++i)
      if (ranked[i].aside == aside) (*likely)[i] -= sum / of;
  }
  const Moments likelihood = moments(*likely, itself), score = moments(scores, itself);
  std::vector<std::pair<double, size_t>> order;
  for (size_t i = 0; i < count; ++i) {
    ranked[i].likelihood = likelihood.z((*likely)[i]);
    order.push_back({kLikelihoodShare * ranked[i].likelihood + (1 - kLikelihoodShare) * score.z(scores[i]), i});
  }
  std::ranges::stable_sort(order, std::ranges::greater{}, &std::pair<double, size_t>::first);
  std::vector<RankedPassage> head;
  for (const auto& [fused, i] : order) head.push_back(std::move(ranked[i]));
  std::ranges::move(head, ranked.begin());
  return {};
}

Result<Evidence> find_evidence(const repo::Index& index, const Question& question, const TermWeights& weights,
                               const std::vector<RankedPassage>& ranked, TextCache& texts) {
  Evidence evidence;
  for (const Identifier& identifier : question.identifiers) {
    if (!identifier.certain) continue;
    auto known = index.knows_word(last_component(identifier.text));
    if (!known) return std::unexpected(known.error());
    if (!*known) evidence.unknown.push_back(identifier.text);
    auto symbols = index.find_symbols(last_component(identifier.text));
    if (!symbols) return std::unexpected(symbols.error());
    evidence.named |= !symbols->empty();
  }
  double total = 0, missing = 0;
  for (const Term& term : question.terms) {
    auto frequency = index.frequency(term.stem);
    if (!frequency) return std::unexpected(frequency.error());
    const double weight = weights.at(term.stem);
    total += weight;
    if (frequency->passages > 0) continue;
    missing += weight;
    evidence.missing.push_back(term.word);
  }
  for (const std::string& name : question.numbered) {
    auto known = index.knows_phrase(name);
    if (!known) return std::unexpected(known.error());
    if (*known) continue;
    total += kNumberedWeight;
    missing += kNumberedWeight;
    evidence.missing.push_back(name);
  }
  if (total > 0) evidence.missing_share = missing / total;
  std::vector<const RankedPassage*> looked_at;
  for (size_t i = 0; i < std::min(kEvidencePassages, ranked.size()); ++i) looked_at.push_back(&ranked[i]);
  for (const RankedPassage* r : looked_at) {
    const std::string* text = texts.text(r->passage.file);
    if (!text || r->passage.last_byte > text->size()) continue;
    std::unordered_set<std::string> stems;
    for (const std::string_view part :
         {std::string_view(r->passage.file), std::string_view(r->passage.symbol),
          std::string_view(*text).substr(r->passage.first_byte, r->passage.last_byte - r->passage.first_byte)})
      for (std::string& s : repo::stems_of(part)) stems.insert(std::move(s));
    double covered = 0;
    for (const auto& [stem, weight] : weights)
      if (stems.contains(stem)) covered += weight;
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

Result<void> weigh(const repo::Index& index, const std::vector<std::string>& stems, TermWeights& weights) {
  for (const std::string& stem : stems) {
    const auto [it, added] = weights.try_emplace(stem);
    if (!added) continue;
    auto frequency = index.frequency(stem);
    if (!frequency) return std::unexpected(frequency.error());
    it->second = std::log((static_cast<double>(frequency->of) + 1) / (static_cast<double>(frequency->passages) + 0.5));
  }
  return {};
}

double name_match(std::string_view name, const TermWeights& asked) {
  double total = 0, said = 0;
  for (const auto& [stem, weight] : asked) total += weight;
  int parts = 0, found = 0;
  for (const std::string& part : repo::split_identifier(name)) {
    if (part.size() < 2 || says_nothing(part)) continue;
    ++parts;
    for (const std::string& stem : repo::stems_of(part))
      if (const auto it = asked.find(stem); it != asked.end()) ++found, said += it->second;
  }
  // One word in common is a coincidence as long as the question has more to say.
  return parts && total > 0 ? static_cast<double>(found) / parts * std::sqrt(std::min(1.0, said / total)) : 0;
}

std::vector<RankedPassage> fuse(std::vector<Candidate> candidates, const RankingWeights& weights) {
  const Moments cosine = moments(candidates, [](const Candidate& c) { return c.cosine; });
  const Moments attention = moments(candidates, [](const Candidate& c) { return c.attention; });
  const Moments bm25 = moments(candidates, [](const Candidate& c) { return std::optional(c.bm25); });
  const Moments guessed = moments(candidates, [](const Candidate& c) { return std::optional(c.guessed); });
  std::vector<RankedPassage> ranked;
  ranked.reserve(candidates.size());
  for (Candidate& c : candidates) {
    RankedPassage r;
    r.bm25 = bm25.z(c.bm25);
    r.embedding = c.cosine ? cosine.z(*c.cosine) : weights.unread * r.bm25;
    r.guessed = guessed.z(c.guessed);
    r.attention = c.attention ? attention.z(*c.attention) : 0;
    r.identifier = c.identifier;
    r.name = c.name;
    r.score = r.embedding + weights.attention * r.attention + weights.bm25 * r.bm25 + weights.guessed * r.guessed +
              weights.identifier * c.identifier + weights.name * c.name;
    r.aside = c.aside;
    if (c.aside) r.score -= weights.demotion;
    r.passage = std::move(c.passage);
    ranked.push_back(std::move(r));
  }
  std::ranges::stable_sort(ranked, std::ranges::greater{}, &RankedPassage::score);
  return ranked;
}

Result<Ranking> rank(Workspace& workspace, const Question& question, TextCache& texts, RankDepth depth,
                     const Cancel* cancel, const Ranking* earlier) {
  const repo::Index& index = workspace.index;
  if (workspace.scout.snapshots) {
    if (auto done = workspace.read->refresh(index, *workspace.scout.snapshots); !done)
      return std::unexpected(done.error());
  }
  Candidates candidates(index);
  auto hits = index.search(question.text, kCandidates);
  if (!hits) return std::unexpected(hits.error());
  for (const repo::Hit& hit : *hits) candidates.at(hit.passage).bm25 = hit.score;
  auto expected = index.search(question.guessed, kCandidates);
  if (!expected) return std::unexpected(expected.error());
  for (const repo::Hit& hit : *expected) candidates.at(hit.passage).guessed = hit.score;
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
  std::vector<std::string> stems;
  for (const Term& term : question.terms) stems.push_back(term.stem);
  if (auto done = weigh(index, stems, ranking.weights); !done) return std::unexpected(done.error());
  Direction& direction = ranking.direction;
  if (workspace.read->size() > 0) {
    if (earlier) direction = earlier->direction;
    if (direction.embedding.empty()) {
      auto made = question_direction(workspace.scout, question.text, cancel);
      if (!made) return std::unexpected(made.error());
      direction = std::move(*made);
    }
    for (const auto& near : workspace.read->nearest(direction.embedding, kCandidates)) {
      auto candidate = candidates.at(near.path, near.span->first_line);
      if (!candidate) return std::unexpected(candidate.error());
      if (*candidate) (*candidate)->cosine = near.cosine;
      if (!ranking.evidence.cosine) ranking.evidence.cosine = near.cosine;
    }
    for (Candidate& c : candidates.all())
      if (!c.cosine) c.cosine = workspace.read->cosine(direction.embedding, c.passage.file, c.passage.first_line);
    if (workspace.scout.heads)
      if (auto done = attend(workspace, direction.queries, candidates.all(), cancel); !done)
        return std::unexpected(done.error());
  }
  if (auto done = match_names(index, ranking.weights, candidates.all()); !done) return std::unexpected(done.error());
  for (Candidate& c : candidates.all()) {
    auto file = index.file(c.passage.file);
    if (!file) return std::unexpected(file.error());
    c.aside = beside_the_program(c.passage.file, question) || (*file && ((*file)->generated || (*file)->vendored));
  }
  RankingWeights fusion;
  if (!question.object.empty()) {
    ranking.subjects = 2;
    fusion.identifier = fusion.subjects;
  }
  ranking.passages = fuse(std::move(candidates.all()), fusion);
  // A question that names things is about these; told in words, it is about what makes these words likely.
  if (depth == RankDepth::kFull && question.identifiers.empty() && !direction.embedding.empty())
    if (auto done = judge(workspace, question, ranking.passages, cancel); !done) return std::unexpected(done.error());
  auto evidence = find_evidence(index, question, ranking.weights, ranking.passages, texts);
  if (!evidence) return std::unexpected(evidence.error());
  evidence->cosine = ranking.evidence.cosine;
  ranking.evidence = std::move(*evidence);
  return ranking;
}

bool seems_absent(const Evidence& evidence) {
  constexpr double kQuarter = 0.25, kHalf = 0.5, kNear = 0.45;
  if (!evidence.unknown.empty()) return true;
  if (evidence.named || evidence.missing_share < kQuarter) return false;
  return evidence.coverage < kHalf && (!evidence.cosine || *evidence.cosine < kNear);
}

}  // namespace strata::agent
