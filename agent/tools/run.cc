// SPDX-License-Identifier: Apache-2.0
// run, check: commands in the sandbox.
#include <format>

#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"

namespace strata::agent {
namespace {

ToolResult run(const Arguments& a, Workbench& bench, const Cancel* cancel) {
  auto done = bench.command(a.text("command"), bench.run_unconfined, cancel);
  if (!done) return refused(done.error().message);
  std::string text = std::format("exit code {} after {:.1f} s\n", done->exit_code, done->seconds);
  if (done->killed_by != Limit::kNone) text += std::format("ended by the limit on {}\n", name_of(done->killed_by));
  // The end of an output says how it ended.
  constexpr size_t kHead = 3000, kTail = 5000;
  if (done->output.size() > kHead + kTail) {
    text += done->output.substr(0, kHead) + std::format("\n... {} bytes ...\n", done->output.size() - kHead - kTail) +
            done->output.substr(done->output.size() - kTail);
  } else {
    text += done->output;
  }
  return {shortened(std::move(text)), done->exit_code == 0, false};
}

ToolResult check(const Arguments&, Workbench& bench, const Cancel* cancel) {
  auto result = bench.check(bench.run_unconfined, cancel);
  if (!result) return refused(result.error().message);
  std::string text = result->good         ? "the check passes"
                     : result->errors > 0 ? std::format("the check fails: {} compiler errors", result->errors)
                                          : std::format("the check fails: exit code {}", result->exit_code);
  if (!result->failed.empty()) {
    text += std::format("; {} failing tests: ", result->failed.size());
    for (size_t i = 0; i < std::min<size_t>(result->failed.size(), 10); ++i)
      text += (i ? ", " : "") + result->failed[i];
  }
  return {shortened(std::format("{} ({}, {:.1f} s)\n{}", text, result->command, result->seconds,
                                result->good ? "" : result->output)),
          result->good, false};
}

}  // namespace

Tool run_tool() {
  return {make_spec("run", "Runs a shell command at the top of the repository.",
                    {{"command", "string", "the command", true}}),
          false, run};
}
Tool check_tool() { return {make_spec("check", "Builds and runs the tests.", {}), true, check}; }

}  // namespace strata::agent
