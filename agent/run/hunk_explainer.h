// SPDX-License-Identifier: Apache-2.0
// What a model says about a hunk: one or two sentences beside the one that was found by rule (changes/explain.h). It is
// shown and believed by nobody: no decision, no risk and no path comes from it. The hunk stands in the prompt as quoted
// data; the answer is cut after two sentences, and kept under everything it was made from.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "agent/changes/proposal.h"
#include "agent/chat/chat_model.h"
#include "base/cancel.h"
#include "base/result.h"
#include "repo-indexer/database.h"

namespace strata::agent {

class HunkExplainer {
 public:
  // `file`: the cache, of at most kMostKept explanations; those unused the longest go first.
  static Result<HunkExplainer> open(const std::filesystem::path& file);
  static constexpr int kMostKept = 20'000;

  // A line without control characters. `model` is the name the cache goes by and `open_model` gives the model itself,
  // when it is first needed; `on_text` sees the answer as it is written, or whole if it was kept.
  using OpenModel = std::function<Result<std::shared_ptr<ChatModel>>()>;
  Result<std::string> explain(const std::string& model, const OpenModel& open_model, const ProposalFile& file,
                              const Hunk& hunk, const std::function<void(std::string_view)>& on_text = {},
                              const Cancel* cancel = nullptr);

 private:
  explicit HunkExplainer(repo::Database database) : database_(std::move(database)) {}
  repo::Database database_;
  std::shared_ptr<ChatModel> model_;
};

// At most two sentences and 400 bytes of what a model wrote, in one line.
std::string short_explanation(std::string_view text);

}  // namespace strata::agent
