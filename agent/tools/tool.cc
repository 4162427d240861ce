// SPDX-License-Identifier: Apache-2.0
#include "agent/tools/tool.h"

#include <algorithm>
#include <charconv>
#include <format>

namespace strata::agent {

using json = nlohmann::ordered_json;

bool Arguments::has(std::string_view name) const {
  const auto at = values_.find(std::string(name));
  return at != values_.end() && !at->is_null() && !(at->is_string() && at->get_ref<const std::string&>().empty());
}
std::string Arguments::text(std::string_view name) const {
  const auto at = values_.find(std::string(name));
  return at != values_.end() && at->is_string() ? at->get<std::string>() : std::string();
}
int Arguments::number(std::string_view name, int otherwise) const {
  const auto at = values_.find(std::string(name));
  return at != values_.end() && at->is_number_integer() ? at->get<int>() : otherwise;
}
bool Arguments::flag(std::string_view name) const {
  const auto at = values_.find(std::string(name));
  return at != values_.end() && at->is_boolean() && at->get<bool>();
}

namespace {

std::string known_names(const ToolSpec& spec) {
  std::string names;
  const json required = spec.parameters.value("required", json::array());
  for (const auto& [name, about] : spec.parameters["properties"].items()) {
    const bool needed = std::ranges::find(required, json(name)) != required.end();
    names += std::format("{}{} ({}{})", names.empty() ? "" : ", ", name, about.value("type", ""),
                         needed ? ", required" : "");
  }
  return names.empty() ? "none" : names;
}

// The value as this type; nothing if it cannot be meant so.
std::optional<json> as_type(const json& value, std::string_view type) {
  if (type == "string") {
    if (value.is_string()) return value;
    if (value.is_number() || value.is_boolean()) return json(value.dump());
  } else if (type == "integer") {
    if (value.is_number_integer() && value.get<int64_t>() >= -1'000'000'000 && value.get<int64_t>() <= 1'000'000'000)
      return value;
    if (value.is_number_float() && value.get<double>() == static_cast<int>(std::clamp(value.get<double>(), -1e9, 1e9)))
      return json(static_cast<int>(value.get<double>()));
    if (value.is_string()) {
      const std::string& text = value.get_ref<const std::string&>();
      int number = 0;
      if (std::from_chars(text.data(), text.data() + text.size(), number).ptr == text.data() + text.size() &&
          !text.empty())
        return json(number);
    }
  } else if (type == "boolean") {
    if (value.is_boolean()) return value;
    if (value == "true" || value == 1) return json(true);
    if (value == "false" || value == 0) return json(false);
  } else if (type == "array") {
    if (value.is_array()) return value;
    if (value.is_object()) return json::array({value});
  }
  return std::nullopt;
}

}  // namespace

Result<Arguments> checked_arguments(const ToolSpec& spec, const json& given) {
  if (!given.is_object())
    return fail(ErrorKind::kInvalid,
                std::format("the arguments of {} must be an object with: {}", spec.name, known_names(spec)));
  json values = json::object();
  const json& properties = spec.parameters["properties"];
  for (const auto& [name, value] : given.items()) {
    const auto about = properties.find(name);
    if (about == properties.end()) {
      if (name.size() > 40)
        return fail(ErrorKind::kInvalid,
                    std::format("{} has no such argument; it has: {}", spec.name, known_names(spec)));
      return fail(ErrorKind::kInvalid,
                  std::format("{} has no argument \"{}\"; it has: {}", spec.name, name, known_names(spec)));
    }
    if (value.is_null()) continue;
    auto typed = as_type(value, about->value("type", ""));
    if (!typed)
      return fail(ErrorKind::kInvalid, std::format("the argument \"{}\" of {} must be of type {}", name, spec.name,
                                                   about->value("type", "")));
    if (typed->is_string() && typed->get_ref<const std::string&>().size() > kMostArgumentBytes) {
      return fail(ErrorKind::kInvalid, std::format("the argument \"{}\" of {} has {} bytes; make smaller steps", name,
                                                   spec.name, typed->get_ref<const std::string&>().size()));
    }
    values[name] = std::move(*typed);
  }
  for (const json& name : spec.parameters.value("required", json::array())) {
    if (!values.contains(name.get<std::string>())) {
      return fail(ErrorKind::kInvalid, std::format("{} needs the argument \"{}\"; it has: {}", spec.name,
                                                   name.get<std::string>(), known_names(spec)));
    }
  }
  return Arguments(std::move(values));
}

ToolSpec make_spec(const char* name, const char* description, std::initializer_list<Parameter> parameters) {
  json properties = json::object(), required = json::array();
  for (const Parameter& p : parameters) {
    properties[p.name] = {{"type", p.type}, {"description", p.description}};
    if (std::string_view(p.type) == "array") properties[p.name]["items"] = {{"type", "object"}};
    if (p.required) required.push_back(p.name);
  }
  return {name,
          description,
          {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}}};
}

std::vector<Tool> tools(const ToolChoice& choice) {
  std::vector<Tool> all = {read_tool(),          search_tool(),     list_tool(),    symbols_tool(),
                           definition_tool(),    references_tool(), callers_tool(), edit_tool(choice.edit_format),
                           create_tool(),        delete_tool(),     move_tool(),    rename_tool(),
                           add_parameter_tool(), run_tool(),        check_tool(),   ask_tool(),
                           done_tool()};
  if (choice.small) std::erase_if(all, [](const Tool& tool) { return !tool.small; });
  return all;
}

bool is_small_model(std::string_view name) {
  name = name.substr(name.rfind('/') + 1);  // npos + 1 is the beginning; folders may be called anything
  for (size_t i = 0; i + 1 < name.size(); ++i) {
    if (name[i] < '0' || name[i] > '9' || (i > 0 && ((name[i - 1] >= '0' && name[i - 1] <= '9') || name[i - 1] == '.')))
      continue;
    double size = 0;
    const auto [end, error] = std::from_chars(name.data() + i, name.data() + name.size(), size);
    if (error != std::errc() || end == name.data() + name.size()) continue;
    const bool whole =
        end + 1 == name.data() + name.size() ||
        !((end[1] >= 'a' && end[1] <= 'z') || (end[1] >= 'A' && end[1] <= 'Z') || (end[1] >= '0' && end[1] <= '9'));
    if ((*end == 'b' || *end == 'B') && whole) return size < 7;
    if ((*end == 'm' || *end == 'M') && whole) return true;
  }
  return false;
}

std::string shortened(std::string text, size_t bytes) {
  std::string clean = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  text = json::parse(clean).get<std::string>();
  if (text.size() <= bytes) return text;
  size_t cut = text.rfind('\n', bytes);
  if (cut == text.npos || cut < bytes / 2) {
    cut = bytes;
    while (cut > 0 && (text[cut] & 0xC0) == 0x80) --cut;
  }
  const size_t missing = text.size() - cut;
  text.resize(cut);
  return text + std::format("\n... {} bytes more are left out; ask for less at a time", missing);
}

}  // namespace strata::agent
