// SPDX-License-Identifier: Apache-2.0
// create, delete, move: whole files, and symbols moved or deleted with everything that belongs to them.
#include <algorithm>
#include <format>

#include "agent/edits/delete_symbol.h"
#include "agent/edits/file_edit.h"
#include "agent/edits/move_symbol.h"
#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"

namespace strata::agent {
namespace {

ToolResult create(const Arguments& a, Workbench& bench, const Cancel*) {
  const std::string path = a.text("path");
  if (bench.exists(path)) return refused(path + " exists already; use edit");
  std::string text = plain_text(a.text("text"));
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  if (const auto errors = new_syntax_errors(path, "", text); !errors.empty())
    return refused(path + " is not written, it has syntax errors: " + errors.front());
  if (auto done = bench.write(path, text); !done) return refused(done.error().message);
  return {std::format("{} is written, {} lines", path, Lines(text).count()), true, false};
}

ToolResult applied(Workbench& bench, const Result<Change>& change) {
  if (!change) return refused(change.error().message);
  if (auto done = bench.apply(*change); !done) return refused(done.error().message);
  return {shortened(describe(*change)), true, false};
}

// Where a file is included or imported, one entry a line.
std::vector<repo::Import> importers_of(const repo::Index& index, const std::string& path) {
  auto found = index.included_by(path);
  if (!found) return {};
  const auto same = [](const repo::Import& a, const repo::Import& b) { return a.file == b.file && a.line == b.line; };
  found->erase(std::unique(found->begin(), found->end(), same), found->end());
  return std::move(*found);
}

ToolResult remove(const Arguments& a, Workbench& bench, const Cancel*) {
  auto index = bench.index();
  if (!index) return refused(index.error().message);
  if (a.has("symbol")) return applied(bench, delete_symbol(bench.sources(), a.text("symbol"), a.flag("anyway")));
  const std::string path = a.text("path");
  if (path.empty()) return refused("say what to delete: path or symbol");
  if (const auto importers = importers_of(**index, path); !importers.empty() && !a.flag("anyway")) {
    std::string list;
    for (size_t i = 0; i < std::min<size_t>(importers.size(), 10); ++i)
      list += std::format("\n  {}:{}", importers[i].file, importers[i].line);
    return refused(std::format("{} is still included or imported in {} places; change those first, or say anyway:{}",
                               path, importers.size(), list));
  }
  if (auto done = bench.remove(path); !done) return refused(done.error().message);
  return {path + " is deleted", true, false};
}

ToolResult move(const Arguments& a, Workbench& bench, const Cancel*) {
  auto index = bench.index();
  if (!index) return refused(index.error().message);
  if (a.has("symbol")) return applied(bench, move_symbol(bench.sources(), a.text("symbol"), a.text("to")));
  const std::string path = a.text("path"), to = a.text("to");
  if (path.empty()) return refused("say what to move: path or symbol");
  const auto importers = importers_of(**index, path);
  if (auto done = bench.move(path, to); !done) return refused(done.error().message);
  std::string text = std::format("{} is now {}", path, to);
  if (!importers.empty()) {
    text += ". It is included or imported under its old name in:";
    for (size_t i = 0; i < std::min<size_t>(importers.size(), 20); ++i)
      text += std::format("\n  {}:{} {}", importers[i].file, importers[i].line, importers[i].name);
  }
  return {std::move(text), true, false};
}

}  // namespace

Tool create_tool() {
  return {make_spec("create", "Writes a new file.",
                    {{"path", "string", "path of the new file", true}, {"text", "string", "its text", true}}),
          true, create};
}
Tool delete_tool() {
  return {make_spec("delete", "Deletes a file, or a symbol that nothing uses with its declarations.",
                    {{"path", "string", "file"},
                     {"symbol", "string", "symbol"},
                     {"anyway", "boolean", "also if it is still used"}}),
          false, remove};
}
Tool move_tool() {
  return {make_spec("move", "Moves a file, or a symbol to another file with its imports or includes.",
                    {{"symbol", "string", "symbol to move"},
                     {"path", "string", "file to move"},
                     {"to", "string", "file it goes to", true}}),
          false, move};
}

}  // namespace strata::agent
