// SPDX-License-Identifier: Apache-2.0
#include "agent/run/run_events.h"

#include <chrono>
#include <format>

#include "agent/tools/tool.h"

namespace strata::agent {

using json = nlohmann::ordered_json;

json json_of(const ChatUsage& u) {
  return {{"in", u.prompt_tokens}, {"reused", u.reused_tokens}, {"out", u.generated_tokens}};
}

json json_of(const std::vector<ToolCall>& calls) {
  json list = json::array();
  for (const ToolCall& c : calls) list.push_back({{"id", c.id}, {"name", c.name}, {"arguments", c.arguments}});
  return list;
}

json json_of(const CheckResult& c) {
  return {{"command", c.command}, {"good", c.good},       {"exit_code", c.exit_code},        {"errors", c.errors},
          {"failed", c.failed},   {"seconds", c.seconds}, {"output", c.good ? "" : c.output}};
}

ToolCall reasonable(ToolCall call) {
  if (call.name.size() > 100) call.name.resize(100);
  if (call.arguments.is_object()) {
    for (auto& [name, value] : call.arguments.items()) {
      if (value.is_string() && value.get_ref<const std::string&>().size() > kMostArgumentBytes + 1) {
        value = value.get_ref<const std::string&>().substr(0, kMostArgumentBytes + 1);
      }
    }
    if (call.arguments.dump(-1, ' ', false, json::error_handler_t::replace).size() > 4 * kMostArgumentBytes)
      call.arguments = {{"too_long", true}};
  }
  return call;
}

std::string cannot_check(const std::string& why) {
  return std::format(
      "the check cannot run in the sandbox ({}); install what it needs, or name another one with --check", why);
}

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace strata::agent
