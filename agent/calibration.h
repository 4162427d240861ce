// SPDX-License-Identifier: Apache-2.0
// What was measured about single models. A model that is not listed is used without what is missing here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/attention/retrieval_heads.h"

namespace strata::agent {

// logit(yes) - logit(no) behind kIsShown from which on a question counts as answerable.
//   Qwen2.5-Coder 1.5B, 63 questions about paramiko, dash, ninja and requests, nothing read: 9 of 12 absent things lie
//   below 1.1, and 4 of the 51 others. Of seven wordings this one tells them apart best (area under the curve .91; "Is
//   this feature implemented in the excerpts?" .89 and, with as many absent things below, 10 of the 51 others); the
//   share of the question's words that nothing in the repository has adds nothing to it. The 0.5B gives no usable
//   signal.
std::optional<double> answerable_from(std::string_view model_name);

// Whether the words it guesses for a question help to find the answer (guessed_words.h).
bool guesses_well(std::string_view model_name);

// The heads that find what a question is about, best first; none for a model that was not calibrated. Measured on
// flask, click and werkzeug with 80 questions: 16 heads, and 15 of them the same on Redis (selection experiment of the
// prototype; docs/architecture.md 4.5).
std::vector<RetrievalHead> retrieval_heads_of(std::string_view model_name);

}  // namespace strata::agent
