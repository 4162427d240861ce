// SPDX-License-Identifier: Apache-2.0
// Texts are those of the models' own templates (tests/oracle/make_chat_golden.py renders these with Hugging Face's
// settings). What users, files and tools say is encoded as plain text: tags in it are spelled, never tokens of their
// own.
#include "agent/chat/native_tools.h"

#include <algorithm>
#include <array>
#include <format>

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;
using Kind = ChatMessage::Role;
using Family = ToolSyntax::Family;

constexpr std::array<std::string_view, 15> kTags = {"<tool_call>",
                                                    "</tool_call>",
                                                    "<tool_response>",
                                                    "</tool_response>",
                                                    "<think>",
                                                    "</think>",
                                                    "<|python_tag|>",
                                                    "<｜tool▁calls▁begin｜>",
                                                    "<｜tool▁calls▁end｜>",
                                                    "<｜tool▁call▁begin｜>",
                                                    "<｜tool▁call▁end｜>",
                                                    "<｜tool▁sep｜>",
                                                    "<｜tool▁output▁begin｜>",
                                                    "<｜tool▁output▁end｜>",
                                                    "<|eom_id|>"};

std::string_view tag_at(std::string_view text) {
  for (const std::string_view tag : kTags)
    if (text.starts_with(tag)) return tag;
  return {};
}

void write(const json& value, int indent, int level, std::string& out) {
  if (!value.is_structured()) {
    out += value.dump(-1, ' ', false, json::error_handler_t::replace);
    return;
  }
  const char open = value.is_object() ? '{' : '[', close = value.is_object() ? '}' : ']';
  out += open;
  const auto line = [&](int at) {
    if (indent > 0) out += "\n" + std::string(static_cast<size_t>(indent * at), ' ');
  };
  bool first = true;
  for (const auto& [key, member] : value.items()) {
    if (!first) out += indent > 0 ? "," : ", ";
    first = false;
    line(level + 1);
    if (value.is_object()) out += json(key).dump(-1, ' ', false, json::error_handler_t::replace) + ": ";
    write(member, indent, level + 1, out);
  }
  if (!first) line(level);
  out += close;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r\x1c\x1d\x1e\x1f";
  const size_t first = text.find_first_not_of(kSpace);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

class Writer {
 public:
  Writer(const ChatTemplate& chat, const Tokenizer& tokenizer) : chat_(chat), tokenizer_(tokenizer) {
    tokens = chat.begin();
  }
  void open(Role role) { append(chat_.open(role)); }
  void close(Role role) { append(chat_.close(role)); }
  void append(const std::vector<TokenId>& more) { tokens.insert(tokens.end(), more.begin(), more.end()); }

  // The program's own words, or what the model wrote: tags are tokens where the vocabulary has them.
  void markup(std::string_view text) {
    size_t done = 0;
    for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
      const std::string_view tag = tag_at(text.substr(at));
      const TokenId token = tag.empty() ? -1 : tokenizer_.control_token(tag);
      if (token < 0) continue;
      tokenizer_.encode(text.substr(done, at - done), tokens);
      tokens.push_back(token);
      done = at + tag.size();
    }
    tokenizer_.encode(text.substr(done), tokens);
  }
  // Everybody else's.
  void plain(std::string_view text) {
    size_t done = 0;
    for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
      if (tag_at(text.substr(at)).empty()) continue;
      tokenizer_.encode(text.substr(done, at + 1 - done), tokens);
      done = at + 1;
    }
    tokenizer_.encode(text.substr(done), tokens);
  }

  std::vector<TokenId> tokens;

 private:
  const ChatTemplate& chat_;
  const Tokenizer& tokenizer_;
};

}  // namespace

std::string python_json(const json& value, int indent) {
  std::string out;
  write(value, indent, 0, out);
  return out;
}

json function_json(const ToolSpec& tool) {
  return {{"type", "function"},
          {"function", {{"name", tool.name}, {"description", tool.description}, {"parameters", tool.parameters}}}};
}

ToolSyntax ToolSyntax::of(const ChatTemplate& chat, const Tokenizer& tokenizer) {
  ToolSyntax syntax;
  if (chat.name() == "llama3") {
    syntax.family = Family::kLlama3;
    syntax.trigger = "{\"name\":";
    syntax.trigger_first = true;
    syntax.open = " \"";
    syntax.middle = "\", \"parameters\": ";
    syntax.close = "}";
  } else if (chat.name() == "deepseek" && tokenizer.control_token("<｜tool▁sep｜>") >= 0) {
    syntax.family = Family::kDeepSeek;
    syntax.trigger = "<｜tool▁calls▁begin｜>";
    syntax.open = "<｜tool▁call▁begin｜>";
    syntax.middle = "<｜tool▁sep｜>";
    syntax.close = "<｜tool▁call▁end｜>";
    syntax.again = "<｜tool▁call▁begin｜>";
  } else {
    syntax.trigger = "<tool_call>";
    syntax.open = "\n{\"name\": \"";
    syntax.middle = "\", \"arguments\": ";
    syntax.close = "}\n</tool_call>";
    syntax.again = "\n<tool_call>\n{\"name\": \"";
  }
  return syntax;
}

std::string ToolSyntax::declaration(std::span<const ToolSpec> tools) const {
  if (tools.empty() || family == Family::kLlama3) return {};
  std::string text;
  if (family == Family::kDeepSeek) {
    text = "\n\n## Tools\nYou have access to the following tools:\n";
    for (const ToolSpec& tool : tools)
      text += std::format("\n### {}\nDescription: {}\n\nParameters: {}\n", tool.name, tool.description,
                          python_json(tool.parameters));
    return text +
           "\nIMPORTANT: ALWAYS adhere to this exact format for tool use:\n"
           "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>tool_call_name<｜tool▁sep｜>tool_call_arguments<"
           "｜tool▁call▁end｜>"
           "{additional_tool_calls}<｜tool▁calls▁end｜>\n\nWhere:\n- `tool_call_name` must be an exact match to one of "
           "the available tools\n- `tool_call_arguments` must be valid JSON that strictly follows the tool's "
           "Parameters Schema\n- For multiple tool calls, chain them directly without separators or spaces\n";
  }
  text =
      "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with "
      "function signatures within <tools></tools> XML tags:\n<tools>";
  for (const ToolSpec& tool : tools) text += "\n" + python_json(function_json(tool));
  return text +
         "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
         "<tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": "
         "<args-json-object>}\n</tool_call>";
}

std::string ToolSyntax::before_system(std::span<const ToolSpec> tools) const {
  if (tools.empty() || family != Family::kLlama3) return {};
  return "Environment: ipython\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n";
}

std::string ToolSyntax::before_first_user(std::span<const ToolSpec> tools) const {
  if (tools.empty() || family != Family::kLlama3) return {};
  std::string text =
      "Given the following functions, please respond with a JSON for a function call with its proper arguments that "
      "best answers the given prompt.\n\nRespond in the format {\"name\": function name, \"parameters\": dictionary of "
      "argument name and its value}.Do not use variables.\n\n";
  for (const ToolSpec& tool : tools) text += python_json(function_json(tool), 4) + "\n\n";
  return text;
}

std::string ToolSyntax::calls(const ChatMessage& message) const {
  std::string text;
  for (const ToolCall& call : message.calls) {
    if (family == Family::kHermes)
      text += std::format("{}<tool_call>\n{{\"name\": \"{}\", \"arguments\": {}}}\n</tool_call>",
                          text.empty() && message.text.empty() ? "" : "\n", call.name, python_json(call.arguments));
    else if (family == Family::kLlama3)
      text += std::format("{{\"name\": \"{}\", \"parameters\": {}}}", call.name, python_json(call.arguments));
    else
      text += (text.empty() ? trigger : "") + open + call.name + middle + python_json(call.arguments) + close;
  }
  if (family == Family::kDeepSeek && !text.empty()) text += "<｜tool▁calls▁end｜>";
  return text;
}

std::vector<TokenId> render_transcript(const ChatTemplate& chat, const Tokenizer& tokenizer,
                                       std::span<const ChatMessage> transcript, std::span<const ToolSpec> tools,
                                       const std::function<const std::vector<TokenId>*(const std::string&)>& sampled) {
  const ToolSyntax syntax = ToolSyntax::of(chat, tokenizer);
  const bool llama = syntax.family == Family::kLlama3, deepseek = syntax.family == Family::kDeepSeek;
  const auto text_of = [&](const ChatMessage& m) { return llama ? trimmed(m.text) : std::string_view(m.text); };
  Writer out(chat, tokenizer);
  const auto system = [&](std::string_view text) {
    out.open(Role::kSystem);
    out.markup(syntax.before_system(tools));
    out.plain(text);
    out.markup(syntax.declaration(tools));
    out.close(Role::kSystem);
  };
  bool first_user = true;
  if ((transcript.empty() || transcript[0].role != Kind::kSystem) && !tools.empty()) system("");
  for (size_t i = 0; i < transcript.size(); ++i) {
    const ChatMessage& message = transcript[i];
    const bool again = i > 0 && transcript[i - 1].role == Kind::kTool;
    const bool more = i + 1 < transcript.size() && transcript[i + 1].role == Kind::kTool;
    switch (message.role) {
      case Kind::kSystem:
        if (i == 0) {
          system(text_of(message));
        } else {
          out.open(Role::kSystem);
          out.plain(text_of(message));
          out.close(Role::kSystem);
        }
        break;
      case Kind::kUser:
        out.open(Role::kUser);
        if (first_user) out.markup(syntax.before_first_user(tools));
        first_user = false;
        out.plain(text_of(message));
        out.close(Role::kUser);
        break;
      case Kind::kAssistant:
        if (!deepseek || !again) out.open(Role::kAssistant);
        if (const auto* tokens = message.raw.empty() || !sampled ? nullptr : sampled(message.raw)) {
          out.append(*tokens);
        } else if (!message.raw.empty()) {
          out.markup(message.raw);
        } else {
          out.plain(text_of(message));
          out.markup(syntax.calls(message));
        }
        out.close(Role::kAssistant);
        break;
      case Kind::kTool:
        if (llama) {
          out.open(Role::kTool);
          out.plain(python_json(json(message.text)));
          out.close(Role::kTool);
        } else if (deepseek) {
          out.markup("<｜tool▁output▁begin｜>");
          out.plain(message.text);
          out.markup("<｜tool▁output▁end｜>");
        } else {
          if (!again) out.open(Role::kUser);
          out.markup(again ? "\n<tool_response>\n" : "<tool_response>\n");
          out.plain(message.text);
          out.markup("\n</tool_response>");
          if (!more) out.close(Role::kUser);
        }
        break;
    }
  }
  if (!deepseek || transcript.empty() || transcript.back().role != Kind::kTool) out.open(Role::kAssistant);
  return out.tokens;
}

}  // namespace strata::agent
