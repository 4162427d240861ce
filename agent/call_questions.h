// SPDX-License-Identifier: Apache-2.0
// Answers from the call graph: what X calls, how X comes to call Y, which tests run into X.
#pragma once

#include <vector>

#include "agent/ask.h"
#include "agent/question.h"
#include "base/cancel.h"

namespace strata::agent {

// `symbols`: what the subject may mean, likeliest first, at least one.
Result<Answer> callees_of(const repo::Index& index, const Question& question, const std::vector<repo::Symbol>& symbols);

// The shortest chain of calls, if the index knows one.
Result<Answer> call_chain(const repo::Index& index, const Question& question, const std::vector<repo::Symbol>& from,
                          const std::vector<repo::Symbol>& to, const Cancel* cancel);

Result<Answer> tests_touching(const repo::Index& index, const Question& question,
                              const std::vector<repo::Symbol>& symbols, const Cancel* cancel);

}  // namespace strata::agent
