// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/chat_model.h"

namespace strata::agent {

ChatUsage& ChatUsage::operator+=(const ChatUsage& other) {
  prompt_tokens += other.prompt_tokens;
  reused_tokens += other.reused_tokens;
  generated_tokens += other.generated_tokens;
  return *this;
}

Result<std::vector<Alternative>> ChatModel::alternatives(std::string_view, std::string_view, std::string_view,
                                                         ChatUsage&, const Cancel*) {
  return fail(ErrorKind::kUnsupported, name() + " cannot be asked what it would write in the middle of a file");
}

}  // namespace strata::agent
