// SPDX-License-Identifier: Apache-2.0
// Lets a model behind a server answer from passages. It reads text, so passages go out whole where there is room; what
// is the same for every question (instructions, map of the repository) comes first, for the server's prefix cache.
#pragma once

#include <string>
#include <vector>

#include "agent/context_assembly.h"

namespace strata::agent {

struct RemoteAnswer {
  std::string text;
  std::vector<Excerpt> excerpts;  // what it was given
  ChatUsage usage;
};

Result<RemoteAnswer> answer_remotely(Workspace& workspace, const Question& question, const Ranking& ranking,
                                     const AskOptions& options, TextCache& texts, const ChatEvents& events,
                                     const Cancel* cancel);

}  // namespace strata::agent
