// SPDX-License-Identifier: Apache-2.0
#include "agent/chat/openai_model.h"

#include <gtest/gtest.h>

namespace strata::agent {
namespace {

TEST(OpenAiModel, IsPatientWithServersOnThisMachineOnly) {
  for (const char* here : {"http://127.0.0.1:8080/v1", "http://localhost/v1", "https://[::1]:9/v1"})
    EXPECT_GE(patience_s(here), 600) << here;
  for (const char* there : {"https://api.example.org/v1", "http://10.0.0.1/v1", "https://localhost.example.org/v1"})
    EXPECT_LE(patience_s(there), 120) << there;
}

}  // namespace
}  // namespace strata::agent
