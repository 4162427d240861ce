// SPDX-License-Identifier: Apache-2.0
// Lines that state a value: a limit, a default, a path. A question for a value ("how many ... at most", "which
// directories ...") is answered by one line, and small models overlook it among a thousand tokens, so the likeliest few
// are put before them once more, right above the question.
#pragma once

#include <string>
#include <vector>

#include "agent/ranker.h"

namespace strata::agent {

// Best first. Looked for in the best passages, and where constants that they use are defined.
Result<std::vector<ValueLine>> value_lines(const repo::Index& index, const Question& question, const Ranking& ranking,
                                           TextCache& texts);

// Does this line hold a number, a string or a truth value that could be an answer?
bool states_value(std::string_view line);
// The numbers and strings of a line, as they are written.
std::vector<std::string> literals(std::string_view line);

}  // namespace strata::agent
