// SPDX-License-Identifier: Apache-2.0
// Answers a question about a repository: rank passages, assemble the best from stored key/value state (or read them),
// let the answerer write, check every citation. The pipeline and the measurements behind it: docs/architecture.md 4.5.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/workspace.h"

namespace strata::agent {

struct AskOptions {
  int max_tokens = 256;       // of the answer
  int context_tokens = 1500;  // budget of passages
  bool verify = false;        // read the passages densely instead of assembling stored state
};

struct Citation {
  std::string file;
  int start_line = 0, end_line = 0;
  std::string symbol;     // qualified name that stands there, if any
  bool verified = false;  // the file and lines exist and the named symbol stands there
};

// A passage in the order of the ranking, with the scores that put it there (z-scores; 0 if the signal was not used).
struct RankedPassage {
  repo::Passage passage;
  double score = 0, embedding = 0, attention = 0, bm25 = 0, guessed = 0, identifier = 0, name = 0, likelihood = 0;
  bool aside = false;   // tests, documents, generated and foreign code the question is not about
  int tokens = 0;       // 0: not in the context
  bool reused = false;  // assembled from stored key/value state
};

struct AskTiming {
  double index_s = 0, select_s = 0, first_token_s = 0, total_s = 0;
  int64_t reread_tokens = 0;    // re-encoded heads of assembled passages
  int64_t reused_tokens = 0;    // placed from snapshots
  int64_t computed_tokens = 0;  // prompt tokens computed, rereads included
  int64_t generated_tokens = 0;
  int64_t accepted_tokens = 0;  // of the generated: guessed from the context, so they cost no pass of their own
};

// A line that states a value the question may ask for (value_lines.h).
struct ValueLine {
  std::string file;
  int line = 0;
  std::string text;  // without indentation, cut where it is very long
  double score = 0;  // share of what the question says that the line and what stands around it say
};

// What speaks for the question being about this repository at all.
struct Evidence {
  double coverage = 0;                // best share of the question's weighted terms in one passage, 0..1
  double missing_share = 0;           // share of the question's weighted terms that no passage has, 0..1
  bool named = false;                 // the question names something that is defined here
  std::optional<double> cosine = {};  // of the best passage; nothing if little has been read
  std::optional<double> odds = {};    // the answerer's, that the excerpts have it; nothing if it was not asked
  std::vector<std::string> unknown;   // identifiers of the question that occur nowhere
  std::vector<std::string> missing;   // words that no passage has
};

struct Answer {
  std::string question;  // as it was understood: completed where it leaned on the one before (follow_up.h)
  std::string text;      // Markdown; citations as `path:first-last`
  std::vector<Citation> citations;
  bool found = true;        // false: the repository does not seem to contain what was asked
  bool structural = false;  // answered from the symbol index, no model involved
  std::string model;        // empty if it is structural
  int context_files = 0, context_tokens = 0;
  std::vector<RankedPassage> passages;
  std::vector<ValueLine> values;  // that the model was shown
  Evidence evidence;
  AskTiming timing;
};

struct AskEvents {
  // The ranking, before the model has said a word.
  std::function<void(const std::vector<RankedPassage>&)> on_ranked;
  std::function<void(std::string_view)> on_text;  // streamed; the final text may differ in its citations
  std::function<void(const std::string&)> on_notice = {};
};

// What the symbol index knows by itself is exact, and needs no model. Nothing if the question takes one.
Result<std::optional<Answer>> answer_from_index(const repo::Index& index, std::string_view question,
                                                const Cancel* cancel = nullptr);

Result<Answer> ask(Workspace& workspace, std::string_view question, const AskOptions& options = {},
                   const AskEvents& events = {}, const Cancel* cancel = nullptr);

}  // namespace strata::agent
