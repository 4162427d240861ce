// SPDX-License-Identifier: Apache-2.0
// What was measured about single models. A model that is not listed is used without what is missing here.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/attention/retrieval_heads.h"

namespace strata::agent {

// logit(yes) - logit(no) behind kIsImplemented, less half the share of the question's words that nothing in the
// repository has, from which on a question counts as answerable.
//   Qwen2.5-Coder 1.5B, 39 questions about paramiko, dash and ninja, hardly read: 6 of 9 absent things lie below, 1 of
//   19 questions whose answer is among the excerpts, and 6 of 11 whose answer is not. The 0.5B gives no usable signal
//   (absent things from -0.3 to 0.7, the others from -0.2 to 0.7).
std::optional<double> answerable_from(std::string_view model_name);

// The heads that find what a question is about, best first; none for a model that was not calibrated. Measured on
// flask, click and werkzeug with 80 questions: 16 heads, and 15 of them the same on Redis (selection experiment of the
// prototype; docs/architecture.md 4.5).
std::vector<RetrievalHead> retrieval_heads_of(std::string_view model_name);

}  // namespace strata::agent
