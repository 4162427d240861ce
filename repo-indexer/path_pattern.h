// SPDX-License-Identifier: Apache-2.0
// A pattern of .gitignore and .gitattributes, with git's meaning.
#pragma once

#include <string>
#include <string_view>

namespace strata::repo {

class PathPattern {
 public:
  // `text` as it stands in a file of `folder` ("" or ending in '/').
  PathPattern(std::string_view folder, std::string_view text);
  bool fits(std::string_view path, bool is_folder) const;
  bool empty() const { return pattern_.empty(); }

 private:
  std::string folder_, pattern_;
  bool folders_only_ = false;  // ended in '/'
  bool anywhere_ = false;      // without a '/': fits the name at any depth
  char last_ = '\0';           // what a path must end with; 0: anything
};

}  // namespace strata::repo
