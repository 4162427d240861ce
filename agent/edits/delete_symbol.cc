// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/delete_symbol.h"

#include <algorithm>
#include <format>
#include <map>

#include "agent/edits/symbol_edit.h"

namespace strata::agent {

Result<Change> delete_symbol(const Sources& sources, const std::string& target, bool used_too) {
  auto symbol = find_target(sources.index, target);
  if (!symbol) return std::unexpected(symbol.error());
  auto symbols = same_thing(sources.index, *symbol);
  if (!symbols) return std::unexpected(symbols.error());
  // What overrides it, and the constructors that go with a class anyway, stay out of it.
  std::erase_if(*symbols, [&](const repo::Symbol& s) { return s.qualified_name != symbol->qualified_name; });
  auto files = uses_of(sources, *symbols);
  if (!files) return std::unexpected(files.error());
  Change change;
  for (const FileUses& file : *files) {
    const auto tree = SourceTree::parse(file.path, file.text);
    std::vector<ByteRange> removed;
    std::vector<Splice> splices;
    for (const repo::Symbol& s : *symbols) {
      if (s.file != file.path || !tree) continue;
      const auto at = std::ranges::find_if(
          tree->symbols(), [&](const ParsedSymbol& p) { return p.name_line == s.name_line && p.name == s.name; });
      if (at == tree->symbols().end())
        return fail(ErrorKind::kInvalid, file.path + " has changed since it was indexed");
      auto cut = edit_symbol(*tree, file.path, file.text, static_cast<int>(at - tree->symbols().begin()),
                             SymbolAction::kDelete, {});
      if (!cut) return std::unexpected(cut.error());
      removed.push_back(tree->lines_of(*at, true));
      splices.insert(splices.end(), cut->begin(), cut->end());
    }
    for (const Use& use : file.uses) {
      if (std::ranges::any_of(
              removed, [&](const ByteRange& r) { return use.place.first >= r.first && use.place.first < r.last; }))
        continue;
      Place place = place_of(file, use);
      if (use.certainty == Use::Certainty::kMention) {
        change.mentions.push_back(std::move(place));
      } else if (use.certainty == Use::Certainty::kUncertain) {
        change.uncertain.push_back(std::move(place));
      } else {
        place.why = place.why.empty() ? "uses it" : place.why;
        change.uncertain.insert(change.uncertain.begin(), std::move(place));
      }
    }
    if (splices.empty()) continue;
    auto text = splice(file.text, std::move(splices));
    if (!text) return std::unexpected(text.error());
    auto written = changed_file(file.path, file.text, *text);
    if (!written) return std::unexpected(written.error());
    change.files.push_back(std::move(*written));
  }
  const auto used = std::ranges::count(change.uncertain, "uses it", &Place::why);
  if (used > 0 && !used_too) {
    change.summary = std::format("{} is still used in {} place{}; change those first", symbol->qualified_name, used,
                                 used == 1 ? "" : "s");
    change.mentions.clear();
    std::erase_if(change.uncertain, [](const Place& p) { return p.why != "uses it"; });
    return fail(ErrorKind::kInvalid, describe(change, 12));
  }
  if (change.files.empty())
    return fail(ErrorKind::kNotFound, std::format("{} stands nowhere as it is indexed; look at the file", target));
  change.summary = std::format("deleted {} from {}", symbol->qualified_name, change.files.front().path);
  for (size_t i = 1; i < change.files.size(); ++i) change.summary += ", " + change.files[i].path;
  return change;
}

}  // namespace strata::agent
