// SPDX-License-Identifier: Apache-2.0
// What a line of code does with a name in it, told from the text around it.
#pragma once

#include <string_view>

#include "agent/question.h"

namespace strata::agent {

// True if the line uses the name in this way: `sc_width = 80` writes, `raise NotFound(name)` raises. Pure.
bool line_does(std::string_view line, std::string_view name, UseOf use);

}  // namespace strata::agent
