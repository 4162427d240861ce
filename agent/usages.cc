// SPDX-License-Identifier: Apache-2.0
#include "agent/usages.h"

#include "agent/edits/target.h"

namespace strata::agent {

bool is_value(const repo::Symbol& s) {
  return s.kind == "constant" || s.kind == "macro" || s.kind == "variable" || s.kind == "enumerator" ||
         s.kind == "field";
}

Result<std::vector<repo::Reference>> usages_of(const repo::Index& index, const std::vector<repo::Symbol>& symbols) {
  const Sources sources{index, [&](const std::string& path) -> Result<std::string> {
                          auto file = index.file(path);
                          if (!file) return std::unexpected(file.error());
                          if (!*file) return fail(ErrorKind::kNotFound, path + " is not in the index");
                          return index.read_text(**file);
                        }};
  auto files = uses_of(sources, symbols);
  if (!files) return std::unexpected(files.error());
  std::vector<repo::Reference> usages;
  for (const FileUses& file : *files) {
    for (const Use& use : file.uses) {
      if (use.definition || use.certainty == Use::Certainty::kMention) continue;
      repo::Reference r{symbols.front().name, file.path, use.place.line, "use", {}, 0, 0, 0};
      if (!usages.empty() && usages.back().file == r.file && usages.back().line == r.line) continue;
      r.confidence = use.certainty == Use::Certainty::kCertain  ? 1
                     : use.certainty == Use::Certainty::kByName ? kLikelyUse
                                                                : kLikelyUse / 2;
      auto around = index.symbol_at(r.file, r.line);
      if (!around) return std::unexpected(around.error());
      if (*around) {
        r.enclosing = (*around)->qualified_name;
        r.enclosing_first_line = (*around)->first_line;
        r.enclosing_last_line = (*around)->last_line;
      }
      usages.push_back(std::move(r));
    }
  }
  return usages;
}

}  // namespace strata::agent
