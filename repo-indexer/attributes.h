// SPDX-License-Identifier: Apache-2.0
// What .gitattributes say of files, as far as it matters here. Why not libgit2's git_attr_get(): it looks for attribute
// files on the disk anew for every path it is asked for, which took longer than all the rest of a walk. Not read:
// attributes of the user and the system, which say nothing about a repository.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repo-indexer/path_pattern.h"

namespace strata::repo {

// Unset: nothing is said of it, or neither yes nor no.
struct FileAttributes {
  std::optional<bool> binary, generated, vendored;
};

class AttributeRules {
 public:
  // The rules of the .gitattributes in `folder` ("" or ending in '/'). Folders before what is inside them.
  void add(std::string_view folder, std::string_view text) { read(folder, text, rules_); }
  // Of .git/info/attributes, which overrules the others. Before all of them, as it may define macros.
  void add_overruling(std::string_view text) { read("", text, overruling_); }
  FileAttributes of(std::string_view path) const;

 private:
  // binary, generated, vendored, where something is said of them.
  struct Said {
    std::array<std::optional<std::optional<bool>>, 3> of;
    bool any() const { return of[0] || of[1] || of[2]; }
  };
  struct Rule {
    PathPattern pattern;
    Said said;
  };
  void read(std::string_view folder, std::string_view text, std::vector<Rule>& rules);
  Said said_by(std::string_view words) const;

  std::vector<Rule> rules_, overruling_;
  std::map<std::string, Said, std::less<>> macros_;  // [attr]name ...
};

}  // namespace strata::repo
