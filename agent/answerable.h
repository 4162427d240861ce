// SPDX-License-Identifier: Apache-2.0
// Whether what is asked for is there. Small models never say in an answer that it is not, but what they think of it can
// be read off the odds of their first word.
//   Qwen2.5-Coder 1.5B, 63 questions about paramiko, dash, ninja and requests, nothing read: 9 of 12 absent things lie
//   below 1.1, and 4 of the 51 others. Of seven wordings kIsShown tells them apart best (area under the curve .91; "Is
//   this feature implemented in the excerpts?" .89 and, with as many absent things below, 10 of the 51 others); the
//   share of the question's words that nothing in the repository has adds nothing to it. The 0.5B gives no usable
//   signal: which models do, and from where on, is part of their calibration.
#pragma once

#include "engine/engine.h"

namespace strata::agent {

// logit(yes) - logit(no): how much more likely the model finds it that the assembled excerpts (context_assembly.h) show
// what is asked about than that they do not. The session is left as it was.
Result<double> shown(Session& session, const Model& model, const Cancel* cancel);

}  // namespace strata::agent
