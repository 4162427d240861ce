// SPDX-License-Identifier: Apache-2.0
// Answers from what the index has of a file or of one symbol: what a file includes and who includes it, what is defined
// in it, the members and bases of a class, the signature of a function.
#pragma once

#include <optional>
#include <vector>

#include "agent/ask.h"
#include "agent/question.h"

namespace strata::agent {

// About a file or a module (kIncludes, kIncludedBy, kOutline). Nothing if no file of the repository is called
// so.
Result<std::optional<Answer>> answer_about_file(const repo::Index& index, const Question& question);

// About a symbol (kMembers, kBases, kSignature). `symbols`: what the subject may mean, likeliest first. Nothing if none
// of them has what is asked for.
Result<std::optional<Answer>> answer_about_symbol(const repo::Index& index, const Question& question,
                                                  const std::vector<repo::Symbol>& symbols);

}  // namespace strata::agent
