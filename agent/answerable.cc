// SPDX-License-Identifier: Apache-2.0
#include "agent/answerable.h"

#include <algorithm>

#include "agent/context_assembly.h"
#include "agent/prompts.h"

namespace strata::agent {

Result<double> shown(Session& session, const Model& model, const Cancel* cancel) {
  const auto length = static_cast<int>(session.tokens().size());
  if (auto done = instruct(session, model, kIsShown, cancel); !done) return std::unexpected(done.error());
  const auto logit = [&](std::string_view one, std::string_view other) {
    const auto id = [&](std::string_view word) { return static_cast<size_t>(model.tokenizer().encode(word).front()); };
    return std::max(session.logits()[id(one)], session.logits()[id(other)]);
  };
  const double odds = logit("yes", "Yes") - logit("no", "No");
  session.truncate(length);
  return odds;
}

}  // namespace strata::agent
