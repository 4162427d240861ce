// SPDX-License-Identifier: Apache-2.0
// What events of a run hold, as JSON (run_state.h tells the kinds), and two things its parts share.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/chat/chat_model.h"
#include "agent/tools/check.h"

namespace strata::agent {

nlohmann::ordered_json json_of(const ChatUsage& usage);
nlohmann::ordered_json json_of(const std::vector<ToolCall>& calls);
nlohmann::ordered_json json_of(const CheckResult& check);

// A call as it is kept: what is absurdly long would only be refused again.
ToolCall reasonable(ToolCall call);

// Why a run ends whose check could not be started.
std::string cannot_check(const std::string& why);

double now_s();  // of a clock that never goes back

}  // namespace strata::agent
