// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/chat_model.h"

namespace strata::agent {

ChatUsage& ChatUsage::operator+=(const ChatUsage& other) {
  prompt_tokens += other.prompt_tokens;
  reused_tokens += other.reused_tokens;
  generated_tokens += other.generated_tokens;
  return *this;
}

}  // namespace strata::agent
