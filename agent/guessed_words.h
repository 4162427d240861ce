// SPDX-License-Identifier: Apache-2.0
// Bridges the words of a question and those of the code: "made harmless" is called "sanitize" or "escape" there. The
// answering model lists words it expects in names, and they are searched for beside the question's own. Nothing of this
// reaches the answer.
//   Qwen2.5-Coder 1.5B, 62 questions about dash, ninja, paramiko, requests and werkzeug told in words, nothing read:
//   the right passage is first for 32 (27 without), among the first three for 46 (38), among the first ten for 55 (50).
#pragma once

#include <string>

#include "agent/workspace.h"

namespace strata::agent {

// Empty for a model without a chat template.
Result<std::string> guess_words(const Reader& reader, const std::string& question, const Cancel* cancel);

}  // namespace strata::agent
