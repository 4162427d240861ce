// SPDX-License-Identifier: Apache-2.0
// What is known of a run, worked out from its events one by one; the same while it runs and when it is resumed. Kinds
// of events and what their JSON holds:
//
//   start     instruction, check, check_given, yes, instructions [{path, text}]
//   plan      steps [text]
//   message   text, by                  from the user, or (by: "strata") a remark of the loop
//   turn      text, reasoning, raw, calls, usage, model, seconds, by     by: "strata" where no model was needed
//   approval  tool, command, allowed, always, why
//   result    call, tool, good, final, text, seconds, files [{path, before, after, mode}]
//   attempt   symbol, name, place, kept, why, usage, model, seconds, files     of repair.h
//   check     command, good, exit_code, errors, failed, seconds, output
//   end       status, why
//   resume    more                      more: the user wants something else of a run that had ended
//
// Contents of files are ids; "" is no file.
//
// The prompt of a turn is a byte prefix of the next one's: the transcript only grows, and what changes from turn to
// turn stands in the newest message.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/chat/chat_model.h"
#include "agent/chat/prices.h"
#include "agent/run/loop_guard.h"

namespace strata::agent {

struct StoredFile {
  std::string content;  // id in the content store; "" is no file
  uint32_t mode = 0;
  bool operator==(const StoredFile&) const = default;
};

struct StepTime {
  std::string tool;    // "attempt" of repair.h
  double seconds = 0;  // with the turn of the model that called it
};

struct RunState {
  std::string instruction, check;
  bool yes = false;
  bool check_given = false;  // by the user, who thereby allowed it; else it was detected
  std::vector<std::string> plan;
  std::vector<ChatMessage> transcript;
  std::vector<ToolCall> pending;           // called and not answered yet
  std::vector<MadeCall> calls;             // answered ones
  std::map<std::string, StoredFile> tree;  // what differs from the base of the private copy
  ChatUsage usage;
  UsageOfModels usage_of_models;
  std::vector<StepTime> step_times;
  double turn_seconds = 0;  // of turns whose calls are no steps yet
  int steps = 0;            // results and attempts
  int idle_turns = 0;       // turns in a row that called nothing
  int refused = 0;          // calls that the user did not allow
  bool check_agreed = false;
  bool finished = false;                // the last call was done, and it was believed
  bool more_wanted = false;             // after an end: what the newest message of the user says
  std::vector<std::string> agreed;      // commands allowed for the whole run
  std::map<std::string, int> attempts;  // by symbol
  std::vector<nlohmann::ordered_json> checks;
  std::string status, why;  // of the end; empty: it has not ended

  void add(const std::string& kind, const nlohmann::ordered_json& event);
};

// The items of a numbered or dashed list in a text, at most ten.
std::vector<std::string> list_items(std::string_view text);

std::string system_prompt();

}  // namespace strata::agent
