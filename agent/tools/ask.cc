// SPDX-License-Identifier: Apache-2.0
// ask: a question to the whole repository, answered with citations. done: the model says that it is done.
#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"

namespace strata::agent {

Tool ask_tool() {
  return {make_spec("ask", "Asks a question about the whole repository; the answer names files and lines.",
                    {{"question", "string", "the question", true}}),
          false, [](const Arguments& a, Workbench& bench, const Cancel* cancel) -> ToolResult {
            if (!bench.ask()) return refused("nobody answers questions in this run; use search and definition");
            auto answer = bench.ask()(a.text("question"), cancel);
            if (!answer) return refused(answer.error().message);
            return {shortened(std::move(*answer)), true, false};
          }};
}

Tool done_tool() {
  return {make_spec("done", "Ends the work: everything asked for is done.",
                    {{"summary", "string", "what was done, in one or two sentences", true}}),
          true,
          [](const Arguments& a, Workbench&, const Cancel*) -> ToolResult { return {a.text("summary"), true, true}; }};
}

}  // namespace strata::agent
