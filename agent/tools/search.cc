// SPDX-License-Identifier: Apache-2.0
// search: lines that have a text or fit a regular expression; without one, passages by their words.
#include <format>

#include "agent/regex_search.h"
#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"

namespace strata::agent {
namespace {

constexpr size_t kMost = 40;

std::string quoted(const std::string& text) {
  std::string out = "\\Q";
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "\\E") == 0) {
      out += "\\E\\\\E\\Q";
      ++i;
    } else {
      out += text[i];
    }
  }
  return out + "\\E";
}

ToolResult run(const Arguments& a, Workbench& bench, const Cancel* cancel) {
  auto index = bench.index();
  if (!index) return refused(index.error().message);
  const std::string query = a.text("query");
  auto found = regex_search(**index, a.flag("regex") ? query : quoted(query), kMost, cancel);
  if (!found) return refused(found.error().message);
  std::string text;
  for (const LineMatch& m : found->matches) text += std::format("{}:{}: {}\n", m.file, m.line, m.text);
  if (found->more) text += "... and more; make the query longer\n";
  if (!text.empty()) return {shortened(std::move(text)), true, false};
  // Not there as it is written: the nearest by its words.
  auto hits = (*index)->search(query, 8);
  if (!hits) return refused(hits.error().message);
  if (hits->empty()) return {"nothing in the repository has this; try one word of it", true, false};
  text = "no line has this text; the nearest passages by its words:\n";
  for (const repo::Hit& h : *hits) text += std::format("{}:{}-{} {}\n", h.passage.file, h.passage.first_line, h.passage.last_line, h.passage.symbol);
  return {std::move(text), true, false};
}

}  // namespace

Tool search_tool() {
  return {make_spec("search", "Lines of the repository that contain a text.",
                    {{"query", "string", "text to look for", true}, {"regex", "boolean", "the query is a regular expression"}}),
          true, run};
}

}  // namespace strata::agent
