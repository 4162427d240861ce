// SPDX-License-Identifier: Apache-2.0
// list: what is in a folder.
#include <format>
#include <map>

#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"

namespace strata::agent {
namespace {

ToolResult run(const Arguments& a, Workbench& bench, const Cancel*) {
  auto index = bench.index();
  if (!index) return refused(index.error().message);
  std::string folder = a.text("path");
  while (folder.starts_with("./")) folder.erase(0, 2);
  if (folder == ".") folder.clear();
  if (!folder.empty() && !folder.ends_with('/')) folder += '/';
  auto files = (*index)->files();
  if (!files) return refused(files.error().message);
  std::map<std::string, int> entries;  // files in a folder; 0: a file itself
  std::map<std::string, int> lines;
  for (const repo::File& file : *files) {
    if (!file.path.starts_with(folder)) continue;
    const std::string rest = file.path.substr(folder.size());
    const size_t slash = rest.find('/');
    if (slash == rest.npos)
      entries[rest] = 0, lines[rest] = file.lines;
    else
      ++entries[rest.substr(0, slash + 1)];
  }
  if (entries.empty())
    return refused(std::format("there is no folder \"{}\"; list without a path shows the top", folder));
  std::string text;
  for (const auto& [name, count] : entries)
    text += name.ends_with('/') ? std::format("{}  {} files\n", name, count)
                                : std::format("{}  {} lines\n", name, lines[name]);
  return {shortened(std::move(text)), true, false};
}

}  // namespace

Tool list_tool() {
  return {make_spec("list", "Files and folders in a folder.",
                    {{"path", "string", "folder; empty: the top of the repository"}}),
          false, run};
}

}  // namespace strata::agent
