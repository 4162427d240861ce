// SPDX-License-Identifier: Apache-2.0
// Which passages of the repository a question is about. Candidates are the best by embedding, the best by full-text
// search, and the definitions of what the question names; the signals become z-scores over the candidates and are
// added.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/ask.h"
#include "agent/question.h"

namespace strata::agent {

struct Candidate {
  repo::Passage passage;
  std::optional<double> cosine;  // nothing: the passage has not been read
  double bm25 = 0;               // 0: not among the hits
  double identifier = 0;         // 1: defines what the question names
};

struct RankingWeights {
  double bm25 = 1.0;  // beside the embedding's 1. Comments are kept, so words count for more than in the experiment
  double identifier = 2.0;
  double unread = 0.5;    // a passage that has not been read gets this share of z(bm25) for its embedding
  double demotion = 2.0;  // taken from tests and documentation, unless the question is about them
};

// Best first. Pure.
std::vector<RankedPassage> fuse(std::vector<Candidate> candidates, const Question& question,
                                const RankingWeights& weights = {});

// Texts of files, each read once per question. nullptr if the file changed or is gone.
class TextCache {
 public:
  explicit TextCache(const repo::Index& index) : index_(&index) {}
  const std::string* text(const std::string& path);

 private:
  const repo::Index* index_;
  std::unordered_map<std::string, std::optional<std::string>> texts_;
};

// What speaks for the question being about this repository at all.
struct Evidence {
  double coverage = 0;               // best share of the question's weighted terms in one passage, 0..1
  std::optional<double> cosine;      // of the best passage; nothing if little has been read
  std::vector<std::string> unknown;  // identifiers of the question that occur nowhere
  std::vector<std::string> missing;  // terms that no passage has
};

struct Ranking {
  std::vector<RankedPassage> passages;
  Evidence evidence;
};

Result<Ranking> rank(Workspace& workspace, const Question& question, TextCache& texts, const Cancel* cancel);

// True if what was asked for does not seem to be in the repository. Pure; tests/bench/ask_eval.py
// counts what the thresholds get right and their false alarms.
bool seems_absent(const Evidence& evidence);

}  // namespace strata::agent
