// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/attributes.h"

#include <algorithm>

namespace strata::repo {
namespace {

constexpr std::string_view kBlank = " \t\r";
constexpr std::string_view kMacro = "[attr]";
constexpr std::array<std::string_view, 3> kNames = {"binary", "linguist-generated", "linguist-vendored"};

std::string_view without_leading_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kBlank), text.size()));
}

// Takes the first word away.
std::string_view take_word(std::string_view& text) {
  text = without_leading_blanks(text);
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  return word;
}

// A pattern with blanks stands in quotes.
std::string take_pattern(std::string_view& text) {
  if (!text.starts_with('"')) return std::string(take_word(text));
  std::string pattern;
  size_t at = 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    pattern += text[at];
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return pattern;
}

}  // namespace

AttributeRules::Said AttributeRules::said_by(std::string_view words) const {
  Said said;
  for (std::string_view word = take_word(words); !word.empty(); word = take_word(words)) {
    const char sign = word[0];
    if (sign == '-' || sign == '!') word.remove_prefix(1);
    const size_t equals = std::min(word.find('='), word.size());
    const std::string_view name = word.substr(0, equals), value = word.substr(std::min(equals + 1, word.size()));
    if (const auto at = std::ranges::find(kNames, name); at != kNames.end()) {
      const bool bare = equals == word.size();
      std::optional<bool> yes;  // "linguist-generated" alone and "linguist-generated=true" are both in use
      if (sign != '!' && bare) yes = sign != '-';
      if (value == "true" || value == "false") yes = value == "true";
      said.of[static_cast<size_t>(at - kNames.begin())] = yes;
    } else if (const auto macro = macros_.find(word); macro != macros_.end() && sign != '-' && sign != '!') {
      for (size_t i = 0; i < kNames.size(); ++i) {
        if (macro->second.of[i]) said.of[i] = macro->second.of[i];
      }
    }
  }
  return said;
}

void AttributeRules::read(std::string_view folder, std::string_view text, std::vector<Rule>& rules) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = without_leading_blanks(text.substr(at, end - at));
    at = end + 1;
    if (line.empty() || line[0] == '#' || line[0] == '!') continue;
    if (line.starts_with(kMacro)) {
      line.remove_prefix(kMacro.size());
      const std::string name(take_word(line));
      if (folder.empty()) macros_.insert_or_assign(name, said_by(line));
      continue;
    }
    const std::string pattern = take_pattern(line);
    Rule rule{PathPattern(folder, pattern), said_by(line)};
    if (!rule.pattern.empty() && rule.said.any()) rules.push_back(std::move(rule));
  }
}

FileAttributes AttributeRules::of(std::string_view path) const {
  FileAttributes attributes;
  std::optional<bool>* const members[] = {&attributes.binary, &attributes.generated, &attributes.vendored};
  for (const auto* rules : {&rules_, &overruling_}) {
    for (const Rule& rule : *rules) {
      if (!rule.pattern.fits(path, false)) continue;
      for (size_t i = 0; i < kNames.size(); ++i) {
        if (rule.said.of[i]) *members[i] = *rule.said.of[i];
      }
    }
  }
  return attributes;
}

}  // namespace strata::repo
