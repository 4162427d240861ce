// SPDX-License-Identifier: Apache-2.0
// words.txt holds the words that comments and documents of very different projects share: of 29 source trees, those
// that at least five use, and behind a line "=" those that at least two use. Names are made of the former alone; the
// latter are words as well, and so not made of others ("refused" is not ref and used).
#include "repo-indexer/compounds.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace strata::resources {
extern const std::string_view words;
}

namespace strata::repo {
namespace {

constexpr size_t kShortestName = 6, kLongestName = 24;
constexpr size_t kShortestWord = 3, kLongestWord = 14;
constexpr int kMostWords = 3;

struct Words {
  std::unordered_set<std::string_view> parts, wholes;
};

const Words& known_words() {
  static const auto words = [] {
    Words known;
    auto* set = &known.parts;
    for (size_t at = 0; at < resources::words.size();) {
      const size_t end = std::min(resources::words.find('\n', at), resources::words.size());
      const std::string_view word = resources::words.substr(at, end - at);
      if (word == "=")
        set = &known.wholes;
      else
        set->insert(word);
      at = end + 1;
    }
    return known;
  }();
  return words;
}

}  // namespace

std::vector<std::string_view> split_compound(std::string_view name) {
  const auto& [parts_known, wholes_known] = known_words();
  if (name.size() < kShortestName || name.size() > kLongestName || parts_known.contains(name) ||
      wholes_known.contains(name))
    return {};
  // Of the first `end` characters: how many words, how long the shortest is, and where the last begins.
  struct Best {
    int words = kMostWords + 1;
    size_t shortest = 0, last = 0;
  };
  std::array<Best, kLongestName + 1> best;
  best[0] = {0, kLongestName, 0};
  for (size_t end = kShortestWord; end <= name.size(); ++end)
    for (size_t length = kShortestWord; length <= std::min(end, kLongestWord); ++length) {
      const Best& before = best[end - length];
      if (before.words >= kMostWords || !parts_known.contains(name.substr(end - length, length))) continue;
      const Best found{before.words + 1, std::min(before.shortest, length), end - length};
      Best& so_far = best[end];
      if (found.words < so_far.words || (found.words == so_far.words && found.shortest > so_far.shortest))
        so_far = found;
    }
  std::vector<std::string_view> parts;
  if (best[name.size()].words > kMostWords) return parts;
  for (size_t end = name.size(); end > 0; end = best[end].last)
    parts.insert(parts.begin(), name.substr(best[end].last, end - best[end].last));
  return parts;
}

}  // namespace strata::repo
