// SPDX-License-Identifier: Apache-2.0
#include "agent/value_lines.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "agent/structural.h"
#include "repo-indexer/terms.h"

namespace strata::agent {

namespace {

constexpr size_t kPassages = 24;        // of the ranking's head
constexpr size_t kLines = 4;            // shown
constexpr size_t kLongestLine = 160;    // bytes of one that are shown
constexpr double kLineAbove = 0.5;      // of what the line above says: a comment, a condition
constexpr double kSymbol = 0.4;         // of what the name of the function around it says
constexpr double kRank = 0.05;          // less for each passage that ranks before
constexpr double kLeast = 0.2;          // of all that the question says
constexpr double kBesideTheBest = 0.5;  // of the best line's score

// What limits and defaults are called in questions and in code. If a question says one, the others are looked for too.
constexpr std::array<std::array<std::string_view, 5>, 3> kSynonyms = {{
    {"most", "max", "maximum", "limit", "largest"},
    {"least", "min", "minimum", "lowest", "smallest"},
    {"default", "unless", "otherwise", "initial", "standard"},
}};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front()))) line.remove_prefix(1);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.remove_suffix(1);
  return line;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (size_t i = 0; i < line.size();) {
    size_t end = i;
    while (end < line.size() && is_word(line[end])) ++end;
    if (end > i && !is_digit(line[i])) words.emplace_back(line.substr(i, end - i));
    i = std::max(end, i + 1);
  }
  return words;
}

using Stems = std::unordered_set<std::string>;

Stems asked_stems(std::string_view text, const TermWeights& weights) {
  Stems found;
  for (std::string& stem : repo::stems_of(text))
    if (weights.contains(stem)) found.insert(std::move(stem));
  return found;
}

// What `stems` say that nothing before them said; `said` grows.
double newly_said(const Stems& stems, const TermWeights& weights, Stems& said) {
  double sum = 0;
  for (const std::string& stem : stems)
    if (said.insert(stem).second) sum += weights.at(stem);
  return sum;
}

class Search {
 public:
  // `total`: the weight of all that the question says.
  Search(const repo::Index& index, const TermWeights& weights, double total, TextCache& texts)
      : index_(index), weights_(weights), total_(total), texts_(texts) {}

  Result<void> passage(const repo::Passage& p, double share) {
    const std::string* text = texts_.text(p.file);
    if (!text || p.last_byte > text->size()) return {};
    const Stems symbol = asked_stems(p.symbol, weights_);
    Stems above;
    int number = p.first_line;
    for (size_t begin = p.first_byte; begin < p.last_byte; ++number) {
      const size_t end = std::min<size_t>(text->find('\n', begin), p.last_byte);
      const std::string_view line = std::string_view(*text).substr(begin, end - begin);
      begin = end + 1;
      Stems here = asked_stems(line, weights_), said;
      const double own = newly_said(here, weights_, said);
      const double score =
          own + kLineAbove * newly_said(above, weights_, said) + kSymbol * newly_said(symbol, weights_, said);
      if (states_value(line)) add(p.file, number, line, share * score);
      if (own > 0)
        if (auto done = constants(line, here, share); !done) return done;
      above = std::move(here);
    }
    return {};
  }

  std::vector<ValueLine> best() {
    std::ranges::stable_sort(found_, std::ranges::greater{}, &ValueLine::score);
    std::vector<ValueLine> best;
    for (ValueLine& line : found_) {
      if (best.size() == kLines || line.score < kLeast ||
          (!best.empty() && line.score < kBesideTheBest * best.front().score))
        break;
      if (std::ranges::none_of(best, [&](const ValueLine& b) { return b.file == line.file && b.line == line.line; }))
        best.push_back(std::move(line));
    }
    return best;
  }

 private:
  void add(const std::string& file, int number, std::string_view line, double score) {
    if (total_ > 0 && score > 0)
      found_.push_back({file, number, std::string(trimmed(line).substr(0, kLongestLine)), score / total_});
  }

  // Where the constants that a line uses get their values.
  Result<void> constants(std::string_view line, const Stems& around, double share) {
    static constexpr std::array<std::string_view, 4> kKinds = {"constant", "macro", "enumerator", "variable"};
    for (const std::string& word : words_of(line)) {
      if (!looked_up_.insert(word).second) continue;
      auto symbols = index_.find_symbols(word);
      if (!symbols) return std::unexpected(symbols.error());
      for (const repo::Symbol& s : *symbols) {
        if (s.name != word || !std::ranges::contains(kKinds, s.kind)) continue;
        const std::string* text = texts_.text(s.file);
        const std::string defined = text ? lines_of(*text, s.name_line, s.name_line) : std::string();
        if (!states_value(defined)) continue;
        Stems said;
        const double own = newly_said(asked_stems(defined, weights_), weights_, said);
        add(s.file, s.name_line, defined, share * (own + newly_said(around, weights_, said)));
      }
    }
    return {};
  }

  const repo::Index& index_;
  const TermWeights& weights_;
  double total_;
  TextCache& texts_;
  std::unordered_set<std::string> looked_up_;
  std::vector<ValueLine> found_;
};

}  // namespace

std::vector<std::string> literals(std::string_view line) {
  std::vector<std::string> found;
  for (size_t i = 0; i < line.size();) {
    if (line[i] == '"' || line[i] == '\'') {
      size_t end = i + 1;
      while (end < line.size() && line[end] != line[i]) end += line[end] == '\\' ? 2 : 1;
      if (end < line.size() && end > i + 1) found.emplace_back(line.substr(i + 1, end - i - 1));
      i = end + 1;
    } else if (is_word(line[i])) {
      size_t end = i;
      while (end < line.size() && (is_word(line[end]) || (is_digit(line[i]) && line[end] == '.'))) ++end;
      if (is_digit(line[i])) found.emplace_back(line.substr(i, end - i));
      i = end;
    } else {
      ++i;
    }
  }
  return found;
}

bool states_value(std::string_view line) {
  const std::string_view text = trimmed(line);
  for (const std::string_view import : {"#include", "import ", "from ", "use ", "using ", "require"})
    if (text.starts_with(import)) return false;
  if (!literals(text).empty()) return true;
  static constexpr std::array<std::string_view, 8> kWords = {"true", "false", "True", "False",
                                                             "None", "NULL",  "null", "nullptr"};
  return std::ranges::any_of(words_of(text),
                             [](const std::string& word) { return std::ranges::contains(kWords, word); });
}

Result<std::vector<ValueLine>> value_lines(const repo::Index& index, const Question& question, const Ranking& ranking,
                                           TextCache& texts) {
  TermWeights weights = ranking.weights;
  double total = 0;
  for (const auto& [stem, weight] : weights) total += weight;
  const double mean = weights.empty() ? 0 : total / static_cast<double>(weights.size());
  const std::vector<std::string> said = words_of(repo::lower_case(question.text));
  for (const auto& group : kSynonyms)
    if (std::ranges::any_of(group, [&](std::string_view word) { return std::ranges::contains(said, word); }))
      for (const std::string_view word : group)
        for (std::string& stem : repo::stems_of(word)) weights.try_emplace(std::move(stem), mean / 2);
  Search search(index, weights, total, texts);
  for (size_t i = 0; i < std::min(kPassages, ranking.passages.size()); ++i) {
    if (ranking.passages[i].aside) continue;
    const double share = 1 / (1 + kRank * static_cast<double>(i));
    if (auto done = search.passage(ranking.passages[i].passage, share); !done) return std::unexpected(done.error());
  }
  return search.best();
}

}  // namespace strata::agent
