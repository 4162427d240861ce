// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/rename.h"

#include <algorithm>
#include <format>

#include "agent/edits/splice.h"

namespace strata::agent {
namespace {

// Would the new name mean something else at one of the places? Says where.
std::string collision(const FileUses& file, const std::vector<const Use*>& places, bool member,
                      std::string_view new_name) {
  if (file.text.find(new_name) == std::string::npos) return {};
  const auto tree = SourceTree::parse(file.path, file.text);
  if (!tree) return {};
  for (const Occurrence& o : tree->occurrences(new_name)) {
    using Kind = Occurrence::Kind;
    if (o.kind == Kind::kComment || o.kind == Kind::kString || o.kind == Kind::kKeyword) continue;
    if ((o.kind == Kind::kMember) != member && o.kind != Kind::kLocal) continue;
    if (o.kind == Kind::kMember) continue;  // of whatever object: the owner's members are looked at by name
    // A local name only matters inside of its function.
    if (o.kind == Kind::kLocal) {
      const auto around = [&](int line) {
        const repo::ParsedSymbol* inner = nullptr;
        for (const auto& s : tree->symbols()) {
          if (repo::is_function(s.kind) && line >= s.first_line && line <= s.last_line) inner = &s;
        }
        return inner;
      };
      const auto* function = around(o.line);
      if (member || !function ||
          std::ranges::none_of(places, [&](const Use* use) { return around(use->place.line) == function; }))
        continue;
    }
    return std::format("{}:{}", file.path, o.line);
  }
  return {};
}

}  // namespace

Result<Change> rename_symbol(const Sources& sources, const std::string& target, const std::string& new_name,
                             bool uncertain_too) {
  auto overloads = find_overloads(sources.index, target);
  if (!overloads) return std::unexpected(overloads.error());
  const repo::Symbol* const symbol = &overloads->front();
  if (!is_identifier(new_name)) {
    return fail(ErrorKind::kInvalid,
                std::format("\"{}\" is no name; give the new name alone, without what it belongs to", new_name));
  }
  const std::string old_name = symbol->name.starts_with('~') ? symbol->name.substr(1) : symbol->name;
  if (new_name == old_name) return fail(ErrorKind::kInvalid, "the new name is the old one");
  if (!is_identifier(old_name))
    return fail(ErrorKind::kUnsupported, symbol->qualified_name + " has no name that could be changed");
  auto symbols = same_thing(sources.index, *symbol);
  if (!symbols) return std::unexpected(symbols.error());
  for (size_t i = 1; i < overloads->size(); ++i) {
    auto more = same_thing(sources.index, (*overloads)[i]);
    if (!more) return std::unexpected(more.error());
    for (repo::Symbol& s : *more) {
      if (std::ranges::none_of(*symbols, [&](const repo::Symbol& known) { return known.id == s.id; }))
        symbols->push_back(std::move(s));
    }
  }
  auto taken = sources.index.find_symbols(new_name);
  if (!taken) return std::unexpected(taken.error());
  for (const repo::Symbol& s : *symbols) {
    if (s.qualified_name.size() < s.name.size()) continue;
    const std::string wanted = s.qualified_name.substr(0, s.qualified_name.size() - s.name.size()) + new_name;
    for (const repo::Symbol& other : *taken) {
      if (other.qualified_name != wanted || other.kind == "heading") continue;
      // Functions of the same name in unrelated files are no trouble, but in one file or class they are.
      if (wanted == new_name && other.file != s.file && s.kind != "macro" && !other.file.ends_with(".h")) continue;
      return fail(ErrorKind::kInvalid,
                  std::format("{} exists already, at {}:{}; choose another name", wanted, other.file, other.name_line));
    }
  }
  auto files = uses_of(sources, *symbols);
  if (!files) return std::unexpected(files.error());
  Change change;
  int places = 0, by_name = 0;
  for (const FileUses& file : *files) {
    std::vector<Splice> splices;
    std::vector<const Use*> changed;
    for (const Use& use : file.uses) {
      using Certainty = Use::Certainty;
      if (use.certainty == Certainty::kMention) {
        change.mentions.push_back(place_of(file, use));
      } else if (use.certainty == Certainty::kUncertain && !uncertain_too) {
        change.uncertain.push_back(place_of(file, use));
      } else {
        splices.push_back({use.place.first, use.place.last, new_name});
        changed.push_back(&use);
        by_name += use.certainty == Certainty::kByName;
      }
    }
    if (splices.empty()) continue;
    if (const std::string at = collision(file, changed, symbol->kind == "method", new_name); !at.empty()) {
      return fail(ErrorKind::kInvalid,
                  std::format("{} means something else already, at {}; choose another name", new_name, at));
    }
    places += static_cast<int>(splices.size());
    auto text = splice(file.text, std::move(splices));
    if (!text) return std::unexpected(text.error());
    auto written = changed_file(file.path, file.text, *text);
    if (!written) return std::unexpected(written.error());
    change.files.push_back(std::move(*written));
  }
  if (change.files.empty())
    return fail(ErrorKind::kNotFound, std::format("{} stands nowhere as it is indexed; look at the file", target));
  change.summary = std::format("renamed {} to {}: {} place{} in {} file{}", symbol->qualified_name, new_name, places,
                               places == 1 ? "" : "s", change.files.size(), change.files.size() == 1 ? "" : "s");
  if (overloads->size() > 1) change.summary += std::format(" ({} overloads)", overloads->size());
  if (by_name > 0) change.summary += std::format(" ({} known by the name alone, which nothing else has)", by_name);
  if (symbols->size() > 1) {
    std::string also;
    for (const repo::Symbol& s : *symbols) {
      if (s.qualified_name != symbol->qualified_name && also.find(s.qualified_name) == also.npos)
        also += (also.empty() ? "" : ", ") + s.qualified_name;
    }
    if (!also.empty()) change.summary += "; with it " + also;
  }
  return change;
}

}  // namespace strata::agent
