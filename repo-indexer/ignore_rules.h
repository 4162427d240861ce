// SPDX-License-Identifier: Apache-2.0
// `.strataignore`: what Strata shall not read, or shall read although git ignores it ("!build/schema.json"). The syntax
// is .gitignore's; libgit2 has no rules of another name and none at all for plain folders, hence this matcher.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/path_pattern.h"

namespace strata::repo {

inline constexpr std::string_view kIgnoreFile = ".strataignore";

class IgnoreRules {
 public:
  // The rules of the file that stands in `folder` ("" or ending in '/'). Folders before what is inside them.
  void add(std::string_view folder, std::string_view text);
  // Does the last rule that fits this path leave it out? Nothing if no rule fits.
  std::optional<bool> leaves_out(std::string_view path, bool is_folder) const;
  bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    PathPattern pattern;
    bool keep = false;  // "!"
  };
  std::vector<Rule> rules_;
};

}  // namespace strata::repo
