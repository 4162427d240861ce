// SPDX-License-Identifier: Apache-2.0
// read: lines of a file with their numbers, secrets masked. What was shown is remembered: only such lines can be
// replaced by number.
#include <format>

#include "agent/edits/splice.h"
#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"

namespace strata::agent {
namespace {

constexpr int kMostLines = 300;

ToolResult run(const Arguments& a, Workbench& bench, const Cancel*) {
  const std::string path = a.text("path");
  auto bytes = bench.read(path);
  if (!bytes) return refused(bytes.error().message);
  if (bytes->substr(0, 8192).find('\0') != std::string::npos) return refused(path + " is binary");
  const Lines lines(*bytes);
  const int first = std::max(1, a.number("first", 1));
  const int wanted = a.number("last", lines.count());
  const int last = std::min({wanted, lines.count(), first + kMostLines - 1});
  if (lines.count() == 0) return {path + " is empty", true, false};
  if (first > lines.count() || wanted < first)
    return refused(std::format("{} has {} lines; there are no lines {}-{}", path, lines.count(), first, wanted));
  std::string text =
      std::format("{}, lines {}-{} of {}:\n", path, first, last, lines.count()) + bench.show(path, *bytes, first, last);
  if (last < std::min(wanted, lines.count())) text += std::format("... read on from line {}\n", last + 1);
  return {shortened(std::move(text), 4 * kMostResultBytes), true, false};
}

}  // namespace

Tool read_tool() {
  return {make_spec("read", "Lines of a file, with line numbers.",
                    {{"path", "string", "path in the repository", true},
                     {"first", "integer", "first line"},
                     {"last", "integer", "last line"}}),
          true, run};
}

}  // namespace strata::agent
