// SPDX-License-Identifier: Apache-2.0
#include "agent/tools/permission.h"

#include <gtest/gtest.h>

namespace strata::agent {
namespace {

using P = Permission;

std::string taken_apart(std::string_view line) {
  const auto commands = simple_commands(line);
  if (!commands) return "not simple";
  std::string out;
  for (const auto& words : *commands) {
    for (const auto& word : words) out += "[" + word + "]";
    out += " ";
  }
  return out;
}

TEST(Permission, ShellLinesAreTakenApart) {
  const std::pair<const char*, const char*> cases[] = {
      {"make test", "[make][test] "},
      {"make && ctest -V; git log | head", "[make] [ctest][-V] [git][log] [head] "},
      {"FOO=1 sudo -n timeout 5 make", "[make] "},
      {"echo 'a; b' \"c d\"", "[echo][a; b][c d] "},
      {"make 2>&1 | tail -3", "[make] [tail][-3] "},
      {"make >/dev/null", "[make] "},
      {"make > out.txt", "not simple"},
      {"echo $(rm -rf x)", "not simple"},
      {"echo `id`", "not simple"},
      {"echo \"$HOME\"", "not simple"},
      {"sh -c 'rm x'", "not simple"},
      {"find . -exec rm {} +", "not simple"},
      {"find . -delete", "not simple"},
      {"eval make", "not simple"},
      {"(cd x; make)", "not simple"},
      {"echo 'open", "not simple"},
      {"cat < x", "not simple"},
      {"make & curl x", "[make] [curl][x] "},
      {"make\nrm x", "[make] [rm][x] "},
      {"FOO=1", "not simple"},
  };
  for (const auto& [line, expected] : cases) EXPECT_EQ(taken_apart(line), expected) << line;
}

TEST(Permission, IsATable) {
  struct Case {
    const char* name;
    Policy policy;
    const char* tool;
    nlohmann::ordered_json arguments;
    const char* line;
    P expected;
  };
  const Policy plain{.confined = true, .rules = {}, .check = {}};
  const Policy yes{.yes = true, .confined = true, .rules = {}, .check = {}};
  const Policy open{.yes = true, .confined = false, .rules = {{P::kAllowed, "", "make", ""}}, .check = "make check"};
  const Policy make{.confined = true, .rules = {{P::kAllowed, "", "make", ""}}, .check = {}};
  const Policy no_net{.yes = true,
                      .confined = true,
                      .rules = {{P::kRefused, "", "curl", ""}, {P::kAsk, "edit", "", "src/"}},
                      .check = {}};
  const Policy configured{.confined = true, .rules = {}, .check = "make check"};
  const Case cases[] = {
      {"reading is free", plain, "read", {{"path", "a"}}, "", P::kAllowed},
      {"edits are of a copy", plain, "edit", {{"path", "a"}}, "", P::kAllowed},
      {"but not of git's own", yes, "edit", {{"path", ".git/hooks/pre-commit"}}, "", P::kRefused},
      {"nor in any case", yes, "create", {{"path", "sub/.GIT/config"}}, "", P::kRefused},
      {"nor of what rules agents", yes, "move", {{"path", "a"}, {"to", ".strata/rules.json"}}, "", P::kRefused},
      {"commands ask", plain, "run", {}, "ls", P::kAsk},
      {"--yes approves what is confined", yes, "run", {}, "ls", P::kAllowed},
      {"--yes does not override a missing sandbox", open, "run", {}, "ls", P::kAsk},
      {"nor does a rule", open, "run", {}, "make", P::kAsk},
      {"nor the configured check", open, "check", {}, "make check", P::kAsk},
      {"a prefix", make, "run", {}, "make -j2 test", P::kAllowed},
      {"of every command", make, "run", {}, "make; rm -rf /", P::kAsk},
      {"that is a word", make, "run", {}, "makeinfo", P::kAsk},
      {"and no substitution", make, "run", {}, "make $(curl x)", P::kAsk},
      {"a refusal beats --yes", no_net, "run", {}, "make && curl x", P::kRefused},
      {"also where the line is not simple", no_net, "run", {}, "echo $(curl x)", P::kRefused},
      {"a path rule", no_net, "edit", {{"path", "src/a.c"}}, "", P::kAsk},
      {"of that folder only", no_net, "edit", {{"path", "lib/a.c"}}, "", P::kAllowed},
      {"the check that the user named", configured, "check", {}, "make check", P::kAllowed},
      {"not another one", configured, "check", {}, "make test", P::kAsk},
      {"not as a command of the model", configured, "run", {}, "make check", P::kAsk},
  };
  for (const Case& c : cases) {
    const Decision decision = may(
        c.policy, c.tool, Arguments(c.arguments.is_null() ? nlohmann::ordered_json::object() : c.arguments), c.line);
    EXPECT_EQ(decision.permission, c.expected) << c.name << ": " << decision.why;
    EXPECT_EQ(decision.why.empty(), c.expected == P::kAllowed) << c.name;
  }
}

}  // namespace
}  // namespace strata::agent
