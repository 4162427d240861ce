// SPDX-License-Identifier: Apache-2.0
// search: lines that have a text or fit a regular expression; without one, passages by their words.
#include <format>

#include "agent/edits/splice.h"
#include "agent/regex_search.h"
#include "agent/tools/tool.h"
#include "agent/tools/workbench.h"
#include "repo-indexer/secrets.h"

namespace strata::agent {
namespace {

constexpr size_t kMost = 40;

// Lines that have the text, as regex_search() gives them, but without looking for secrets where nothing is found.
Result<RegexSearch> find_text(const repo::Index& index, const Workbench& bench, const std::string& text,
                              const Cancel* cancel) {
  auto files = index.files();
  if (!files) return std::unexpected(files.error());
  RegexSearch found;
  for (const repo::File& file : *files) {
    if (cancel && cancel->requested()) return fail(ErrorKind::kCancelled, "cancelled");
    auto bytes = bench.read(file.path);
    if (!bytes || bytes->find(text) == std::string::npos) continue;
    if (file.secrets > 0) repo::mask_secrets(*bytes);
    const Lines lines(*bytes);
    int last = 0;
    for (size_t at = bytes->find(text); at != std::string::npos; at = bytes->find(text, at + 1)) {
      const int line = lines.line_of(at);
      if (line == last) continue;
      if (found.matches.size() == kMost) {
        found.more = true;
        return found;
      }
      last = line;
      found.matches.push_back({file.path, line, static_cast<int>(at - lines.start(line)) + 1,
                               std::string(lines.text(line).substr(0, 300))});
    }
  }
  return found;
}

ToolResult run(const Arguments& a, Workbench& bench, const Cancel* cancel) {
  auto index = bench.index();
  if (!index) return refused(index.error().message);
  const std::string query = a.text("query");
  auto found = a.flag("regex") ? regex_search(**index, query, kMost, cancel) : find_text(**index, bench, query, cancel);
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
  for (const repo::Hit& h : *hits)
    text += std::format("{}:{}-{} {}\n", h.passage.file, h.passage.first_line, h.passage.last_line, h.passage.symbol);
  return {std::move(text), true, false};
}

}  // namespace

Tool search_tool() {
  return {make_spec("search", "Lines of the repository that contain a text.",
                    {{"query", "string", "text to look for", true},
                     {"regex", "boolean", "the query is a regular expression"}}),
          true, run};
}

}  // namespace strata::agent
