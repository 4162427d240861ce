// SPDX-License-Identifier: Apache-2.0
// From what a model wrote to places that exist. Small models cite rarely and count lines badly, so citing is the
// program's work: what is cited is checked and repaired, what was used and not cited is added.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/ask.h"
#include "agent/context_assembly.h"

namespace strata::agent {

// `path:line` or `path:first-last` in a text; also "path, lines a-b" and "path" alone (then lines are 0).
struct Mention {
  std::string file;
  int first_line = 0, last_line = 0;
  size_t at = 0;  // of the path in the text
};
std::vector<Mention> find_mentions(std::string_view text);

// Names in the text that have the form of identifiers, each once.
std::vector<std::string> find_names(std::string_view text);

// The places the answer stands on, most important first, at most three.
Result<std::vector<Citation>> cite(const repo::Index& index, const Answer& answer, const std::vector<Excerpt>& excerpts,
                                   const TermWeights& asked, TextCache& texts);

// Where a sentence of the answer puts a symbol into a file that does not even have its name, the file becomes the one
// it is defined in. Small models take the file of another excerpt.
Result<void> repair_files(const repo::Index& index, const std::vector<Excerpt>& excerpts, TextCache& texts,
                          std::string& answer);

// Names in the answer that occur nowhere in the repository (nor in the question).
Result<std::vector<std::string>> invented_names(const repo::Index& index, std::string_view answer,
                                                const Question& question);

}  // namespace strata::agent
