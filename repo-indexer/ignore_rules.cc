// SPDX-License-Identifier: Apache-2.0
#include "repo-indexer/ignore_rules.h"

#include <algorithm>

namespace strata::repo {
void IgnoreRules::add(std::string_view folder, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    const bool keep = line[0] == '!';
    Rule rule{PathPattern(folder, line.substr(keep)), keep};
    if (!rule.pattern.empty()) rules_.push_back(std::move(rule));
  }
}

std::optional<bool> IgnoreRules::leaves_out(std::string_view path, bool is_folder) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->pattern.fits(path, is_folder)) return !rule->keep;
  }
  return {};
}

}  // namespace strata::repo
