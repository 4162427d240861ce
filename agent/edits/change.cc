// SPDX-License-Identifier: Apache-2.0
#include "agent/edits/change.h"

#include <format>

#include "agent/edits/file_edit.h"

namespace strata::agent {
namespace {

std::string list(const std::vector<Place>& places, size_t most, std::string_view head) {
  if (places.empty()) return {};
  std::string out = std::format("\n{}:", head);
  for (size_t i = 0; i < std::min(places.size(), most); ++i) {
    const Place& p = places[i];
    out += std::format("\n  {}:{}  {}  ({})", p.path, p.line, p.text, p.why);
  }
  if (places.size() > most) out += std::format("\n  ... and {} more", places.size() - most);
  return out;
}

}  // namespace

std::string describe(const Change& change, size_t places) {
  return change.summary + list(change.uncertain, places, "Not changed, look at these") +
         list(change.mentions, places, "Mentioned in comments, strings and documents, not changed");
}

Result<TextChange> changed_file(const std::string& path, const std::string& before, const std::string& after) {
  if (const auto errors = new_syntax_errors(path, before, after); !errors.empty()) {
    return fail(ErrorKind::kInvalid, std::format("{} would no longer parse: {}", path, errors.front()));
  }
  return TextChange{path, before, after};
}

}  // namespace strata::agent
