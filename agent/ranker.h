// SPDX-License-Identifier: Apache-2.0
// Which passages of the repository a question is about. Candidates are the best by embedding, the best by full-text
// search, and the definitions of what the question names; the signals become z-scores over the candidates and are
// added.
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/ask.h"
#include "agent/question.h"

namespace strata::agent {

struct Candidate {
  repo::Passage passage;
  std::optional<double> cosine;          // nothing: the passage has not been read
  std::optional<double> attention = {};  // of the retrieval heads; nothing as above, or the model has none
  double bm25 = 0;                       // 0: not among the hits
  double guessed = 0;                    // BM25 of the guessed words; 0: not among their hits
  double identifier = 0;                 // 1: defines what the question names
  double name = 0;                       // 1: defines what is called as the question describes it; see name_match()
  bool aside = false;  // tests, documents, generated and foreign code, unless the question is about them
};

// How much each stem says: the logarithm of how rare it is among the passages.
using TermWeights = std::unordered_map<std::string, double>;
Result<void> weigh(const repo::Index& index, const std::vector<std::string>& stems, TermWeights& weights);

// How far a name says what the question says, 0..1: all of `validate_absolute_path` in "where is the absolute path of a
// file validated", none of `run`. `asked`: the question's terms.
double name_match(std::string_view name, const TermWeights& asked);

struct RankingWeights {
  double bm25 = 1.0;  // beside the embedding's 1. Comments are kept, so words count for more than in the experiment
  // Kept for code without comments, where the heads added to the embedding (prototype, 160 questions: first .39 with
  // them, .30 without). With comments and likelihood they make no difference: of 44 questions the right passage is
  // first for 30, among the first five for 41 with this weight, 32 and 40 without heads.
  double attention = 0.5;
  double guessed = 0.6;  // of the guessed words, see guessed_words.h
  double identifier = 2.0;
  double subjects = 20.0;  // instead of the identifier's where a question is about two of them
  double name = 2.0;
  double unread = 0.5;    // a passage that has not been read gets this share of z(bm25) for its embedding
  double demotion = 4.0;  // taken from what stands aside
};

// Best first. Pure.
std::vector<RankedPassage> fuse(std::vector<Candidate> candidates, const RankingWeights& weights = {});

// Texts of files, each read once per question. nullptr if the file changed or is gone.
class TextCache {
 public:
  explicit TextCache(const repo::Index& index) : index_(&index) {}
  const std::string* text(const std::string& path);

 private:
  const repo::Index* index_;
  std::unordered_map<std::string, std::optional<std::string>> texts_;
};

// A question's side of what was stored of passages.
struct Direction {
  std::vector<float> embedding;  // less what all questions have in common
  RetrievalHeads::Queries queries;
};

struct Ranking {
  std::vector<RankedPassage> passages;
  Direction direction;  // empty if nothing has been read
  Evidence evidence;
  TermWeights weights;  // of the question's terms
  size_t subjects = 1;  // passages at its head that the question is about to the same degree
};

enum class RankDepth {
  kQuick,  // without likelihoods
  kFull,
};
// `earlier`: a ranking of the same text, whose direction is taken over.
Result<Ranking> rank(Workspace& workspace, const Question& question, TextCache& texts, RankDepth depth,
                     const Cancel* cancel, const Ranking* earlier = nullptr);

// True if what was asked for does not seem to be in the repository. Pure; tests/bench/ask_eval.py
// counts what the thresholds get right and their false alarms.
bool seems_absent(const Evidence& evidence);

}  // namespace strata::agent
