// SPDX-License-Identifier: Apache-2.0
// What a model can do, a tool a file: what it is told (schema), whether it may (permission.h, no state), what it does.
// A result is text for the model; one that is not good says what to do next.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/chat/chat_model.h"
#include "base/cancel.h"
#include "base/result.h"

namespace strata::agent {

class Workbench;

inline constexpr size_t kMostArgumentBytes = 1 << 20;  // of one argument; nothing sensible is longer
inline constexpr size_t kMostResultBytes = 16 << 10;   // of a result; the rest is said to be missing

// The arguments of a call, checked against the tool's schema before anybody sees them.
class Arguments {
 public:
  explicit Arguments(nlohmann::ordered_json values) : values_(std::move(values)) {}
  bool has(std::string_view name) const;  // and is not empty
  std::string text(std::string_view name) const;
  int number(std::string_view name, int otherwise = 0) const;
  bool flag(std::string_view name) const;
  const nlohmann::ordered_json& values() const { return values_; }

 private:
  nlohmann::ordered_json values_;
};

// Mends what is harmless (numbers as text, a missing optional), refuses the rest with the names and types there are.
Result<Arguments> checked_arguments(const ToolSpec& spec, const nlohmann::ordered_json& given);

struct ToolResult {
  std::string text;
  bool good = true;
  bool final = false;  // the model says that it is done
};
inline ToolResult refused(std::string text) { return {std::move(text), false, false}; }

struct Tool {
  ToolSpec spec;
  bool small = false;  // in the set of small models
  std::function<ToolResult(const Arguments&, Workbench&, const Cancel*)> run;
};

struct Parameter {
  const char* name;
  const char* type;  // "string", "integer", "boolean", "array" (of objects)
  const char* description;
  bool required = false;
};
ToolSpec make_spec(const char* name, const char* description, std::initializer_list<Parameter> parameters);

Tool read_tool();
Tool search_tool();
Tool list_tool();
Tool symbols_tool();
Tool definition_tool();
Tool references_tool();
Tool callers_tool();
// All ways of editing, or one of them (ability.h).
Tool edit_tool(std::string_view format = {});
Tool create_tool();
Tool delete_tool();
Tool move_tool();
Tool rename_tool();
Tool add_parameter_tool();
Tool run_tool();
Tool check_tool();
Tool ask_tool();
Tool done_tool();

struct ToolChoice {
  bool small = false;       // only those a small model copes with
  std::string edit_format;  // empty: all ways of editing
};
std::vector<Tool> tools(const ToolChoice& choice = {});
// Does the name say that the model has fewer than seven thousand million parameters ("qwen2.5-coder-1.5b")?
bool is_small_model(std::string_view name);

// Cut at a line, with a remark about what is missing; valid UTF-8.
std::string shortened(std::string text, size_t bytes = kMostResultBytes);

}  // namespace strata::agent
