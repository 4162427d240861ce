// SPDX-License-Identifier: Apache-2.0
// The context an answer is generated from: system prompt, the best passages, the question. Passages that have been read
// are placed from their stored key/value rows; only their headings and first tokens are computed.
#pragma once

#include <vector>

#include "agent/ask.h"
#include "agent/question.h"
#include "agent/ranker.h"

namespace strata::agent {

// Lines of a passage that go into the context.
struct Excerpt {
  size_t ranked = 0;  // index in the ranking
  std::string file, symbol;
  int first_line = 0, last_line = 0;
  std::vector<TokenId> tokens;
  std::string segment;  // key of the stored segment; empty: its rows are computed
  int first_token = 0;  // of the excerpt within the segment
  int size = 0;         // in tokens; an estimate where `tokens` are another model's
  bool fresh = false;   // its segment was read for this answer
};

// The best passages that fit into the budget, best first. Long ones are cut to the lines that say most about the
// question.
Result<std::vector<Excerpt>> choose_excerpts(Workspace& workspace, const Ranking& ranking, const AskOptions& options,
                                             TextCache& texts);

// A range [first, last) of at most `limit` tokens made of whole lines that say most of what the question says.
struct TokenRange {
  size_t first = 0, last = 0;
  int first_line = 0, last_line = 0;
};
TokenRange best_window(std::span<const TokenId> tokens, const Tokenizer& tokenizer, int first_line,
                       const TermWeights& asked, size_t limit);

// How the excerpts came into the context.
struct Assembled {
  int64_t reused = 0;  // tokens placed from snapshots
  int64_t read = 0;    // read into snapshots for this answer, then placed
  int64_t reread = 0;  // of both, computed again in their new place
};

// Puts the prompt into `session`, up to the question; `before` stands right before it. Errors: kUnsupported for a model
// without a chat template.
Result<Assembled> assemble(Workspace& workspace, Session& session, const std::vector<Excerpt>& excerpts,
                           std::string_view before, std::string_view question, const Cancel* cancel);

// Ends the prompt of an assembled session with what is to be done about the question; ready to generate. The session
// may be truncated to its former length and instructed otherwise.
Result<void> instruct(Session& session, const Model& model, std::string_view instruction, const Cancel* cancel);

}  // namespace strata::agent
