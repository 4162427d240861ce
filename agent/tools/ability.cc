// SPDX-License-Identifier: Apache-2.0
#include "agent/tools/ability.h"

#include <algorithm>
#include <format>
#include <fstream>

#include "agent/edits/file_edit.h"
#include "agent/tools/tool.h"
#include "base/user_folders.h"

namespace strata::agent {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* kSystem = "You change a source code repository with tools. Answer with one tool call.";
constexpr std::string_view kFile =
    "LIMIT = 100\n"
    "\n"
    "\n"
    "def greet(name):\n"
    "    return \"Hello \" + name\n"
    "\n"
    "\n"
    "def total(prices):\n"
    "    result = 0\n"
    "    for price in prices:\n"
    "        result = result - price\n"
    "    return result\n";

struct CallTask {
  const char *name, *request;
  std::function<bool(const ToolCall&)> right;
};

std::string text_of(const ToolCall& call, const char* name) { return call.arguments.value(name, std::string()); }

const std::vector<CallTask>& call_tasks() {
  static const std::vector<CallTask> tasks = {
      {"read", "Show lines 10 to 20 of src/main.c.",
       [](const ToolCall& c) {
         return c.name == "read" && text_of(c, "path") == "src/main.c" && c.arguments.value("first", json()) == 10 &&
                c.arguments.value("last", json()) == 20;
       }},
      {"search", "Find the lines that contain parse_header.",
       [](const ToolCall& c) { return c.name == "search" && text_of(c, "query").contains("parse_header"); }},
      {"rename", "Rename the function old_name to new_name everywhere.",
       [](const ToolCall& c) {
         return c.name == "rename" && text_of(c, "symbol") == "old_name" && text_of(c, "name") == "new_name";
       }},
      {"create", "Create the file notes.txt with the text: first line",
       [](const ToolCall& c) {
         return c.name == "create" && text_of(c, "path") == "notes.txt" && text_of(c, "text").starts_with("first line");
       }},
      {"done", "The work is finished and everything passes. End it.",
       [](const ToolCall& c) { return c.name == "done" && !text_of(c, "summary").empty(); }}};
  return tasks;
}

struct EditTask {
  const char *name, *request, *old_line, *new_line;
};
constexpr EditTask kEditTasks[] = {{"a wrong operator", "The function total subtracts the prices. It has to add them.",
                                    "        result = result - price\n", "        result = result + price\n"},
                                   {"another text", "The function greet has to say Welcome instead of Hello.",
                                    "    return \"Hello \" + name\n", "    return \"Welcome \" + name\n"},
                                   {"another value", "LIMIT has to be 250.", "LIMIT = 100\n", "LIMIT = 250\n"}};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

// `result += price` is as good as `result = result + price`.
std::string usual(std::string text) {
  if (const size_t at = text.find("result += price"); at != text.npos) text.replace(at, 15, "result = result + price");
  std::ranges::replace(text, '\'', '"');
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

std::string shown(const ChatTurn& turn) {
  const ChatMessage& m = turn.message;
  std::string text = m.calls.empty() ? m.text
                                     : m.calls[0].name + " " +
                                           m.calls[0].arguments.dump(-1, ' ', false, json::error_handler_t::replace);
  return shortened(std::move(text), 300);
}

Result<ChatTurn> ask(ChatModel& model, const std::string& request, std::span<const ToolSpec> tools, bool require,
                     const Cancel* cancel) {
  const ChatMessage transcript[] = {{.role = ChatMessage::Role::kSystem, .text = kSystem},
                                    {.role = ChatMessage::Role::kUser, .text = request}};
  return model.reply(transcript, tools, {.max_tokens = 400, .require_call = require, .one_call = true}, {}, cancel);
}

Trial edit_trial(const EditTask& task, const std::string& format, const ChatTurn& turn) {
  Trial trial{task.name, false, shown(turn)};
  if (turn.message.calls.size() != 1) return trial;
  const auto arguments = checked_arguments(edit_tool(format).spec, turn.message.calls[0].arguments);
  if (!arguments) {
    trial.why = arguments.error().message;
    return trial;
  }
  const int first = arguments->number("first"), last = arguments->number("last");
  const Edit edit =
      format == "symbol"
          ? Edit(SymbolEdit{SymbolAction::kReplaceBody, arguments->text("symbol"), arguments->text("new"), 0})
      : format == "text"  ? Edit(ReplaceEdit{arguments->text("old"), arguments->text("new"), 0, false})
      : format == "lines" ? Edit(LineEdit{first, last, arguments->text("new"), Lines(kFile).text(first, last)})
                          : Edit(WholeEdit{arguments->text("new")});
  const FileEdit edited = edit_file("shop.py", kFile, {edit});
  trial.good = edited.applied && usual(edited.text) == replaced(std::string(kFile), task.old_line, task.new_line);
  if (trial.good)
    trial.why.clear();
  else if (!edited.applied && !edited.reports.empty())
    trial.why += "\n" + edited.reports[0];
  return trial;
}

json json_of(const std::vector<Trial>& trials) {
  json list = json::array();
  for (const Trial& t : trials) {
    list.push_back({{"name", t.name}, {"good", t.good}});
    if (!t.good) list.back()["instead"] = t.why;
  }
  return list;
}

bool most(const std::vector<Trial>& trials) {
  return 5 * std::ranges::count(trials, true, &Trial::good) >= 4 * static_cast<std::ptrdiff_t>(trials.size());
}

}  // namespace

int Ability::Format::good() const { return static_cast<int>(std::ranges::count(trials, true, &Trial::good)); }

bool Ability::is_small() const {
  return !most(own_calls) || std::ranges::any_of(edits, [](const Format& f) { return !most(f.trials); });
}

std::string Ability::edit_format() const {
  const auto best = std::ranges::max_element(edits, {}, &Format::good);  // the first of equal ones
  return best == edits.end() || best->good() == 0 ? "" : best->name;
}

Result<Ability> check_ability(ChatModel& model, const std::function<void(const std::string&)>& progress,
                              const Cancel* cancel) {
  Ability ability;
  const auto say = [&](const std::string& what, const Trial& trial) {
    if (progress) progress(std::format("{}, {}: {}", what, trial.name, trial.good ? "right" : "wrong"));
  };
  std::vector<ToolSpec> tools;
  for (const Tool& tool : agent::tools({.small = true, .edit_format = "text"})) tools.push_back(tool.spec);
  for (const bool told : {false, true}) {
    for (const CallTask& task : call_tasks()) {
      auto turn = ask(model, task.request, tools, told, cancel);
      if (!turn) return std::unexpected(turn.error());
      const bool good = turn->message.calls.size() == 1 && task.right(turn->message.calls[0]);
      (told ? ability.told_calls : ability.own_calls).push_back({task.name, good, good ? "" : shown(*turn)});
      say(told ? "told to call" : "calls by itself", (told ? ability.told_calls : ability.own_calls).back());
    }
  }
  std::string numbered;
  const Lines lines(kFile);
  for (int line = 1; line <= lines.count(); ++line) numbered += std::format("{}: {}\n", line, lines.text(line));
  for (const std::string format : kEditFormats) {
    Ability::Format& tried = ability.edits.emplace_back(format);
    const ToolSpec edit[] = {edit_tool(format).spec};
    for (const EditTask& task : kEditTasks) {
      if (format == "symbol" && task.old_line == kEditTasks[2].old_line) continue;  // is not about a function
      auto turn = ask(model, std::format("shop.py:\n{}\n{}", numbered, task.request), edit, true, cancel);
      if (!turn) return std::unexpected(turn.error());
      tried.trials.push_back(edit_trial(task, format, *turn));
      say("edits by " + format, tried.trials.back());
    }
  }
  return ability;
}

json json_of(const Ability& ability) {
  json edits = json::object();
  for (const Ability::Format& f : ability.edits) edits[f.name] = json_of(f.trials);
  return {{"small", ability.is_small()},
          {"edit_format", ability.edit_format()},
          {"calls", json_of(ability.own_calls)},
          {"required_calls", json_of(ability.told_calls)},
          {"edits", edits}};
}

namespace {
json read_all(const std::filesystem::path& file) {
  std::ifstream in(file);
  json all = json::parse(in, nullptr, false);
  return all.is_object() ? all : json::object();  // damaged: what it said is found out again
}
}  // namespace

Result<std::filesystem::path> abilities_file() {
  auto folder = data_folder();
  if (!folder) return std::unexpected(folder.error());
  return *folder / "model-checks.json";
}

Result<void> store_ability(const std::filesystem::path& file, const std::string& model, const Ability& ability) {
  json all = read_all(file);
  all[model] = json_of(ability);
  const std::filesystem::path part = file.string() + ".part";
  std::ofstream out(part);
  out << all.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(part, file, error);
  if (!out || error) return fail(ErrorKind::kIo, file.string() + " cannot be written");
  return {};
}

ToolChoice choose_tools(const std::filesystem::path& file, const std::string& model) {
  const json all = read_all(file);
  if (const auto known = all.find(model);
      known != all.end() && known->is_object() && known->contains("small") && (*known)["small"].is_boolean()) {
    const bool small = (*known)["small"];
    const auto format = known->find("edit_format");
    std::string name = small && format != known->end() && format->is_string() ? format->get<std::string>() : "";
    if (std::ranges::find(kEditFormats, name) == std::end(kEditFormats)) name.clear();
    return {small, std::move(name)};
  }
  return {is_small_model(model), {}};
}

}  // namespace strata::agent
