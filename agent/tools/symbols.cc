// SPDX-License-Identifier: Apache-2.0
// symbols, definition, references, callers: what the index knows.
#include <format>

#include "agent/edits/splice.h"
#include "agent/edits/target.h"
#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"
#include "agent/usages.h"

namespace strata::agent {
namespace {

constexpr size_t kMost = 60;

std::string described(const repo::Symbol& s) {
  return std::format("{}:{}-{} {} {}\n", s.file, s.first_line, s.last_line, s.kind, s.qualified_name);
}

ToolResult symbols(const Arguments& a, Workbench& bench, const Cancel*) {
  auto index = bench.index();
  if (!index) return refused(index.error().message);
  if (a.has("path")) {
    const auto file = (*index)->file(a.text("path"));
    if (!file || !*file) return refused(a.text("path") + " is not in the index; list shows the files");
  }
  auto found = (*index)->list_symbols({a.text("name"), "", a.text("path")}, kMost + 1);
  if (!found) return refused(found.error().message);
  if (found->empty()) return refused("no symbol has this in its name; search looks at the text");
  std::string text;
  for (size_t i = 0; i < std::min(found->size(), kMost); ++i) text += described((*found)[i]);
  if (found->size() > kMost) text += "... and more; give a path or more of the name\n";
  return {std::move(text), true, false};
}

// Runs `with` on the symbol that the argument names.
ToolResult with_symbol(const Arguments& a, Workbench& bench, auto with) {
  auto index = bench.index();
  if (!index) return refused(index.error().message);
  auto symbol = find_target(**index, a.text("symbol"));
  if (!symbol) return refused(symbol.error().message);
  return with(**index, *symbol);
}

ToolResult definition(const Arguments& a, Workbench& bench, const Cancel*) {
  return with_symbol(a, bench, [&](const repo::Index&, const repo::Symbol& s) -> ToolResult {
    auto bytes = bench.read(s.file);
    if (!bytes) return refused(bytes.error().message);
    return {
        shortened(described(s) + bench.show(s.file, *bytes, s.first_line, std::min(s.last_line, s.first_line + 299))),
        true, false};
  });
}

std::string line_of(Workbench& bench, const std::string& path, int line) {
  auto bytes = bench.read(path);
  if (!bytes) return {};
  const Lines lines(*bytes);
  std::string_view text = lines.text(line);
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return std::string(text.substr(0, 160));
}

ToolResult references(const Arguments& a, Workbench& bench, const Cancel*) {
  return with_symbol(a, bench, [&](const repo::Index& index, const repo::Symbol& s) -> ToolResult {
    auto found = is_value(s) ? usages_of(index, {s}) : index.references(s);
    if (!found) return refused(found.error().message);
    std::string text = "defined at " + described(s);
    if (found->empty()) text += "nothing is known to use it\n";
    for (size_t i = 0; i < std::min(found->size(), kMost); ++i) {
      const repo::Reference& r = (*found)[i];
      text +=
          std::format("{}:{} {} in {}{}: {}\n", r.file, r.line, r.kind, r.enclosing.empty() ? "the file" : r.enclosing,
                      r.confidence < 0.75 ? " (uncertain)" : "", line_of(bench, r.file, r.line));
    }
    if (found->size() > kMost) text += std::format("... and {} more\n", found->size() - kMost);
    return {shortened(std::move(text)), true, false};
  });
}

ToolResult callers(const Arguments& a, Workbench& bench, const Cancel*) {
  return with_symbol(a, bench, [&](const repo::Index& index, const repo::Symbol& s) -> ToolResult {
    auto found = index.callers(s);
    if (!found) return refused(found.error().message);
    std::string text = "defined at " + described(s);
    if (found->empty()) text += "nothing is known to call it\n";
    for (size_t i = 0; i < std::min(found->size(), kMost); ++i) {
      const repo::Relation& r = (*found)[i];
      text += std::format("{}:{} in {}{}: {}\n", r.reference.file, r.reference.line,
                          r.symbol.qualified_name.empty() ? "the file" : r.symbol.qualified_name,
                          r.reference.confidence < 0.75 ? " (uncertain)" : "",
                          line_of(bench, r.reference.file, r.reference.line));
    }
    if (found->size() > kMost) text += std::format("... and {} more\n", found->size() - kMost);
    return {shortened(std::move(text)), true, false};
  });
}

constexpr Parameter kSymbol{"symbol", "string", "name, qualified name or file:line", true};

}  // namespace

Tool symbols_tool() {
  return {make_spec("symbols", "Functions, classes and other symbols, by a part of their name or by file.",
                    {{"name", "string", "part of the name"}, {"path", "string", "only in this file"}}),
          false, symbols};
}
Tool definition_tool() {
  return {make_spec("definition", "The source of one symbol, with line numbers.", {kSymbol}), true, definition};
}
Tool references_tool() { return {make_spec("references", "Where a symbol is used.", {kSymbol}), false, references}; }
Tool callers_tool() { return {make_spec("callers", "What calls a function.", {kSymbol}), false, callers}; }

}  // namespace strata::agent
