// SPDX-License-Identifier: Apache-2.0
// What an operation over several files wants to do: new contents of files, and places that a person should look at.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "repo-indexer/index.h"

namespace strata::agent {

struct TextChange {
  std::string path;
  std::optional<std::string> before, after;  // bytes; nothing: the file does not exist
};

struct Place {
  std::string path;
  int line = 0;
  std::string text;  // the line
  std::string why;   // "the type of the object is not known", "comment", ...
};

struct Change {
  std::vector<TextChange> files;
  std::vector<Place> uncertain;  // may have to change too, and were left alone
  std::vector<Place> mentions;   // in comments, strings and documents; left alone
  std::string summary;           // "renamed a to b: 12 places in 4 files"
};

// The files an operation looks at: an index that is up to date, and the bytes of a file of it.
struct Sources {
  const repo::Index& index;
  std::function<Result<std::string>(const std::string& path)> read;
};

// The change for people and models: the summary, then the places to look at, at most `places` of each.
std::string describe(const Change& change, size_t places = 20);

// Applies splices to a file and checks its syntax. Errors: kInvalid with the place.
Result<TextChange> changed_file(const std::string& path, const std::string& before, const std::string& after);

}  // namespace strata::agent
