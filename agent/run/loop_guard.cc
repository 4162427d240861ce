// SPDX-License-Identifier: Apache-2.0
#include "agent/run/loop_guard.h"

#include <format>

namespace strata::agent {
namespace {

nlohmann::json normalised(const nlohmann::ordered_json& value) {
  if (value.is_object()) {
    nlohmann::json sorted = nlohmann::json::object();
    for (const auto& [key, inner] : value.items()) {
      if (!inner.is_null() && !(inner.is_string() && inner.get_ref<const std::string&>().empty()))
        sorted[key] = normalised(inner);
    }
    return sorted;
  }
  if (value.is_array()) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& inner : value) list.push_back(normalised(inner));
    return list;
  }
  if (!value.is_string()) return nlohmann::json::parse(value.dump());
  std::string out;
  std::string text = value.get<std::string>();
  while (text.starts_with("./")) text.erase(0, 2);
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::string normalised_call(const ToolCall& call) {
  return call.name + " " + normalised(call.arguments).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> goes_in_circles(std::span<const MadeCall> calls) {
  if (calls.empty()) return std::nullopt;
  const std::string_view shown = std::string_view(calls.back().call).substr(0, 120);
  int same = 0, unchanged = 0;
  bool since_change = true;
  for (size_t i = calls.size(); i-- > 0 && since_change;) {
    if (calls[i].changed) {
      since_change = false;
      break;
    }
    ++unchanged;
    same += calls[i].call == calls.back().call;
  }
  if (same >= kSameCall) return std::format("the same call was made {} times and nothing changed: {}", same, shown);
  if (unchanged >= 2 * kAlternations) {
    const std::string &a = calls[calls.size() - 2].call, &b = calls.back().call;
    bool alternates = a != b;
    for (int i = 0; i < 2 * kAlternations && alternates; ++i)
      alternates = calls[calls.size() - 1 - static_cast<size_t>(i)].call == (i % 2 == 0 ? b : a);
    if (alternates) return std::format("the same two calls alternate and nothing changes: {}", shown);
  }
  if (unchanged >= kStepsWithoutChange) return std::format("nothing has changed in {} steps", unchanged);
  return std::nullopt;
}

}  // namespace strata::agent
