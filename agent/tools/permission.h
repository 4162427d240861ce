// SPDX-License-Identifier: Apache-2.0
// May this call be made? A pure function of the call, the policy and whether commands can be confined. The boundary is
// the private copy and the sandbox; these rules are what the user wants to be asked about.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/tools/tool.h"

namespace strata::agent {

enum class Permission { kAllowed, kAsk, kRefused };

// Everything that is not empty must fit. The first rule that fits decides.
struct Rule {
  Permission verdict = Permission::kAsk;
  std::string tool;     // its name
  std::string command;  // words that every command of the line begins with: "git log", "make"
  std::string path;     // a path, or a folder ending with '/'
};

struct Policy {
  bool yes = false;       // what the sandbox confines needs no question
  bool confined = false;  // the sandbox can start
  std::vector<Rule> rules;
  std::string check;          // the command the user configured: naming it was allowing it, if it is confined
  bool check_agreed = false;  // the user agreed to the check of this run
};

struct Decision {
  Permission permission = Permission::kAllowed;
  std::string why;  // of asking or refusing: a sentence
};

// `line`: what the call will run, for the tools run and check; empty for the others.
Decision may(const Policy& policy, std::string_view tool, const Arguments& arguments, const std::string& line);

// The simple commands of a shell line as words, without assignments and wrappers (sudo, env, timeout, ...) in front.
// Nothing if the line does more than that: substitutions, redirections to files, unbalanced quotes.
std::optional<std::vector<std::vector<std::string>>> simple_commands(std::string_view line);

}  // namespace strata::agent
