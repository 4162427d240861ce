// SPDX-License-Identifier: Apache-2.0
// Mends failing tests one function at a time, for models that lose their way among tools: they are shown a function
// together with the test that fails. Which functions are shown is worked out from the output of the check and the
// index; what is kept is decided by the check. A model that fills gaps is first asked, without a conversation, which
// lines of the function it would have written otherwise (tests/bench/agent_tasks.py tells what each way mends).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/chat/chat_model.h"
#include "agent/tools/workbench.h"

namespace strata::agent {

// What is tried with each function: lines the model would have written otherwise, the line that it believes to be
// wrong, every line in turn, the whole function, and every line again with less likely answers.
enum class RepairWay { kInfill, kOneLine, kEveryLine, kWhole, kEveryLineAgain };
inline constexpr int kRepairTries = 5;
inline constexpr size_t kMostSuspects = 5;

struct Suspect {
  repo::Symbol symbol;
  double score = 0;
  std::string test;  // source of the failing test that leads to it; may be empty
};

// Functions the failure runs into, most suspect first: frames of tracebacks, what the failing tests call and the
// passing ones do not, names in the messages. Not those of tests.
Result<std::vector<Suspect>> find_suspects(const repo::Index& index, const Workbench& bench, const CheckResult& check,
                                           const std::string& instruction);

struct RepairAttempt {
  RepairAttempt(Suspect of, CheckResult failing, int number, const Cancel* stop)
      : suspect(std::move(of)), before(std::move(failing)), way(static_cast<RepairWay>(number)), cancel(stop) {}
  Suspect suspect;
  CheckResult before;  // what fails now
  RepairWay way = RepairWay::kInfill;
  const Cancel* cancel = nullptr;
  std::function<bool()> stop;  // asked between questions to the model: is the budget spent?
  // What came of it.
  bool kept = false;
  std::string why;
  ChatUsage usage;
  CheckResult after;
};

// Lets the model change the function and checks; the file is as before unless less fails.
Result<void> try_repair(ChatModel& model, Workbench& bench, RepairAttempt& attempt);

// Of a function while just this fails: attempts are counted by it.
std::string attempt_key(const Suspect& suspect, const CheckResult& check);

// The line of an answer that should be one line of code, without quotes, fences and the number before it. `number`:
// that number, 0 if there is none.
std::string line_in(std::string_view text, int* number = nullptr);

// The first block of code in a text, without its fences; the text itself if there is none.
std::string code_in(std::string_view text);

}  // namespace strata::agent
