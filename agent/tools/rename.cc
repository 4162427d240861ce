// SPDX-License-Identifier: Apache-2.0
// rename, add_parameter: changes of a symbol everywhere, made by the index.
#include "agent/edits/rename.h"

#include "agent/edits/add_parameter.h"
#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"

namespace strata::agent {
namespace {

ToolResult applied(Workbench& bench, auto operation) {
  auto index = bench.index();
  if (!index) return refused(index.error().message);
  const Result<Change> change = operation();
  if (!change) return refused(change.error().message);
  if (auto done = bench.apply(*change); !done) return refused(done.error().message);
  return {shortened(describe(*change)), true, false};
}

ToolResult rename(const Arguments& a, Workbench& bench, const Cancel*) {
  return applied(
      bench, [&] { return rename_symbol(bench.sources(), a.text("symbol"), a.text("new_name"), a.flag("uncertain")); });
}

ToolResult add(const Arguments& a, Workbench& bench, const Cancel*) {
  NewParameter parameter{a.text("parameter"), a.text("argument"), {}, a.text("pass_to") == "*"};
  if (a.has("pass_to") && !parameter.pass_on) parameter.pass_to.push_back(a.text("pass_to"));
  return applied(bench, [&] { return add_parameter(bench.sources(), a.text("symbol"), parameter); });
}

}  // namespace

Tool rename_tool() {
  return {make_spec("rename", "Renames a symbol everywhere it is used.",
                    {{"symbol", "string", "name, qualified name or file:line", true},
                     {"new_name", "string", "the new name alone", true},
                     {"uncertain", "boolean", "also where it is not certain that it is meant"}}),
          true, rename};
}
Tool add_parameter_tool() {
  return {make_spec("add_parameter", "Adds a last parameter to a function, its declarations and its callers.",
                    {{"symbol", "string", "function", true},
                     {"parameter", "string", "as the language writes it: \"timeout=None\", \"int depth = 0\"", true},
                     {"argument", "string", "what callers pass; without it the parameter needs a default"},
                     {"pass_to", "string",
                      "function called in the body that gets it passed on; \"*\": all that have such a parameter"}}),
          false, add};
}

}  // namespace strata::agent
