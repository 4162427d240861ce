// SPDX-License-Identifier: Apache-2.0
// Proposals, risks, checks and writes as text and as JSON.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/changes/journal.h"
#include "agent/changes/risks.h"
#include "agent/tools/check.h"

namespace strata::app {

// Nothing of a repository may steer the terminal: UTF-8 without control characters but line ends and tabs.
std::string printable(std::string_view bytes);

// `said`: what a model says of hunks, by number.
nlohmann::ordered_json to_json(const agent::Proposal& proposal, const std::map<int, std::string>& said = {});
nlohmann::ordered_json to_json(const std::vector<agent::Risk>& risks);
nlohmann::ordered_json to_json(const agent::CheckResult& check);
nlohmann::ordered_json to_json(const agent::WriteReport& report);

void print(const agent::Proposal& proposal, const std::map<int, std::string>& said = {});
void print(const std::vector<agent::Risk>& risks);
void print(const agent::CheckResult& check);
void print_conflicts(const std::vector<agent::Conflict>& conflicts);  // on stderr

// What a write did, `what` in a word ("applied"); joined to `result` as JSON. The exit code: kFailed where conflicts
// kept it from being done.
int finish(const agent::WriteReport& done, std::string_view what, const std::string& repository, bool as_json,
           nlohmann::ordered_json result = nlohmann::ordered_json::object());

}  // namespace strata::app
