// SPDX-License-Identifier: Apache-2.0
#include "agent/changes/symbol_changes.h"

#include <algorithm>
#include <format>
#include <map>
#include <tuple>

#include "agent/changes/code_tokens.h"

namespace strata::agent {
namespace {

using repo::ParsedSymbol;
using What = SymbolChange::What;

constexpr double kAlike = 0.6;         // of the words of a renamed symbol
constexpr size_t kMostPairs = 10'000;  // compared for renames

// What a symbol says without its own name.
std::vector<std::string_view> words_of(const ParsedSymbol& symbol, std::string_view text,
                                       const std::vector<repo::ByteRange>& comments) {
  std::vector<std::string_view> words;
  const std::string_view own = text.substr(symbol.first_byte, symbol.last_byte - symbol.first_byte);
  for (const CodeToken& token : code_tokens(own, symbol.first_byte, comments))
    if (token.text != symbol.name) words.push_back(token.text);
  std::ranges::sort(words);
  return words;
}

double alike(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  std::vector<std::string_view> both;
  std::ranges::set_intersection(a, b, std::back_inserter(both));
  return 2.0 * static_cast<double>(both.size()) / static_cast<double>(std::max<size_t>(1, a.size() + b.size()));
}

class Comparison {
 public:
  Comparison(const Proposal& proposal, const std::vector<ParsedSides>& sides) : proposal_(proposal), sides_(sides) {}

  std::vector<SymbolChange> run() {
    for (size_t file = 0; file < sides_.size(); ++file) pair_by_name(file);
    pair_moved();
    pair_renamed();
    drop_inner();
    std::ranges::stable_sort(changes_, {}, &SymbolChange::file);
    return std::move(changes_);
  }

 private:
  using Key = std::tuple<std::string, bool>;  // qualified name, definition
  using Groups = std::map<Key, std::vector<const ParsedSymbol*>>;

  static Groups by_name(const repo::ParsedFile& file) {
    Groups groups;
    for (const ParsedSymbol& symbol : file.symbols)
      groups[{symbol.qualified_name, symbol.definition}].push_back(&symbol);
    return groups;
  }

  // Overloads of a name pair up by signature first, then in order.
  void pair_by_name(size_t file) {
    Groups before = by_name(sides_[file].before), after = by_name(sides_[file].after);
    for (auto& [key, old] : before) {
      auto& now = after[key];
      std::erase_if(old, [&](const ParsedSymbol* symbol) {
        const auto same = std::ranges::find(now, symbol->signature, &ParsedSymbol::signature);
        if (same == now.end()) return false;
        now.erase(same);
        return true;
      });
      const size_t pairs = std::min(old.size(), now.size());
      for (size_t i = 0; i < pairs; ++i)
        if (repo::is_function(old[i]->kind)) changes_.push_back({What::kSignature, file, old[i], now[i], 0});
      for (size_t i = pairs; i < old.size(); ++i) changes_.push_back({What::kRemoved, file, old[i], nullptr, 0});
      now.erase(now.begin(), now.begin() + static_cast<std::ptrdiff_t>(pairs));
    }
    for (const auto& [key, now] : after)
      for (const ParsedSymbol* symbol : now) changes_.push_back({What::kAdded, file, nullptr, symbol, 0});
  }

  template <typename Fits, typename Join>
  void pair(Fits fits, Join join) {
    for (SymbolChange& gone : changes_) {
      if (gone.what != What::kRemoved) continue;
      SymbolChange* best = nullptr;
      double best_score = 0;
      for (SymbolChange& made : changes_) {
        if (made.what != What::kAdded || made.after->kind != gone.before->kind ||
            made.after->definition != gone.before->definition)
          continue;
        const double score = fits(gone, made);
        if (score > best_score) best = &made, best_score = score;
      }
      if (best) join(gone, *best);
    }
  }

  void pair_moved() {
    pair([](const SymbolChange& gone,
            const SymbolChange& made) { return gone.file != made.file && gone.before->name == made.after->name; },
         [](SymbolChange& gone, SymbolChange& made) {
           gone.what = What::kMovedOut, gone.other = made.file, gone.after = made.after;
           made.what = What::kMovedIn, made.other = gone.file, made.before = gone.before;
         });
  }

  void pair_renamed() {
    const auto removed = static_cast<size_t>(std::ranges::count(changes_, What::kRemoved, &SymbolChange::what));
    const auto added = static_cast<size_t>(std::ranges::count(changes_, What::kAdded, &SymbolChange::what));
    if (removed * added > kMostPairs) return;
    pair(
        [this](const SymbolChange& gone, const SymbolChange& made) {
          if (gone.file != made.file || gone.before->name == made.after->name) return 0.0;
          const ProposalFile& file = proposal_.files[gone.file];
          const double score = alike(words_of(*gone.before, file.before->bytes, sides_[gone.file].before.comments),
                                     words_of(*made.after, file.after->bytes, sides_[made.file].after.comments));
          // A declaration has too few words to be only alike.
          return score >= (gone.before->definition ? kAlike : 1.0) ? score : 0.0;
        },
        [](SymbolChange& gone, SymbolChange& made) {
          gone.what = What::kRenamed, gone.after = made.after;
          made.before = made.after;  // to be dropped
        });
    std::erase_if(changes_, [](const SymbolChange& c) { return c.what == What::kAdded && c.before; });
  }

  // A class that is new says it for its methods; one that is renamed, for their qualified names.
  void drop_inner() {
    const std::vector<SymbolChange> all = changes_;
    std::erase_if(changes_, [&](const SymbolChange& inner) {
      const bool in_after = inner.after && inner.what != What::kMovedOut;
      const ParsedSymbol& symbol = in_after ? *inner.after : *inner.before;
      const auto& symbols = in_after ? sides_[inner.file].after.symbols : sides_[inner.file].before.symbols;
      if (inner.what == What::kSignature || symbol.parent < 0) return false;
      if (inner.what == What::kRenamed && inner.before->name != inner.after->name) return false;
      const ParsedSymbol* parent = &symbols[static_cast<size_t>(symbol.parent)];
      return std::ranges::any_of(all, [&](const SymbolChange& outer) {
        return outer.what != What::kSignature && (in_after ? outer.after : outer.before) == parent;
      });
    });
  }

  const Proposal& proposal_;
  const std::vector<ParsedSides>& sides_;
  std::vector<SymbolChange> changes_;
};

// What stands between the first bracket behind the name and the one that closes it, at its commas; and the rest.
std::pair<std::vector<std::string>, std::string> parameters_of(const ParsedSymbol& symbol) {
  const std::string& text = symbol.signature;
  std::vector<std::string> parameters;
  const size_t name = std::min(text.find(symbol.name), text.size());
  const size_t open = text.find('(', name);
  if (open == text.npos) return {parameters, text};
  int depth = 0;
  std::string one;
  size_t end = open;
  const auto keep = [&] {
    const size_t first = one.find_first_not_of(" \t\n"), last = one.find_last_not_of(" \t\n");
    if (first != one.npos) parameters.push_back(one.substr(first, last - first + 1));
    one.clear();
  };
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (std::string_view("([{<").contains(c)) ++depth;
    const bool arrow = c == '>' && end > 0 && (text[end - 1] == '-' || text[end - 1] == '=');
    if (std::string_view(")]}>").contains(c) && !arrow && --depth == 0) break;
    if (c == ',' && depth == 1)
      keep();
    else if (end > open)
      one += c;
  }
  keep();
  return {parameters, text.substr(0, open) + text.substr(std::min(end + 1, text.size()))};
}

std::string quote(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& one : list) text += std::format("{}`{}`", text.empty() ? "" : ", ", one);
  return text;
}

}  // namespace

std::vector<SymbolChange> symbol_changes(const Proposal& proposal, const std::vector<ParsedSides>& sides) {
  return Comparison(proposal, sides).run();
}

std::string signature_change(const ParsedSymbol& before, const ParsedSymbol& after) {
  const auto [old, old_rest] = parameters_of(before);
  const auto [now, now_rest] = parameters_of(after);
  std::vector<std::string> gone, made;
  std::ranges::copy_if(old, std::back_inserter(gone), [&](const auto& p) { return !std::ranges::contains(now, p); });
  std::ranges::copy_if(now, std::back_inserter(made), [&](const auto& p) { return !std::ranges::contains(old, p); });
  const auto noun = [](const auto& list) { return list.size() == 1 ? "parameter" : "parameters"; };
  if (old_rest == now_rest) {
    if (gone.empty() && !made.empty()) return std::format("adds {} {} to", noun(made), quote(made));
    if (made.empty() && !gone.empty()) return std::format("removes {} {} from", noun(gone), quote(gone));
    if (made.empty() && gone.empty() && old.size() == now.size() && old != now) return "reorders the parameters of";
    if (!made.empty()) return std::format("changes {} {} to {} of", noun(gone), quote(gone), quote(made));
  }
  return std::format("changes the signature from `{}` to `{}` of", before.signature, after.signature);
}

}  // namespace strata::agent
